"""How the questions of a new template begin, by category: neutral forms that the check knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from schemas.vocabulary import Category, ResponseType
from services.query_builder.lint import TO_FILL_IN
from services.query_builder.response_types import FORMS

_NOTED = "{{ subject.term }} is documented on {{ subject.date }}. "


@dataclass(frozen=True, slots=True)
class Start:
    """The questions to begin with. `about_documented`: they name a term that a note of this encounter documents."""

    choice: str
    open: str
    yes_no: str = ""
    about_documented: bool = field(default=True)

    def questions(self, category: Category) -> dict[ResponseType, str]:
        """Return a question for each form that every template of the category offers, the preferred form first."""
        texts: dict[ResponseType, str] = {
            "yes_no": self.yes_no,
            "multiple_choice": self.choice,
            "open_ended": self.open,
        }
        return {form: text for form, text in texts.items() if form in FORMS[category].offered}


def _same(question: str, *, about_documented: bool = True) -> Start:
    return Start(question, question, about_documented=about_documented)


_BEST_DESCRIBES = (
    "Please indicate which of the following, if any, best describes the condition associated with the findings shown."
)
_AT_ORDER = "whether the condition was present at the time of the inpatient admission order ({{ admission_order }})."
_SPECIFIC = _same(f"{_NOTED}Please provide further specificity for {TO_FILL_IN}, if known.")

STARTS: Mapping[Category, Start] = MappingProxyType(
    {
        "missing_diagnosis": Start(
            _BEST_DESCRIBES,
            "Based on your clinical judgment, please document the condition, if any,"
            " that the findings shown represent.",
            about_documented=False,
        ),
        "treatment_without_diagnosis": _same(
            "Please document the diagnosis or reason for which the treatment shown was ordered.", about_documented=False
        ),
        "specificity": _SPECIFIC,
        "acuity": _same(f"{_NOTED}Please clarify the acuity, if clinically able."),
        "stage": _same(f"{_NOTED}Please clarify the stage, if clinically able."),
        "laterality": _same(f"{_NOTED}Please clarify the side, if clinically able."),
        "significance": Start(
            _BEST_DESCRIBES,
            f"Please clarify the clinical significance, if any, of the {TO_FILL_IN} results shown.",
            about_documented=False,
        ),
        "cause_effect": _same(f"{_NOTED}Please clarify the cause, if clinically able."),
        "complication": _same(
            f"{_NOTED}Please clarify whether it is a complication of, expected with, or unrelated to the procedure"
            " shown."
        ),
        "conflict": _same(
            "The record contains the following statements. Please clarify the detail that applies.",
            about_documented=False,
        ),
        "present_on_admission": Start(
            f"{{{{ subject.term }}}}: please clarify {_AT_ORDER}",
            "{{ subject.term }}: please clarify when the condition first developed in relation to the inpatient"
            " admission order ({{ admission_order }}).",
            f"{{{{ subject.term }}}}: please clarify {_AT_ORDER}",
        ),
        "clinical_validation": _same(f"{_NOTED}Please clarify its status and the clinical basis in your judgment."),
        "procedure": _same(f"{_NOTED}Please clarify the {TO_FILL_IN} of the procedure, if known."),
        "status": _same(f"{_NOTED}Please clarify its status as of this encounter."),
        "uncertain_diagnosis": _same(
            f"{_NOTED}Please clarify whether it was confirmed, ruled out, or remains uncertain at discharge."
        ),
        "principal_reason": _same(f"{_NOTED}Please clarify the reason for this admission after study, if known."),
    }
)
