"""The promises of cdi-query, one file each."""
