"""Distils the clinical data file from ICD-10-CM, ahead of time: `python -m compliance.building`.

Needs `simple-icd-10-cm`, which stands among the packages for development. What goes in and stays out is decided by
distilling.yaml; the names of terms.yaml are not repeated, and each diagnosis is linked to those that it includes.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import simple_icd_10_cm as icd

from compliance.clinical_data import curated_terms
from compliance.files import RULESET, distilling
from compliance.phrases import PhraseIndex
from compliance.text import words

_DATA = Path(__file__).with_name("data")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{0,120}[)\]]")
_TAIL = re.compile(
    r"\s+(?:with|without|unspecified|not elsewhere|except|including|during|not specified|as the|complicating|"
    r"classified|affecting|resulting|following|requiring)\b.*$"
)
_DROPPED = re.compile(r"\b(?:other specified|unspecified|other|specified|certain|nos|nec|right|left|bilateral)\b")
_LEFT_OUT_PART = re.compile(
    r"unspecified|elsewhere|encounter|sequela|\bnos\b|\bnec\b|organism|stage|^\W*$|^type$|^site$"
)
_CONTACT = re.compile(
    r"^(?:encounter|supervision|screening|personal|family|history|outcome|adverse|underdosing|exposure|mechanical|assault|confirmed|"
    r"suspected|displaced|nondisplaced|displacement|leakage|breakdown|disruption|disorders? of|diseases? of|abnormal)\b"
)

_NAME = re.compile(r"[a-z][a-z0-9' -]{2,79}")
_BLANKS = re.compile(r"\s+")


class Ranges:
    """Ranges of codes with names: A00-B99, or a single category or code."""

    def __init__(self, named: Mapping[str, list[str]]) -> None:
        self._ranges = [
            (name, *(piece.partition("-")[0], piece.partition("-")[2] or piece))
            for name in named
            for piece in named[name]
        ]

    def names(self, code: str) -> tuple[str, ...]:
        """Return the names of the ranges that hold `code`, the narrowest words first in the order of the file."""
        found = (name for name, low, high in self._ranges if low <= code[: len(low)] and code[: len(high)] <= high)
        return tuple(dict.fromkeys(found))


def cleaned(title: str) -> Iterator[str]:
    """Yield the short names that people write for a title of the code set."""
    text = _TAIL.sub("", _BRACKETS.sub("", title.lower().replace("’", "'")))
    parts = [part.strip() for part in text.split(",")]
    first, *rest = parts
    rest = [part for part in rest if not _LEFT_OUT_PART.search(part)]
    if len(rest) == 1 and len(rest[0].split()) <= 2:
        yield from _tidied(f"{rest[0]} {first}")
    yield from _tidied(first)


def _tidied(text: str) -> Iterator[str]:
    name = _BLANKS.sub(" ", _DROPPED.sub(" ", text)).strip(" -")
    name = re.sub(r"\b(?:of|in|due to|and|by|to|the|site|type)$", "", name).strip()
    if _NAME.fullmatch(name) and 1 <= len(name.split()) <= 6 and " or " not in name and not _CONTACT.match(name):
        yield name


def _word_list(content: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(str(content[name]).split())


def codes() -> tuple[str, ...]:
    """Return all codes of the code set, without dots."""
    return tuple(
        sorted(code.replace(".", "") for code in icd.get_all_codes() if "-" not in code and not code.isdigit())
    )


def _titles() -> Iterator[tuple[str, str]]:
    for code in icd.get_all_codes():
        if "-" in code or code.isdigit() or len(code) > 7:
            continue
        yield code, icd.get_description(code)
        for term in icd.get_inclusion_term(code):
            yield code, term


def diagnoses(content: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the names of diagnoses with their body systems."""
    systems = Ranges(content["systems"])
    ranges = Ranges({"left_out": content["left_out"], "kept": content["kept"]})
    plain = _word_list(content, "generic") | _word_list(content, "common") | _word_list(content, "clinical")
    findings = frozenset(content["findings"])
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code, title in _titles():
        if ranges.names(code) == ("left_out",):
            continue
        for name in cleaned(title):
            if name not in findings and not {word.text for word in words(name)} <= plain:
                found[name].update(dict.fromkeys(systems.names(code)))
    return {name: tuple(kinds) for name, kinds in found.items()}


def clinical_words(content: Mapping[str, Any], names: Mapping[str, object]) -> frozenset[str]:
    """Return single words that name clinical things, and none that ordinary English uses to urge, weigh or compare."""
    found = {word.text for code, title in _titles() if code[0] not in "VWXYZ" for word in words(title)}
    found |= {word.text for name in names for word in words(name)}
    found |= {word.text for term in curated_terms() for name in term.names for word in words(name)}
    found |= _word_list(content, "drugs")
    ordinary = _word_list(content, "common") | _word_list(content, "ordinary")
    kept = {word for word in found if len(word) > 2 and word.isalpha()} - ordinary
    return frozenset(kept | _word_list(content, "clinical"))


def _line(name: str, systems: tuple[str, ...], index: PhraseIndex[str]) -> str:
    broader = dict.fromkeys(hit.payload for hit in index.find(name))
    return f"{name}\t{' '.join(systems)}\t{' '.join(broader)}"


def distilled() -> dict[str, str]:
    """Return the content of clinical.json.gz."""
    content = distilling()
    names = diagnoses(content)
    curated = {
        form for term in curated_terms() for name in (*term.names, *term.recorded) for form in (name, f"{name}s")
    }
    index = PhraseIndex((name, term.concept) for term in curated_terms() for name in term.names)
    return {
        "ruleset": RULESET,
        "codes": " ".join(codes()),
        "diagnoses": "\n".join(_line(name, names[name], index) for name in sorted(names) if name not in curated),
        "words": " ".join(sorted(clinical_words(content, names))),
    }


def main() -> None:
    """Write the data file; the same code set gives the same bytes."""
    packed = gzip.compress(json.dumps(distilled()).encode(), 9, mtime=0)
    (_DATA / "clinical.json.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
