"""The shipped knowledge, read once from the data files beside this module."""

from __future__ import annotations

import gc
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any, cast

import yaml

from compliance.administrative import Administrative, Construction, Push
from compliance.affinities import Affinities, Family, Organism, Refutation, Scale, Step, WordedScale, WordedStep
from compliance.codes import CodeBook
from compliance.defining import definitions
from compliance.indicators import IndicatorTable, Measure
from compliance.knowledge import (
    AnswerLanguage,
    Approved,
    Criterion,
    Evidence,
    Knowledge,
    Lexicon,
    Limits,
    Place,
    RoleRule,
    Stem,
    Term,
)
from compliance.language import Language
from compliance.phrases import variants
from compliance.shorthand import Shorthand
from compliance.sites import Sites
from compliance.terms import Speech
from compliance.text import bag
from compliance.themes import SpokenTheme, Themes
from compliance.units import Units
from compliance.weighing import Weights
from evidence import denial
from evidence.tables import Tables
from schemas.vocabulary import Category, OptionKind, RecipientRole, ResponseType, Severity

RULESET = "ahima-acdis/2022"
"""The edition of the rules that the shipped data files belong to; every verdict carries it."""


def _data(name: str) -> dict[str, Any]:
    text = resources.files("compliance").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return _of_this_ruleset(content, f"{name}.yaml")


def _packed(name: str) -> dict[str, Any]:
    """Return the content of a file that was worked out ahead of time."""
    file = f"{name}.json.gz"
    packed = resources.files("compliance").joinpath("data", file).read_bytes()
    return _of_this_ruleset(json.loads(gzip.decompress(packed)), file)


def _of_this_ruleset(content: dict[str, Any], file: str) -> dict[str, Any]:
    if content.get("ruleset") != RULESET:
        raise ValueError(f"{file} belongs to {content.get('ruleset')!r}, not to {RULESET!r}")
    return content


@cache
def _clinical() -> dict[str, str]:
    """Return what `python -m compliance.building` distilled from the code set: codes, diagnoses, clinical words."""
    return _packed("clinical")


def distilling() -> dict[str, Any]:
    """Return what decides how the code set is distilled; only `compliance.building` asks for it."""
    return _data("distilling")


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


_SHORT_EVIDENCE = re.compile(r"(\w+|\*)(?:(!)|:(\w+)|(<=|>=|<|>)(-?[\d.]+))?")
_ROUNDING = 1e-9


def evidence_from(entry: Mapping[str, Any] | str) -> Evidence:
    """Return evidence from data: a class with a short condition ("lactate>2", "culture!"), or a mapping.

    `{defined: name}` stands for what a definition of templates/criteria asks; `shipped_knowledge` puts it in its place.
    """
    if isinstance(entry, str):
        return _short_evidence(entry)
    if "defined" in entry:
        return Evidence("", defined=entry["defined"])
    return Evidence(
        indicator=entry["indicator"],
        above=entry.get("above"),
        below=entry.get("below"),
        change=entry.get("change"),
        ratio=entry.get("ratio"),
        words=tuple(entry.get("words", ())),
        absent_words=tuple(entry.get("absent_words", ())),
        tell=entry.get("tell"),
        back=entry.get("back"),
        flat=entry.get("flat"),
    )


def _short_evidence(text: str) -> Evidence:
    found = _SHORT_EVIDENCE.fullmatch(text)
    if found is None:
        return Evidence(text)
    kind, speaks, tell, sign, number = found.groups()
    if sign is None:
        return Evidence(kind, tell="speaks" if speaks else tell)
    limit = float(number) + {"<=": _ROUNDING, ">=": -_ROUNDING}.get(sign, 0.0)
    return Evidence(kind, above=limit) if sign.startswith(">") else Evidence(kind, below=limit)


def _all_evidence(entries: Iterable[Mapping[str, Any] | str]) -> tuple[Evidence, ...]:
    return tuple(evidence_from(item) for item in entries)


def criterion_from(entry: Mapping[str, Any]) -> Criterion:
    """Return a criterion from data (the form of criteria.yaml; template libraries use the same form)."""
    return Criterion(
        id=entry["id"],
        names=tuple(entry["names"]),
        any_of=_all_evidence(entry.get("any_of", ())),
        wanted=int(entry.get("wanted", 1)),
        documented=tuple(entry.get("documented", ())),
        cannot=tuple(entry.get("cannot", ())),
        lower=tuple(entry.get("lower", ())),
        needs=_all_evidence(entry.get("needs", ())),
        against=_all_evidence(entry.get("against", ())),
        proof=_all_evidence(entry.get("proof", ())),
        strict=bool(entry.get("strict", False)),
        soft=bool(entry.get("soft", False)),
        counted=bool(entry.get("counted", False)),
    )


