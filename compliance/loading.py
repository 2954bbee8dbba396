"""The shipped knowledge, read once from the data files beside this module."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from compliance import clinical_data, language_data
from compliance.defining import definitions
from compliance.entries import Limits, RoleRule
from compliance.files import RULESET, clinical_file, data_file
from compliance.knowledge import Knowledge
from compliance.number_words import number_words
from compliance.shorthand import Shorthand
from compliance.weighing import OPTION, ROW
from evidence.tables import Tables
from schemas.vocabulary import Category, RecipientRole, ResponseType


def _roles(policy: Mapping[str, Any]) -> dict[RecipientRole, RoleRule]:
    return {
        cast("RecipientRole", role): RoleRule(frozenset(entry["categories"]), frozenset(entry["topics"]))
        for role, entry in policy["limited_roles"].items()
    }


def _response_types(policy: Mapping[str, Any]) -> dict[Category, frozenset[ResponseType]]:
    return {cast("Category", key): frozenset(value) for key, value in policy["response_types"].items()}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Pause the search for garbage: among tens of thousands of new values that all stay there is none to find.

    Nor is there later, so what is there by then is left out of every later search, too.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@cache
def shipped_knowledge() -> Knowledge:
    """Return the knowledge that comes with the project, ready to use. Read once; later calls return the same value."""
    with _undisturbed():
        knowledge = _shipped()
        knowledge.prepare()
    return knowledge


def _shipped() -> Knowledge:
    policy, options, findings = data_file("policy"), data_file("options"), data_file("interpretation")
    vocabularies = _vocabularies(findings)
    lexicons: dict[str, Any] = data_file("lexicons")["lexicons"] | findings["lexicons"]
    terms, themes = clinical_data.curated_terms(), language_data.themes()
    language = language_data.language(language_data.clinical_words(vocabularies, terms), themes)
    weights = language_data.weights(language, policy["weights"])
    knowledge = Knowledge(
        ruleset=RULESET,
        lexicons=tuple(language_data.lexicon_from(name, entry) for name, entry in lexicons.items()),
        terms=terms,
        catalogue=clinical_data.catalogue(),
        speech=clinical_data.speech(),
        stems=tuple(map(language_data.stem_from, data_file("stems")["stems"])),
        approved=language_data.approved(),
        criteria=tuple(map(clinical_data.criterion_from, data_file("criteria")["criteria"])),
        indicators=clinical_data.indicators(),
        units=clinical_data.units(),
        numbers=number_words(data_file("numbers"), data_file("scores")),
        sites=clinical_data.sites(),
        affinities=clinical_data.affinities(),
        option_phrases={name: tuple(phrases) for name, phrases in options["wordings"].items()},
        answers=language_data.answers(options["answers"]),
        answer_grammar=language_data.answer_grammar(),
        shorthand=Shorthand(options["shorthand"]),
        response_types=_response_types(policy),
        roles=_roles(policy),
        accountable_roles=frozenset(policy["accountable_roles"]),
        vocabularies=vocabularies,
        scales={name: tuple(tuple(step) for step in steps) for name, steps in policy["scales"].items()},
        codes=clinical_data.code_book(),
        language=language,
        weights=weights,
        row_weights=language_data.weights_of_one(ROW, policy["row_weights"], weights.names_thing),
        option_weights=language_data.weights_of_one(OPTION, policy["option_weights"], weights.names_thing),
        evidence_weights=language_data.bearing_weights(policy["evidence_weights"]),
        sounds=language_data.sounds(language, themes, policy["names"], weights.names_thing),
        messages=language_data.messages(),
        themes=themes,
        non_providers=frozenset(policy["non_providers"]),
        naming_phrases=tuple(findings["naming"]),
        limits=Limits(**policy["limits"]),
    )
    return knowledge.extended(definitions=definitions(Tables.shipped(), knowledge.definitions, knowledge.reader))


def _vocabularies(findings: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the named word lists of all files; `findings`: the content of interpretation.yaml."""
    files = (data_file("vocabularies"), findings, *map(data_file, ("sources", "untold", "proper_names")))
    lists = {name: text for content in files for name, text in content["vocabularies"].items()}
    lists["clinical"] = clinical_file()["words"]
    return {name: frozenset(text.lower().split()) for name, text in lists.items()}
