"""Promises of the plumbing."""