def stem_from(entry: Mapping[str, Any]) -> Stem:
    """Return a stem from data (the form of stems.yaml; template libraries use the same form)."""
    return Stem(
        id=entry["id"],
        text=" ".join(entry["text"].split()),
        categories=frozenset(cast("list[Category]", entry.get("categories", []))),
        response_types=frozenset(cast("list[ResponseType]", entry.get("response_types", []))),
    )


def _measure(name: str, entry: Mapping[str, Any], percent: frozenset[str]) -> Measure:
    low, high = entry["range"]
    over = entry.get("over")
    units = ((unit, way if isinstance(way, list) else [way, 0.0]) for unit, way in entry.get("units", {}).items())
    return Measure(
        low=low,
        high=high,
        between=_pair(entry.get("between")),
        units=tuple((unit, float(factor), float(addend)) for unit, (factor, addend) in units),
        over=(float(over["limit"]), float(over["factor"]), float(over["addend"])) if over else None,
        per_kg=_pair(entry.get("per_kg")),
        pair=bool(entry.get("pair", False)),
        score=bool(entry.get("score", False)),
        percent=name in percent,
    )


def _pair(entry: Sequence[float] | None) -> tuple[float, float] | None:
    return (float(entry[0]), float(entry[1])) if entry is not None else None


def _indicators() -> IndicatorTable:
    content = _data("indicators")
    groups = ("measures", "tests", "reports", "therapies")
    percent = frozenset(content["percent"])
    vocabulary = {
        **content["tells"],
        **{name: content[name] for name in ("abnormal", "neutral", "possible", "sizes", "unread_units")},
    }
    return IndicatorTable(
        names={kind: tuple(entry["names"]) for group in groups for kind, entry in content[group].items()},
        kinds={kind: group for group in groups for kind in content[group]},
        measures={kind: _measure(kind, entry, percent) for kind, entry in content["measures"].items()},
        vocabulary={name: tuple(words) for name, words in vocabulary.items()},
        specimens=content["specimens"],
        drugs=frozenset(content["drugs"]),
        vitals=frozenset(content["vitals"]),
    )


def _answers() -> dict[OptionKind, AnswerLanguage]:
    kinds: dict[OptionKind, dict[str, Any]] = _data("options")["answers"]
    return {
        kind: AnswerLanguage(tuple(entry["says"]), tuple(entry["opposite"]), bag(entry["words"]), "named" in entry)
        for kind, entry in kinds.items()
    }


def _units() -> Units:
    content = _data("units")
    fitting = {
        kind: frozenset(name.strip() for name in quantities.split("|"))
        for quantities, kinds in content["measures"].items()
        for kind in kinds
    }
    quantities = {name: tuple(forms) for name, forms in content["quantities"].items()}
    return Units(quantities, fitting, bag(content["words"]))


def _sites() -> Sites:
    content = _data("sites")
    organs = {name: (entry["names"], entry["classes"]) for name, entry in content["organs"].items()}
    return Sites(organs, content["parts"], content["no_part"])


def _affinities() -> Affinities:
    content = _data("affinities")
    return Affinities(
        families={
            name: Family(tuple(entry["names"]), frozenset(entry["classes"]), tuple(entry["signs"]))
            for name, entry in content["families"].items()
        },
        organisms={
            name: Organism(
                tuple(entry["names"]),
                tuple(entry.get("also", ())),
                entry.get("group"),
                frozenset(entry.get("tests", ())),
                tuple(entry.get("drugs", ())),
                bool(entry.get("wide", False)),
            )
            for name, entry in content["organisms"].items()
        },
        drug_groups={name: frozenset(kinds) for name, kinds in content["drug_groups"].items()},
        scales={name: _scale(entry) for name, entry in content["bands"].items()},
        worded={
            name: WordedScale(
                frozenset(entry["needs"]),
                tuple(WordedStep(tuple(step["names"]), tuple(step["words"])) for step in entry["steps"]),
            )
            for name, entry in content["worded"].items()
        },
        agents={agent: tuple(others) for agent, others in content["agents"].items()},
        refutations=tuple(_refutation(entry) for entry in content["refutations"]),
        telling=bag(content["telling"]),
        generic=bag(content["generic"]),
        quiet=bag(content["quiet"]),
        systems={system: tuple(families) for system, families in content["systems"].items()},
    )


