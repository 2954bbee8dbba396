"""The attacker's view uses the tracker's own fixtures: a real database, invented people, HTTP in process."""

from __future__ import annotations

from tests.tracker.conftest import floor, knowledge, library, office, policy, sign_in

__all__ = ["floor", "knowledge", "library", "office", "policy", "sign_in"]
