"""Brings what the tracker has committed to people, and keeps the ladder of reminders and escalations."""