def _refutation(entry: Mapping[str, Any]) -> Refutation:
    return Refutation(
        names=tuple(entry["names"]),
        by=tuple(entry.get("by", ())),
        unless=tuple(entry.get("unless", ())),
        needs=frozenset(entry.get("needs", ())),
        instead=tuple(entry.get("instead", ())),
        measures=tuple((kind, low, high) for kind, (low, high) in entry.get("measures", {}).items()),
        alone=bool(entry.get("alone", False)),
        under=entry.get("under"),
        over=entry.get("over"),
        about=tuple(entry.get("about", ())),
    )


def _scale(entry: Mapping[str, Any]) -> Scale:
    steps = (
        Step(tuple(step["names"]), (step["strict"][0], step["strict"][1]), (step["wide"][0], step["wide"][1]))
        for step in entry["steps"]
    )
    return Scale(entry["measure"], frozenset(entry["needs"]), tuple(steps), bool(entry.get("complete", True)))


def curated_terms() -> tuple[Term, ...]:
    """Return the diagnoses of terms.yaml, each with the body systems under which it stands there."""
    groups: dict[str, dict[str, Any]] = _data("terms")["terms"]
    return tuple(term_from(concept, entry, systems) for systems in groups for concept, entry in groups[systems].items())


def term_from(concept: str, entry: Any, systems: str) -> Term:
    """Return a diagnosis from its entry in terms.yaml: a list of names, or a mapping."""
    if isinstance(entry, list):
        return Term(concept, tuple(entry), systems=tuple(systems.split()))
    return Term(
        concept,
        tuple(entry["names"]),
        tuple(entry.get("broader", ())),
        tuple(entry.get("recorded", ())),
        tuple(entry.get("systems", systems.split())),
    )


def _catalogue() -> tuple[Term, ...]:
    lines = (line.split("\t") for line in _clinical()["diagnoses"].splitlines())
    return tuple(
        Term(name, (name,), tuple(broader.split()), systems=tuple(systems.split())) for name, systems, broader in lines
    )


def _speech() -> Speech:
    content = _data("speech")
    return Speech(
        denies=(*denial.BEFORE, *denial.BESIDE, *content["denies"]),
        denies_after=(*denial.AFTER, *content["denies_after"]),
        asserts=denial.ASSERTING,
        recalls=tuple(content["recalls"]),
        recalls_after=tuple(content["recalls_after"]),
        stops=frozenset(content["stops"]),
        reach=content["reach"],
        reach_after=content["reach_after"],
        spelling=content["spelling"],
        same=content["same"],
        persons=frozenset(content["persons"]),
        parts={part: frozenset(larger) for part, larger in content["parts"].items()},
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


def _ordinary() -> frozenset[str]:
    """Return the words of everyday English (SCOWL; the notice stands in the file)."""
    packed = resources.files("compliance").joinpath("data", "ordinary.txt.gz").read_bytes()
    return frozenset(line for line in gzip.decompress(packed).decode().splitlines() if not line.startswith("#"))


def _weights(language: Language, limits: Mapping[str, Any]) -> Weights:
    """Return what `python -m distilling.weights` learnt from labelled sentences, and the limits it is held against."""
    content = _packed("weights")
    return Weights(
        table=content["parts"],
        bias=round(content["bias"] * 100),
        light=limits["light"],
        light_cued=limits["light_cued"],
        heavy=limits["heavy"],
        unheard=limits["unheard"],
        stretch=limits["stretch"],
        heard=frozenset(content["heard"].split()),
        names_thing=language.names_thing,
    )


def _language(clinical: frozenset[str], themes: Themes) -> Language:
    content = _data("language")
    return Language(
        words={name: bag(text) for name, text in content["words"].items()},
        phrases=(*(phrase.strip() for phrase in content["phrases"].split("|")), *_patterned(content["patterns"])),
        opposites=tuple(bag(line) for line in content["opposites"]),
        alone=frozenset(_patterned(content["alone"])),
        inviting=_patterned(content["inviting"]),
        lacked=bag(content["lacked"]),
        asked=bag(content["lacked"]) | bag(content["asked"]),
        never=bag(content["never"]),
        dictating=bag(content["dictating"]),
        entering=bag(content["entering"]),
        predicate=bag(content["predicate"]),
        opening=bag(content["opening"]),
        neutral_as=bag(content["neutral_as"]),
        guarded=bag(content["guarded"]),
        sourced=bag(content["sourced"]),
        footing=bag(content["footing"]),
        footer=bag(content["footer"]),
        procedural=bag(content["procedural"]),
        subjects=bag(content["subjects"]),
        clinical=clinical,
        ordinary=_ordinary(),
        charged=frozenset(word for theme in themes.themes for word in (*theme.strong, *theme.weak) if word.isalpha()),
        pushes=themes.phrases,
    )


def _clinical_words(vocabularies: Mapping[str, frozenset[str]], terms: Iterable[Term]) -> frozenset[str]:
    """Return words that only name clinical things, without those that make a condition of one, or an acute one."""
    named = (bag(name) for term in terms for name in (*term.names, *term.recorded))
    leading = vocabularies["specificity"] | vocabularies["condition"]
    words = vocabularies["objective"] | vocabularies["clinical_message"] | vocabularies["clinical"]
    return words.union(*named) - leading


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
    return Themes(themes, same, bag(content["silent"]), bag(content["faint"]))


def _cues(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cue.strip() for cue in text.split(",") if cue.strip()))


