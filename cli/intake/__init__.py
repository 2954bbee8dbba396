"""Encounters with observations become gap events, and files of gap events are validated and sent."""
