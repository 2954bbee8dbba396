"""Gaps as people bring them: times as typed, pasted tables, FHIR bundles, a filled form. Pure."""
