"""The shipped knowledge, read once from the data files beside this module."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, cast

import yaml

from compliance.codes import CodeBook
from compliance.knowledge import Approved, Criterion, Evidence, Knowledge, Lexicon, Limits, Place, RoleRule, Stem, Term
from compliance.language import Language
from compliance.text import bag
from compliance.themes import SpokenTheme, Themes
from schemas.vocabulary import Category, RecipientRole, ResponseType

RULESET = "ahima-acdis/2022"
"""The edition of the rules that the shipped data files belong to; every verdict carries it."""


def _data(name: str) -> dict[str, Any]:
    text = resources.files("compliance").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    content = cast("dict[str, Any]", yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506
    if content.get("ruleset") != RULESET:
        raise ValueError(f"{name}.yaml belongs to {content.get('ruleset')!r}, not to {RULESET!r}")
    return content


@cache
def _clinical() -> dict[str, str]:
    """Return what `python -m compliance.building` distilled from the code set: codes, diagnoses, clinical words."""
    packed = resources.files("compliance").joinpath("data", "clinical.json.gz").read_bytes()
    content = cast("dict[str, str]", json.loads(gzip.decompress(packed)))
    if content.get("ruleset") != RULESET:
        raise ValueError(f"clinical.json.gz belongs to {content.get('ruleset')!r}, not to {RULESET!r}")
    return content


def _code_book() -> CodeBook:
    content = _data("codes")
    return CodeBook(
        diagnoses=frozenset(_clinical()["codes"].split()),
        beside=frozenset(content["beside"]),
        places=frozenset(content["places"]),
        units=frozenset(content["units"]),
        ambiguous=frozenset(content["ambiguous"]),
        ranges=tuple((low, high) for low, high in content["ranges"]),
        visits=tuple((low, high) for low, high in content["visits"]),
    )


def lexicon_from(name: str, entry: Mapping[str, Any]) -> Lexicon:
    """Return a lexicon from its entry in lexicons.yaml."""
    return Lexicon(
        name=name,
        rule=entry["rule"],
        message=entry["message"],
        suggestion=entry["suggestion"],
        phrases=tuple(entry.get("phrases", ())),
        unsure=tuple(entry.get("unsure", ())),
        abbreviation=bool(entry.get("abbreviation", False)),
        beside_number=frozenset(entry.get("beside_number", ())),
        places=frozenset(entry.get("places", ("text", "options", "messages"))),
    )


def evidence_from(entry: Mapping[str, Any] | str) -> Evidence:
    """Return evidence from data: a class name alone, or a mapping with limits and words."""
    if isinstance(entry, str):
        return Evidence(entry)
    return Evidence(
        indicator=entry["indicator"],
        above=entry.get("above"),
        below=entry.get("below"),
        change=entry.get("change"),
        ratio=entry.get("ratio"),
        words=tuple(entry.get("words", ())),
        absent_words=tuple(entry.get("absent_words", ())),
    )


def criterion_from(entry: Mapping[str, Any]) -> Criterion:
    """Return a criterion from data (the form of criteria.yaml; template libraries use the same form)."""
    return Criterion(
        id=entry["id"],
        names=tuple(entry["names"]),
        any_of=tuple(evidence_from(item) for item in entry.get("any_of", ())),
        wanted=int(entry.get("wanted", 1)),
        documented=tuple(entry.get("documented", ())),
        cannot=tuple(entry.get("cannot", ())),
        lower=tuple(entry.get("lower", ())),
    )


def stem_from(entry: Mapping[str, Any]) -> Stem:
    """Return a stem from data (the form of stems.yaml; template libraries use the same form)."""
    return Stem(
        id=entry["id"],
        text=" ".join(entry["text"].split()),
        categories=frozenset(cast("list[Category]", entry.get("categories", []))),
        response_types=frozenset(cast("list[ResponseType]", entry.get("response_types", []))),
    )


def _terms() -> tuple[Term, ...]:
    entries: dict[str, Any] = _data("terms")["terms"]
    return tuple(
        Term(concept, tuple(entry))
        if isinstance(entry, list)
        else Term(concept, tuple(entry["names"]), tuple(entry.get("broader", ())), tuple(entry.get("recorded", ())))
        for concept, entry in entries.items()
    )


def _approved() -> tuple[Approved, ...]:
    places: dict[str, list[str]] = _data("approved")["approved"]
    return tuple(
        Approved(cast("Place", place), " ".join(text.split())) for place, texts in places.items() for text in texts
    )


def _roles(policy: Mapping[str, Any]) -> dict[RecipientRole, RoleRule]:
    return {
        cast("RecipientRole", role): RoleRule(frozenset(entry["categories"]), frozenset(entry["topics"]))
        for role, entry in policy["limited_roles"].items()
    }


def _response_types(policy: Mapping[str, Any]) -> dict[Category, frozenset[ResponseType]]:
    return {cast("Category", key): frozenset(value) for key, value in policy["response_types"].items()}


def _language(clinical: frozenset[str]) -> Language:
    content = _data("language")
    return Language(
        words={name: bag(text) for name, text in content["words"].items()},
        phrases=tuple(phrase.strip() for phrase in content["phrases"].split("|")),
        never=bag(content["never"]),
        dictating=bag(content["dictating"]),
        predicate=bag(content["predicate"]),
        opening=bag(content["opening"]),
        neutral_as=bag(content["neutral_as"]),
        clinical=clinical,
    )


def _themes() -> Themes:
    content = _data("themes")
    same = {word: first for line in content["same"] for first, *others in (line.split(),) for word in others}
    themes = tuple(
        SpokenTheme(
            name,
            entry["rule"],
            entry["message"],
            entry["suggestion"],
            _cues(entry["strong"]),
            _cues(entry["weak"]),
            entry.get("weight", 0),
        )
        for name, entry in content["themes"].items()
    )
    return Themes(themes, same, bag(content["silent"]))


def _cues(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cue.strip() for cue in text.split(",") if cue.strip()))


@cache
def shipped_knowledge() -> Knowledge:
    """Return the knowledge that comes with the project. Read once; later calls return the same value."""
    policy = _data("policy")
    criteria = _data("criteria")
    vocabularies: dict[str, str] = _data("vocabularies")["vocabularies"]
    return Knowledge(
        ruleset=RULESET,
        lexicons=tuple(lexicon_from(name, entry) for name, entry in _data("lexicons")["lexicons"].items()),
        terms=_terms(),
        stems=tuple(stem_from(entry) for entry in _data("stems")["stems"]),
        approved=_approved(),
        criteria=tuple(criterion_from(entry) for entry in criteria["criteria"]),
        indicator_classes={name: tuple(names) for name, names in criteria["indicator_classes"].items()},
        response_types=_response_types(policy),
        roles=_roles(policy),
        accountable_roles=frozenset(policy["accountable_roles"]),
        vocabularies={name: frozenset(text.lower().split()) for name, text in vocabularies.items()},
        scales={name: tuple(tuple(step) for step in steps) for name, steps in policy["scales"].items()},
        codes=_code_book(),
        language=_language(frozenset()),
        themes=_themes(),
        non_providers=frozenset(policy["non_providers"]),
        limits=Limits(**policy["limits"]),
    )
