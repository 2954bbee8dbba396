"""R-17: beside findings of earlier care about a condition stands something of this encounter that is about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from compliance.asked import naming_words, terms_asked
from compliance.choices import Choice
from compliance.findings import review
from compliance.fitting import informs, systems_of
from compliance.indicators import Shown
from compliance.reading import Reading
from schemas.check import Finding

_FINER = frozenset({"specificity", "acuity", "stage", "cause_effect"})
# Classes that inform conditions anywhere in the body, with the families for which they speak by themselves.
_OF_ANY_SITE: Mapping[str, tuple[str, ...]] = {
    "antibiotic": ("infection",),
    "bone_imaging": ("bone-muscle", "neoplasm"),
    "consult_order": (),
    "exam": (),
    "history": (),
    "nephrotoxin": (),
    "pain_score": (),
    "procedure": (),
    "skin_assessment": ("skin",),
    "statement": (),
    "steroid": ("reaction", "respiratory", "endocrine"),
    "wound_therapy": ("skin", "infection"),
}
_OF_THE_DOCUMENTED = _FINER | {"significance", "complication", "uncertain_diagnosis", "present_on_admission", "status"}


def what_is_current_belongs(reading: Reading) -> Iterator[Finding]:
    """R-17: beside findings of earlier care about a condition stands something of this encounter that is about it."""
    prior = [row.shown for row in reading.rows if row.prior_encounter]
    awaited = reading.query.phase == "prospective"  # the visit is still to come
    if awaited or not prior or not reading.current or reading.query.category not in _OF_THE_DOCUMENTED:
        return
    current = [row.shown for row in reading.current if not _is_of_another_term(reading, row.shown)]
    terms = [_condition_of(reading, term) for term in terms_asked(reading)]
    about_it = [(choice, systems) for choice, systems in terms if _any_fits(reading, choice, systems, prior)]
    looked_at = [one for one in current if _is_of_classes_before(one, prior)]
    if reading.query.category == "status":  # what shows a stoma or a stump may be of no class of its body system
        about_it = [(choice, systems) for choice, systems in about_it if choice.families]
    if about_it and not looked_at and not any(_any_is_about(reading, *term, current) for term in about_it):
        message = "Only findings of earlier encounters speak of the condition."
        suggestion = "Show what was evaluated or treated in this encounter, or do not ask."
        yield review("R-17", "indicators", message, suggestion)


def _condition_of(reading: Reading, term: str) -> tuple[Choice, frozenset[str]]:
    """Return a documented term as read, and the body systems of its diagnoses."""
    return reading.knowledge.choices.read(term), systems_of(term, reading.knowledge)


def _any_fits(reading: Reading, choice: Choice, systems: frozenset[str], shown: Iterable[Shown]) -> bool:
    """Tell whether a finding can inform a condition, whatever it says."""
    return any(informs(choice, systems, one, reading.knowledge) for one in shown)


def _is_of_another_term(reading: Reading, one: Shown) -> bool:
    """Tell whether a finding has the words of another documented condition, and none of the one that is asked about."""
    asked = terms_asked(reading)
    own = frozenset[str]().union(*(naming_words(reading, term) for term in asked))
    others = (naming_words(reading, term) for term in reading.provider_terms if term not in asked)
    return bool(one.words & frozenset[str]().union(*others) - own) and not one.words & own


def _is_of_classes_before(one: Shown, prior: Iterable[Shown]) -> bool:
    """Tell whether a finding is of a class, telling by itself, of which one was of earlier care, too."""
    return any((one.kinds & before.kinds).difference(_OF_ANY_SITE) for before in prior)


def _any_is_about(reading: Reading, choice: Choice, systems: frozenset[str], shown: Iterable[Shown]) -> bool:
    """Tell whether a finding of today is about a condition, by more than that such findings can inform its kind.

    An X-ray, a procedure or an antibiotic may be for anything: it must speak of the condition, or be at home there."""
    affinities = reading.knowledge.affinities
    names = choice.families or frozenset(name for system in systems for name in affinities.systems.get(system, ()))
    strange = frozenset(kind for kind, homes in _OF_ANY_SITE.items() if names.isdisjoint(homes))
    known = frozenset[str]().union(*(affinities.families[name].classes for name in names)) - strange
    within, by_name = choice._replace(families=names), choice._replace(families=frozenset())
    for one in shown:
        of_a_site = one.kinds.difference(_OF_ANY_SITE)
        asked = by_name if of_a_site and not one.kinds & known else within  # "tender" of an abdomen is no joint
        if informs(asked, frozenset(), one._replace(kinds=one.kinds - strange), reading.knowledge):
            return True
    return False
