"""Tests of what is shipped: the wheel, and the files of the repository."""
