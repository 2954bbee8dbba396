"""Deterministic checks of every text that reaches a provider. Pure functions; knowledge is an argument."""
