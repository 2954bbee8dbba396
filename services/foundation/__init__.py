"""Plumbing that all services share: settings, brokers, kafka, database, outbox, inbox, timers. No domain word."""
