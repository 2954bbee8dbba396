"""The JSON API: FastAPI, bearer tokens, problem+json errors, cursor pages, idempotency keys."""
