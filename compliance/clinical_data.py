"""What the data files say of conditions, findings and answers, as values of the check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from compliance.affinities import (
    Affinities,
    Anchor,
    Courses,
    Family,
    Lowest,
    Organism,
    Refutation,
    Scale,
    Step,
    WordedScale,
    WordedStep,
)
from compliance.codes import CodeBook
from compliance.entries import Criterion, Evidence, Term
from compliance.files import clinical_file, data_file
from compliance.indicators import IndicatorTable, Measure
from compliance.sites import Sites
from compliance.terms import Speech
from compliance.text import bag
from compliance.units import Fitting, Units, UnitWords
from evidence import denial

_SHORT_EVIDENCE = re.compile(r"(\w+|\*)(?:(!)|:(\w+)|(<=|>=|<|>)(-?[\d.]+))?")
_ROUNDING = 1e-9
_BLAMING = ("due to", "from", "secondary to", "caused by", "related to", "because of", "due to acute", "after")
_INDUCED = ("induced", "related", "associated")


def code_book() -> CodeBook:
    """Return the code sets, and the words around codes of codes.yaml."""
    content = data_file("codes")
    return CodeBook(
        diagnoses=frozenset(clinical_file()["codes"].split()),
        beside=frozenset(content["beside"]),
        places=frozenset(content["places"]),
        units=frozenset(content["units"]),
        ambiguous=frozenset(content["ambiguous"]),
        ranges=tuple((low, high) for low, high in content["ranges"]),
        visits=tuple((low, high) for low, high in content["visits"]),
    )


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
        moved=entry.get("moved"),
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
        lower_by=_all_evidence(entry.get("lower_by", ())),
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
        after=tuple(entry.get("after", ())),
    )


def _pair(entry: Sequence[float] | None) -> tuple[float, float] | None:
    return (float(entry[0]), float(entry[1])) if entry is not None else None


def indicators() -> IndicatorTable:
    """Return the classes of findings of indicators.yaml."""
    content = data_file("indicators")
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


def units() -> Units:
    """Return the units of units.yaml."""
    content = data_file("units")
    fitting, named = (_by_what_fits(content[part]) for part in ("measures", "named"))
    quantities = {name: tuple(forms) for name, forms in content["quantities"].items()}
    plausible = {
        kind: {form: (low, high) for form, (low, high) in units.items()} for kind, units in content["plausible"].items()
    }
    words, atoms, of_change = (frozenset(content[part].split()) for part in ("words", "atoms", "of_change"))
    return Units(quantities, Fitting(fitting, named), UnitWords(words, atoms, of_change), plausible)


def _by_what_fits(listed: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return for each name the quantities under which it is listed ("volume | flow")."""
    return {
        name: frozenset(quantity.strip() for quantity in quantities.split("|"))
        for quantities, names in listed.items()
        for name in names
    }


def sites() -> Sites:
    """Return the organs and parts of the body of sites.yaml."""
    content = data_file("sites")
    organs = {name: (entry["names"], entry["classes"]) for name, entry in content["organs"].items()}
    return Sites(organs, content["parts"], content["no_part"])


def affinities() -> Affinities:
    """Return which evidence belongs to which answers, from affinities.yaml, contrasts.yaml and anchors.yaml."""
    content, contrasts = data_file("affinities"), data_file("contrasts")
    return Affinities(
        families={name: _family(entry) for name, entry in content["families"].items()},
        organisms={name: _organism(entry) for name, entry in content["organisms"].items()},
        drug_groups={name: frozenset(kinds) for name, kinds in content["drug_groups"].items()},
        scales={name: _scale(entry) for name, entry in content["bands"].items()},
        worded={name: _worded_scale(entry) for name, entry in content["worded"].items()},
        agents={agent: tuple(others) for agent, others in content["agents"].items()},
        refutations=(*map(_refutation, content["refutations"]), *_refutations_of(contrasts["kinds"])),
        anchors=tuple(map(_anchor, data_file("anchors")["anchors"])),
        lowest=tuple(
            Lowest(**{part: frozenset(words) for part, words in entry.items()})
            for entry in contrasts["lowest"].values()
        ),
        courses=Courses(**{course: frozenset(words) for course, words in contrasts["courses"].items()}),
        telling=bag(content["telling"]),
        generic=bag(content["generic"]),
        quiet=bag(content["quiet"]),
        systems={system: tuple(families) for system, families in content["systems"].items()},
    )


