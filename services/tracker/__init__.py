"""The only decider: registers gaps, tracks queries and answers, releases charts."""
