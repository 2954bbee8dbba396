"""What is worked out ahead of time from data that people wrote: not part of the running services."""