def _messages() -> Administrative:
    content = _data("messages")
    texts = {entry["rule"]: (entry["message"], entry["suggestion"]) for entry in content["themes"]}
    departments = content["departments"]
    return Administrative(
        words=bag(" ".join(content["words"].values())),
        restricted=bag(content["restricted"]),
        phrases=tuple(phrase for line in content["phrases"] for phrase in _listed(line)),
        departments=(
            *_listed(departments["always"]),
            f"({'|'.join(departments['before_group'].split())}) ({'|'.join(departments['group'].split())})",
        ),
        themes=tuple(
            (Push(entry["rule"], severity, *texts[entry["rule"]], faint=name == "faint"), _listed(entry.get(name, "")))
            for entry in content["themes"]
            for name, severity in _STRENGTHS
        ),
        classes={name: frozenset(text.split()) for name, text in content["classes"].items()},
        constructions=tuple(
            Construction(
                Push(entry["rule"], entry["severity"], *texts[entry["rule"]]),
                tuple(entry["order"]),
                entry["within"],
                tuple(entry["unless"]),
            )
            for entry in content["constructions"]
        ),
        inbox=bag(content["inbox"]),
        inbox_phrases=tuple(phrase for line in content["inbox_phrases"] for phrase in _listed(line)),
        identifying=bag(content["identifying"]["block"]),
        identifying_phrases=_listed(content["identifying"]["phrases"]),
        clinical=bag(content["identifying"]["words"]),
        clinical_endings=tuple(content["identifying"]["suffixes"].split()),
        link_words=bag(content["links"]["path"]),
        link_keys=frozenset(content["links"]["key"].split()),
        payload_words=bag(content["payload"]["words"]),
    )


_STRENGTHS: tuple[tuple[str, Severity], ...] = (("block", "block"), ("review", "review"), ("faint", "review"))


def _patterned(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the phrases of lines of patterns: `(a|b)` is one of its parts, `(a|b)?` may be missing."""
    return tuple(dict.fromkeys(form for line in lines for phrase in _listed(line) for form in variants(phrase)))


def _listed(line: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in line.split(" | "))


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
    policy = _data("policy")
    criteria = _data("criteria")
    findings = _data("interpretation")
    themes = _themes()
    lists: dict[str, str] = (
        _data("vocabularies")["vocabularies"]
        | findings["vocabularies"]
        | _data("sources")["vocabularies"]
        | _data("proper_names")["vocabularies"]
    )
    vocabularies = {name: frozenset(text.lower().split()) for name, text in lists.items()}
    vocabularies["clinical"] = frozenset(_clinical()["words"].split())
    terms = curated_terms()
    language = _language(_clinical_words(vocabularies, terms), themes)
    lexicons: dict[str, Any] = _data("lexicons")["lexicons"] | findings["lexicons"]
    knowledge = Knowledge(
        ruleset=RULESET,
        lexicons=tuple(lexicon_from(name, entry) for name, entry in lexicons.items()),
        terms=terms,
        catalogue=_catalogue(),
        speech=_speech(),
        stems=tuple(stem_from(entry) for entry in _data("stems")["stems"]),
        approved=_approved(),
        criteria=tuple(criterion_from(entry) for entry in criteria["criteria"]),
        indicators=_indicators(),
        units=_units(),
        sites=_sites(),
        affinities=_affinities(),
        option_phrases={name: tuple(phrases) for name, phrases in _data("options")["wordings"].items()},
        answers=_answers(),
        shorthand=Shorthand(_data("options")["shorthand"]),
        response_types=_response_types(policy),
        roles=_roles(policy),
        accountable_roles=frozenset(policy["accountable_roles"]),
        vocabularies=vocabularies,
        scales={name: tuple(tuple(step) for step in steps) for name, steps in policy["scales"].items()},
        codes=_code_book(),
        language=language,
        weights=_weights(language, policy["weights"]),
        messages=_messages(),
        themes=themes,
        non_providers=frozenset(policy["non_providers"]),
        limits=Limits(**policy["limits"]),
    )
    tables = Tables.shipped()
    return knowledge.extended(definitions=definitions(tables, knowledge.definitions, knowledge.reader))
