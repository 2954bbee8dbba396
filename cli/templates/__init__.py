"""Looking after the template library: the parts of `cdi-query templates` and the page that lists the library."""