def _family(entry: Mapping[str, Any]) -> Family:
    return Family(tuple(entry["names"]), frozenset(entry["classes"]), tuple(entry["signs"]))


def _organism(entry: Mapping[str, Any]) -> Organism:
    return Organism(
        names=tuple(entry["names"]),
        also=tuple(entry.get("also", ())),
        group=entry.get("group"),
        tests=frozenset(entry.get("tests", ())),
        drugs=tuple(entry.get("drugs", ())),
        wide=bool(entry.get("wide", False)),
    )


def _worded_scale(entry: Mapping[str, Any]) -> WordedScale:
    steps = (WordedStep(tuple(step["names"]), tuple(step["words"])) for step in entry["steps"])
    return WordedScale(frozenset(entry["needs"]), tuple(steps))


def _refutation(entry: Mapping[str, Any]) -> Refutation:
    return Refutation(
        names=tuple(entry["names"]),
        by=tuple(entry.get("by", ())),
        unless=tuple(entry.get("unless", ())),
        needs=frozenset(entry.get("needs", ())),
        denied=tuple(entry.get("denied", ())),
        instead=tuple(entry.get("instead", ())),
        measures=tuple((kind, low, high) for kind, (low, high) in entry.get("measures", {}).items()),
        alone=bool(entry.get("alone", False)),
        under=entry.get("under"),
        over=entry.get("over"),
        about=tuple(entry.get("about", ())),
        apart=frozenset(entry.get("apart", ())),
    )


def _anchor(entry: Mapping[str, Any]) -> Anchor:
    causes, names = entry.get("causes", ()), entry.get("names", ())
    blamed = (f"{word} {cause}" for cause in causes for word in _BLAMING)
    induced = (f"{cause} {word}" for cause in causes for word in _INDUCED)
    return Anchor(
        names=(*names, *blamed, *induced),
        bare=(*names, *causes),
        says=entry["says"],
        denies=entry.get("denies", ""),
        shows=_all_evidence(entry.get("shows", ())),
        needs=frozenset(entry.get("needs", ())),
        unless=frozenset(entry.get("unless", ())),
    )


def _refutations_of(groups: Mapping[str, Any]) -> Iterator[Refutation]:
    """Yield what rules out each kind of a group: what denies it or says another kind, while nothing says its own."""
    for group in groups.values():
        for kind in group["kinds"]:
            own = {*kind["names"], *kind.get("says", ()), *kind.get("also", ())}
            rivals = [other for other in group["kinds"] if other is not kind and not group.get("together")]
            others = (word for other in rivals for word in other.get("says", ()))
            yield _refutation(
                {
                    **kind,
                    "denied": kind.get("rules_out", ()),
                    "unless": sorted(own),
                    "needs": group["needs"],
                    "instead": [word for word in dict.fromkeys(others) if word not in own],
                }
            )


def _scale(entry: Mapping[str, Any]) -> Scale:
    steps = (
        Step(tuple(step["names"]), (step["strict"][0], step["strict"][1]), (step["wide"][0], step["wide"][1]))
        for step in entry["steps"]
    )
    return Scale(entry["measure"], frozenset(entry["needs"]), tuple(steps), bool(entry.get("complete", True)))


def curated_terms() -> tuple[Term, ...]:
    """Return the diagnoses of terms.yaml, each with the body systems under which it stands there."""
    groups: dict[str, dict[str, Any]] = data_file("terms")["terms"]
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


def catalogue() -> tuple[Term, ...]:
    """Return the diagnoses that were distilled from the code set."""
    lines = (line.split("\t") for line in clinical_file()["diagnoses"].splitlines())
    return tuple(
        Term(name, (name,), tuple(broader.split()), systems=tuple(systems.split())) for name, systems, broader in lines
    )


def speech() -> Speech:
    """Return how charts deny, recall and spell, from speech.yaml and the words of denial of `evidence`."""
    content = data_file("speech")
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
