"""Which reference range stands beside a value: one that the hospital's laboratory confirmed, for this person. Pure."""

from __future__ import annotations

from evidence.concepts import Concepts
from evidence.evaluating import Facts
from evidence.ranges import Person, sex_among, shown_range
from schemas.gaps import ReferenceRange


def reference(facts: Facts, concepts: Concepts, place: int) -> ReferenceRange | None:
    """Return the range for the indicator at a place, or None.

    None for what is no plain number, stands in another unit than the range, or brings a range of its own.
    """
    name, one = facts.concept_of[place], facts.indicators[place]
    if (
        name is None
        or one.quoted
        or "(" in one.value
        or one.reference_range is not None
        or not concepts.confirmed(name)
    ):
        return None
    is_number = any(reading.position == place for reading in facts.series.get(name, ()))
    if not is_number or not concepts.counts_in(name, one.unit):
        return None
    return shown_range(concepts.confirmed(name), _person(facts))


def _person(facts: Facts) -> Person:
    """What the gap says of the patient. An age is read where it stands in years, and says one number."""
    ages = {(one.value.low, one.value.high) for one in facts.series.get("age", ()) if not one.prior}
    low, high = ages.pop() if len(ages) == 1 else (None, None)
    return Person(age=low if low is not None and low == high else None, sex=sex_among(facts.indicators))
