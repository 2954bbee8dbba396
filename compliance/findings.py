"""How a rule says what it saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compliance.text import Span
from schemas.check import Finding
from schemas.vocabulary import Severity, VerdictName

_WORST: dict[Severity, int] = {"warn": 0, "review": 1, "block": 2}
# The time of a query stands in what it is, not in how it is put.
_SETTLED = frozenset({"R-40"})
# Money, scores, who answers, several questions, the state of a form, a repeated question: nothing else is like these.
_TELLING = frozenset({"R-18", "R-19", "R-28", "R-30", "R-34", "R-37", "R-39"})
# Form and company of a fault that another rule names better.
_BROAD = frozenset({"R-01", "R-11", "R-26"})
# What a sentence sounds like as a whole yields to what the structure of the query shows of the same fault.
_YIELDS_TO: Mapping[str, frozenset[str]] = {
    "R-03": frozenset({"R-12", "R-22", "R-28", "R-30"}),
    "R-18": frozenset({"R-17", "R-27"}),
    "R-30": frozenset({"R-13"}),
}
SURE = 100
"""In hundredths: how surely a finding names its sentence whatever that sounds like."""
_VERDICTS: tuple[VerdictName, ...] = ("pass", "review", "block")


def block(rule: str, field: str, message: str, suggestion: str, span: Span | None = None) -> Finding:
    """A fault that may not be sent."""
    return _finding(rule, "block", field, message, suggestion, span)


def review(rule: str, field: str, message: str, suggestion: str, span: Span | None = None) -> Finding:
    """Something that a second person must judge."""
    return _finding(rule, "review", field, message, suggestion, span)


def warn(rule: str, field: str, message: str, suggestion: str, span: Span | None = None) -> Finding:
    """Advice for the author; the verdict stays."""
    return _finding(rule, "warn", field, message, suggestion, span)


def graded(
    severity: Severity, rule: str, field: str, message: str, suggestion: str, span: Span | None = None
) -> Finding:
    """A finding whose severity is data."""
    return _finding(rule, severity, field, message, suggestion, span)


def _finding(rule: str, severity: Severity, field: str, message: str, suggestion: str, span: Span | None) -> Finding:
    return Finding(rule=rule, severity=severity, field=field, span=span, message=message, suggestion=suggestion)


def in_row(finding: Finding, place: int) -> Finding:
    """Return what was found in an indicator as something that was found in the indicator at this place."""
    return finding.model_copy(update={"field": f"indicators[{place}].{finding.field}"})


def verdict_of(findings: tuple[Finding, ...]) -> VerdictName:
    """Return the worst of the findings as a verdict; warnings alone pass."""
    return _VERDICTS[max((_WORST[finding.severity] for finding in findings), default=0)]


def weight(finding: Finding) -> int:
    """Return how severe a finding is: more for what blocks than for what a second person reads."""
    return _WORST[finding.severity]


def by_weight(findings: Iterable[Finding], naming: Mapping[Finding, int]) -> tuple[Finding, ...]:
    """Return the findings, each once: blocks first, then the most telling rule, then in the order in which they come.

    `naming`: the findings that name their sentence, with how surely; they stand among the most telling, surest first.
    """
    unique = dict.fromkeys(findings)
    return _yielding(sorted(unique, key=lambda one: (-weight(one), _breadth(one, naming), -naming.get(one, 0))))


def _yielding(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the first one behind an equally severe one to which its rule yields."""
    better = _YIELDS_TO.get(findings[0].rule, frozenset()) if findings else frozenset()
    for place, finding in enumerate(findings):
        if finding.rule in better and weight(finding) == weight(findings[0]):
            return (finding, *findings[:place], *findings[place + 1 :])
    return tuple(findings)


def _breadth(finding: Finding, naming: Mapping[Finding, int]) -> int:
    """Return less for a rule that few faults touch, or that names its sentence, than for one touched in passing."""
    if finding.rule in _SETTLED or naming.get(finding, 0) >= SURE:
        return 0
    if finding in naming or finding.rule in _TELLING:
        return 1
    return 3 if finding.rule in _BROAD else 2
