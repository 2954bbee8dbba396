"""Which forms a question may take, by category (rules 1.5). One table: templates and composing read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.vocabulary import Category, ResponseType


@dataclass(frozen=True, slots=True)
class Forms:
    """`offered`: every template of the category offers these. `sometimes`: a template may, with a reason in the record.

    A choice needs two answers that evidence can support; a template without them asks openly alone.
    """

    offered: frozenset[ResponseType]
    sometimes: frozenset[ResponseType] = frozenset()

    @property
    def allowed(self) -> frozenset[ResponseType]:
        """All forms that are ever right for the category."""
        return self.offered | self.sometimes


_OPEN_AND_CHOICE: frozenset[ResponseType] = frozenset({"open_ended", "multiple_choice"})
_YES_NO: frozenset[ResponseType] = frozenset({"yes_no"})

_NEW_CONDITION = Forms(_OPEN_AND_CHOICE)
"""Never yes or no: nothing is documented that could be confirmed (R-14)."""
_OF_WHAT_IS_DOCUMENTED = Forms(_OPEN_AND_CHOICE, sometimes=_YES_NO)
"""Yes or no only about what the record or a report says already (R-13)."""

FORMS: Mapping[Category, Forms] = MappingProxyType(
    {
        "missing_diagnosis": _NEW_CONDITION,
        "treatment_without_diagnosis": _NEW_CONDITION,
        "specificity": _OF_WHAT_IS_DOCUMENTED,
        "acuity": _OF_WHAT_IS_DOCUMENTED,
        "stage": _OF_WHAT_IS_DOCUMENTED,
        "laterality": _OF_WHAT_IS_DOCUMENTED,
        "significance": _OF_WHAT_IS_DOCUMENTED,
        "cause_effect": _OF_WHAT_IS_DOCUMENTED,
        "complication": _OF_WHAT_IS_DOCUMENTED,
        "conflict": _OF_WHAT_IS_DOCUMENTED,
        "present_on_admission": Forms(_OPEN_AND_CHOICE | _YES_NO),
        "clinical_validation": _OF_WHAT_IS_DOCUMENTED,
        "procedure": _OF_WHAT_IS_DOCUMENTED,
        "status": _OF_WHAT_IS_DOCUMENTED,
        "uncertain_diagnosis": _OF_WHAT_IS_DOCUMENTED,
        "principal_reason": _OF_WHAT_IS_DOCUMENTED,
    }
)


def offered(categories: Collection[Category]) -> frozenset[ResponseType]:
    """Return the forms that a template of these categories offers: those that each of them does."""
    return frozenset.intersection(*(FORMS[category].offered for category in categories))


def refusing(form: ResponseType, categories: Collection[Category]) -> list[Category]:
    """Return those of the categories that may never be asked in this form."""
    return sorted(category for category in categories if form not in FORMS[category].allowed)
