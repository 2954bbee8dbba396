"""The command `cdi-query`, and the one place where services are put together."""
