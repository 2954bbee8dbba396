"""Single sign-on: who is let in, and what a real Keycloak confirms."""
