"""Reference ranges of a laboratory: whom one is for, and which one stands beside a value. They interpret nothing.

Ranges differ between laboratories, so only one that names the laboratory that confirmed it is ever shown. The shipped
ones name none: they are there for a hospital to look at, change and confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from schemas.gaps import Indicator, ReferenceRange

Sex = Literal["female", "male"]
_SEX_LOINC = frozenset({"46098-0", "76689-9"})
_SEX_NAMES = frozenset({"sex", "patient sex", "sex at birth", "birth sex", "sex assigned at birth"})
_SEXES: dict[str, Sex] = {"female": "female", "f": "female", "male": "male", "m": "male"}


class RangeEntry(BaseModel):
    """One reference range in the indicator's own unit, as the file describes it.

    `sex`, `from_age` and `below_age` (years, the lower end included) say whom it is for; `laboratory` who confirmed it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    low: Decimal | None = None
    high: Decimal | None = None
    sex: Sex | None = None
    from_age: Decimal | None = None
    below_age: Decimal | None = None
    source: str
    laboratory: str | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a range has a low end, a high end, or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"the low end {self.low} is not below the high end {self.high}")
        if self.from_age is not None and self.below_age is not None and self.from_age >= self.below_age:
            raise ValueError(f"nobody is from {self.from_age} and below {self.below_age} years old")
        return self


@dataclass(frozen=True, slots=True)
class Person:
    """What a gap's indicators say of the patient, as far as ranges ask for it; None is not known."""

    age: Decimal | None = None
    sex: Sex | None = None


def sex_among(indicators: Sequence[Indicator]) -> Sex | None:
    """Return the patient's sex where the gap's indicators say one, and no other."""
    said = {
        _SEXES.get(one.value.strip().casefold())
        for one in indicators
        if one.loinc in _SEX_LOINC or one.name.strip().casefold() in _SEX_NAMES
    }
    return said.pop() if len(said) == 1 else None


def shown_range(entries: Sequence[RangeEntry], person: Person) -> ReferenceRange | None:
    """Return the one range that is surely for this person; None if there is none, or more than one."""
    found = {(one.low, one.high) for one in entries if _is_for(one, person)}
    if len(found) != 1:
        return None
    low, high = found.pop()
    return ReferenceRange(low=low, high=high)


def _is_for(entry: RangeEntry, person: Person) -> bool:
    if entry.sex is not None and entry.sex != person.sex:
        return False
    if entry.from_age is None and entry.below_age is None:
        return True
    if person.age is None:
        return False
    old_enough = entry.from_age is None or person.age >= entry.from_age
    return old_enough and (entry.below_age is None or person.age < entry.below_age)
