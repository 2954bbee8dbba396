"""The names of findings of wording: each stopped sentence is first called what it sounds like.

Several rules see the same sentence: one its cue of money, one a word that nobody knows. They decide whether it is
stopped, and how hard; what it sounds like as a whole (sounding.py) decides which name comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from compliance.findings import graded, weight
from compliance.sounding import Sound, Sounds
from compliance.text import Span, sentence_at
from schemas.check import Finding


class Named(NamedTuple):
    """Findings, and those of them that name their sentence, with how surely they do (in hundredths)."""

    findings: tuple[Finding, ...]
    naming: Mapping[Finding, int]


def named(found: Iterable[tuple[bool, Finding]], texts: Mapping[str, str], sounds: Sounds) -> Named:
    """Return the findings of a document with a name first for each sentence that its wording stops.

    `found`: each finding, and whether a rule of wording saw it. `texts`: the texts that are read by sentence, by their
    fields. A name is as severe as the worst that wording says of its sentence, so that no verdict changes.
    """
    findings: list[Finding] = []
    stopped: dict[tuple[str, Span], list[Finding]] = {}
    for of_wording, finding in found:
        findings.append(finding)
        if of_wording and finding.field in texts and finding.span is not None:
            span = sentence_at(texts[finding.field], finding.span[0])
            if span is not None:
                stopped.setdefault((finding.field, span), []).append(finding)
    naming: dict[Finding, int] = {}
    for (field, span), of_sentence in stopped.items():
        sound = sounds.of(texts[field][slice(*span)], field)
        name = None if sound is None else _name(sound, of_sentence, sounds)
        if sound is not None and name is not None:
            naming[name] = sound.share
    return Named((*naming, *findings), naming)


def _name(sound: Sound, said: list[Finding], sounds: Sounds) -> Finding | None:
    """Return the finding that names a sentence; None where a phrase that blocks has a better name for it."""
    worst = max(said, key=weight)
    same = [finding for finding in said if finding.rule == sound.rule and finding.severity == worst.severity]
    if same:
        return same[0]
    if worst.severity == "block" and sound.share < sounds.sure:
        return None
    told = sounds.told[sound.rule]
    return graded(worst.severity, sound.rule, worst.field, told.message, told.suggestion, worst.span)
