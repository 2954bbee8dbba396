"""Ways to a person: SMTP, the authenticated inbox, and the built-in mail sink of the embedded shape."""
