"""Template files: read as far as they can be read, validated and compiled, every fault told with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import jinja2
from pydantic import TypeAdapter, ValidationError

from evidence.faults import LibraryError, Step
from evidence.language import AtLeast, ExpressionError, Predicate, Vocabulary, parse
from evidence.yaml_text import YamlText
from schemas.requests import TemplateRef
from schemas.vocabulary import ResponseType
from services.query_builder.earlier import allows, wanted
from services.query_builder.template import (
    SUBJECT_MISSING,
    FrontMatter,
    Governance,
    OptionEntry,
    Template,
    as_far_as_sound,
    contradictions,
)
from services.query_builder.wording import VARIABLES, Wording

_PARTS = re.compile(r"\A---\r?\n(?P<front>.*?)\r?\n---\r?\n(?P<body>.*)\Z", re.DOTALL)
_HEADING = re.compile(r"^# (?P<name>.+?)\s*$", re.MULTILINE)

_FRONT = TypeAdapter(FrontMatter)
_NAMES = (*FrontMatter.model_fields, *Governance.model_fields)
_WHOLE = "the file"
"""What a fault is about that leaves nothing of a file to be read."""
_BLOCKS = frozenset({"context", *(f"question {kind}" for kind in get_args(ResponseType))})


def read_template(path: Path, vocabulary: Vocabulary) -> Template:
    """Read, validate and compile one template file.

    Raises:
        LibraryError: the first fault, naming the file, the line, the field and what is wrong with it.
    """
    examined = examine_template(path, vocabulary)
    if examined.template is None:
        raise examined.faults[0]
    return examined.template


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file holds: a template, or the faults that make it none.

    `text` is the whole file, `front` what stands above its body.
    """

    text: str
    front: YamlText
    template: Template | None
    faults: tuple[LibraryError, ...]

    def rules(self, vocabulary: Vocabulary) -> dict[tuple[Step, ...], Predicate]:
        """Return the rules of evidence that can be read, by the steps to them; those of a faulty file too."""
        if any(fault.field == _WHOLE for fault in self.faults):
            return {}
        read = _rules(self.front, vocabulary)
        return {steps: rule for steps, rule in read if not isinstance(rule, ExpressionError)}


def examine_template(path: Path, vocabulary: Vocabulary) -> Examined:
    """Read one template file as far as it can be read, and tell all of its faults, not only the first."""
    raw = path.read_bytes()
    text = raw.decode("utf-8", errors="replace")
    parts = _PARTS.match(text)
    if parts is None:
        mend = "Begin the file with a line `---`, the fields, and another line `---`."
        fault = LibraryError(path, _WHOLE, "begins with front matter between two lines of ---", 1, mend)
        return Examined(text, YamlText(path, ""), None, (fault,))
    source = YamlText(path, parts["front"], _line(text, parts.start("front")))
    faults: list[LibraryError] = []
    front = _front(source, vocabulary, faults)
    blocks = _blocks(path, parts["body"], _line(text, parts.start("body")), faults)
    if front is None:
        return Examined(text, source, None, tuple(faults))
    template = _Compiler(source, front, blocks, vocabulary, faults).template(hashlib.sha256(raw).hexdigest())
    return Examined(text, source, None if faults else template, tuple(faults))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _front(source: YamlText, vocabulary: Vocabulary, faults: list[LibraryError]) -> FrontMatter | None:
    try:
        written = source.load() or {}
    except LibraryError as fault:
        faults.append(fault)
        return None
    try:
        front = _FRONT.validate_python(written)
    except ValidationError as error:
        faults.extend(source.faults(error, _NAMES))
        faults.extend(_beside(source, written, error, vocabulary))
        return None
    if front.id != source.path.stem:
        mend = "Give the file and the id the same name."
        faults.append(source.fault(("id",), f"{front.id!r} is not the name of the file", mend))
    faults.extend(source.fault(one.steps, str(one), one.mend) for one in contradictions(front))
    return front


def _beside(
    source: YamlText, written: object, error: ValidationError, vocabulary: Vocabulary
) -> Iterator[LibraryError]:
    """Yield what else is wrong in a file whose fields are no template, so that all is mended at once."""
    front, sound = as_far_as_sound(written, error)
    yield from (source.fault(one.steps, str(one), one.mend) for one in contradictions(front, sound))
    for steps, rule in _rules(source, vocabulary):
        if isinstance(rule, ExpressionError):
            yield source.fault(steps, str(rule), rule.mend)


def _rules(source: YamlText, vocabulary: Vocabulary) -> Iterator[tuple[tuple[Step, ...], Predicate | ExpressionError]]:
    """Yield every rule that a front matter holds, read, or what is wrong with it."""
    for steps, text in _rules_below((), source.load()):
        try:
            yield steps, parse(text, vocabulary)
        except ExpressionError as error:
            yield steps, error


