"""The pages in a real browser: whole days of work, at phone and desktop size, by keyboard, without scripts."""