def _rules_below(steps: tuple[Step, ...], value: object) -> Iterator[tuple[tuple[Step, ...], str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "when" and isinstance(inner, str):
                yield (*steps, name), inner
            else:
                yield from _rules_below((*steps, str(name)), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _rules_below((*steps, number), inner)


@dataclass(frozen=True, slots=True)
class _Block:
    """One part of the body: its text, and the line of the file at which the text begins."""

    path: Path
    name: str
    text: str
    heading_line: int
    first_line: int

    def fault(self, why: str, line: int = 1, mend: str = "") -> LibraryError:
        """Return a fault in a line of this block, counted from 1."""
        return LibraryError(self.path, self.name, why, self.first_line + line - 1, mend)


def _blocks(path: Path, body: str, first_line: int, faults: list[LibraryError]) -> dict[str, _Block]:
    headings = list(_HEADING.finditer(body))
    if body[: headings[0].start() if headings else None].strip():
        why = "text stands before the first heading (`# context` or `# question ...`)"
        faults.append(LibraryError(path, "body", why, first_line, "Put the text below a heading."))
    ends = [heading.start() for heading in headings[1:]] + [len(body)]
    found: dict[str, _Block] = {}
    for one, end in zip(headings, ends, strict=True):
        text = body[one.end() : end]
        begins = one.end() + len(text) - len(text.lstrip())
        heading = first_line + _line(body, one.start()) - 1
        found[one["name"]] = _Block(path, one["name"], text.strip(), heading, first_line + _line(body, begins) - 1)
        if one["name"] not in _BLOCKS:
            why = f"no block has this name; there are {', '.join(sorted(_BLOCKS))}"
            faults.append(LibraryError(path, one["name"], why, heading, "Give the heading one of these names."))
    return found


_NEVER = AtLeast(1, ())
"""Stands where a rule could not be read; the template that holds it is not used."""


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Compiles the parts of one file. What is wrong with a part goes to `faults`, and the next part is looked at."""

    source: YamlText
    front: FrontMatter
    blocks: Mapping[str, _Block]
    vocabulary: Vocabulary
    faults: list[LibraryError]

    def template(self, content_hash: str) -> Template:
        """Put the parts together. The template may be used only if there are no faults."""
        front = self.front
        asked = {kind: block for kind in front.response_types if (block := self._question(kind)) is not None}
        context = self.blocks.get("context")
        return Template(
            front=front,
            ref=TemplateRef(id=front.id, version=front.version, hash=content_hash),
            source=self.source,
            lines={name: block.heading_line for name, block in self.blocks.items()},
            questions={kind: self._wording(block, one_line=True) for kind, block in asked.items()},
            question_sources={kind: " ".join(block.text.split()) for kind, block in asked.items()},
            context=self._wording(context) if context and context.text else None,
            options=tuple((option, self._supported(option, number)) for number, option in enumerate(front.options)),
            needs=tuple(
                (need, self._predicate(need.when, "needs", number, "when")) for number, need in enumerate(front.needs)
            ),
            fits=self._predicate(front.match.when, "match", "when"),
            concepts=tuple(re.compile(pattern, re.IGNORECASE) for pattern in front.match.concepts),
            subject=re.compile(front.subject, re.IGNORECASE) if front.subject else None,
        )

    def _supported(self, option: OptionEntry, number: int) -> Predicate:
        if option.when is not None:
            return self._predicate(option.when, "options", number, "when")
        known = self.vocabulary.condition(option.text)
        if known is None:
            why = "the check knows no condition by this text that indicators alone show; say `when`"
            self.faults.append(self.source.fault(("options", number, "text"), why))
        return known or _NEVER

    def _predicate(self, text: str, *steps: Step) -> Predicate:
        try:
            found = parse(text, self.vocabulary)
        except ExpressionError as error:
            self.faults.append(self.source.fault(steps, str(error), error.mend))
            return _NEVER
        if not allows(policy := self.front.prior_encounters, found):
            least = wanted(found)
            why = f"looks at earlier encounters ({least}), but `prior_encounters` says {policy} (R-17)"
            mend = f"Write `prior_encounters: {least}`, or let the rule look at this encounter alone."
            self.faults.append(self.source.fault(steps, why, mend))
        return found

    def _question(self, kind: ResponseType) -> _Block | None:
        block = self.blocks.get(f"question {kind}")
        if block is not None and block.text:
            return block
        why = "the block is missing, but response_types offers it"
        line = self.source.line(("response_types",))
        mend = "Write this heading with a question below it, or take the form out of response_types."
        self.faults.append(LibraryError(self.source.path, f"question {kind}", why, line, mend))
        return None

    def _wording(self, block: _Block, *, one_line: bool = False) -> Wording:
        """Read a block. `one_line`: line breaks of the file are no line breaks of the text."""
        text = block.text
        try:
            names = Wording(text).names()
        except jinja2.TemplateSyntaxError as error:
            self.faults.append(block.fault(str(error.message), error.lineno))
            return Wording("")
        for unknown in sorted(names - VARIABLES):
            why = f"{unknown!r} is unknown; there are {', '.join(sorted(VARIABLES))}"
            mend = "Use one of these names, or write the words as they are."
            self.faults.append(block.fault(why, _line(text, text.index(unknown)), mend))
        if "subject" in names and self.front.subject is None:
            why = "names `subject`, but the front matter says no `subject` to look for"
            self.faults.append(block.fault(why, _line(text, text.index("subject")), SUBJECT_MISSING))
        return Wording(" ".join(text.split()) if one_line else text)
