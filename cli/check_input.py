"""Documents for the check, read one at a time; what cannot be read says where, what is wrong and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from schemas.check import CheckDocument

SHOWN = 5
"""At most so many faults of one document are named; the rest is counted."""

_FORM = 'write {"id": "...", "query": {...}} or {"id": "...", "message": {...}}'
_BOM = b"\xef\xbb\xbf"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Fault:
    """A document that cannot be read: its line (from 1), and in words what to mend. No word of the input is in it."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


Item = CheckDocument | Fault


def read_documents(lines: Iterable[bytes]) -> Iterator[Item]:
    """Yield each document, or what is wrong with it, as soon as its line has come.

    In: the lines of a file. One document a line; a line that is a list holds several. Where the first line is only the
    beginning of something, the whole file is read first: one document or list, or several in a row, over many lines.
    """
    numbered = enumerate(lines, start=1)
    first = next(((number, line) for number, line in numbered if line.removeprefix(_BOM).strip()), None)
    if first is None:
        return
    number, line = first[0], first[1].removeprefix(_BOM)
    if _goes_on(line):
        yield from _of_whole([(number, line), *numbered])
    else:
        yield from _of_lines(chain([(number, line)], numbered))


def _goes_on(line: bytes) -> bool:
    """Tell whether a line ends inside an object or a list, where another line may go on with it."""
    text = line.decode(errors="replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return text[:1] in "{[" and error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def _of_lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[Item]:
    for number, line in lines:
        if line.strip():
            yield from _of_line(number, line)


def _of_line(number: int, line: bytes) -> Iterator[Item]:
    try:
        value = json.loads(line.decode().rstrip())
    except json.JSONDecodeError as error:
        yield Fault(number, f"not JSON ({error.msg}, column {error.colno}); put one whole document on each line")
    except UnicodeDecodeError:
        yield Fault(number, "not UTF-8; save the file in that encoding")
    except (ValueError, RecursionError):
        yield Fault(number, "not JSON that can be read: nested too deeply, or a number too long")
    else:
        yield from _of_value(value, number)


def _of_whole(lines: list[tuple[int, bytes]]) -> Iterator[Item]:
    """Read values that stand over many lines, one after the other."""
    start = lines[0][0]
    try:
        text = b"".join(line for _, line in lines).decode()
    except UnicodeDecodeError:
        yield from _of_lines(lines)
        return
    place = _after_space(text, 0)
    while place < len(text):
        number = start + text.count("\n", 0, place)
        try:
            value, end = _DECODER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            if place == 0 and any(_is_document(line) for _, line in lines[1:]):
                yield from _of_lines(lines)  # one document a line after all, the first one cut short
            else:
                yield Fault(start + error.lineno - 1, f"not JSON ({error.msg}, column {error.colno}); mend it there")
            return
        except (ValueError, RecursionError):
            yield Fault(number, "not JSON that can be read: nested too deeply, or a number too long")
            return
        yield from _of_value(value, number)
        place = _after_space(text, end)


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _is_document(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and ("query" in value or "message" in value)


def _of_value(value: Any, line: int) -> Iterator[Item]:
    if not isinstance(value, list):
        yield _document(value, line, "")
        return
    for place, item in enumerate(value):
        yield _document(item, line, f"document {place + 1} of the list: ")


def _document(value: Any, line: int, where: str) -> Item:
    if not isinstance(value, dict):
        return Fault(line, f"{where}not a JSON object; {_FORM}")
    if (value.get("query") is None) == (value.get("message") is None):
        return Fault(line, f"{where}a document holds either `query` or `message`; {_FORM}")
    try:
        document = CheckDocument.model_validate(value)
        document.model_dump_json()
    except ValidationError as error:
        faults = [_in_words(item) for item in error.errors(include_url=False, include_input=False)]
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        return Fault(line, where + "; ".join([*faults[:SHOWN], *more]))
    except PydanticSerializationError:
        return Fault(line, f"{where}a text holds half a character (an escape \\ud800 to \\udfff alone); take it out")
    return document


def _in_words(error: Mapping[str, Any]) -> str:
    steps: tuple[int | str, ...] = error["loc"]
    field, wanted = f"field {_path(steps)}", _wanted(steps)
    if error["type"] == "missing":
        return f"{field} is missing; add {wanted}"
    return f"{field} must be {wanted}"


def _path(steps: Iterable[int | str]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def _wanted(steps: Iterable[int | str]) -> str:
    """Return in words what stands at a place of a document."""
    kind: Any = CheckDocument
    for step in steps:
        kind = _given(get_args(kind)[0] if isinstance(step, int) else kind.model_fields[step].annotation)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    if get_origin(kind) is tuple:
        return "a list"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "an object"
    return {str: "a text in quotation marks", bool: "true or false", int: "a whole number"}[kind]


def _given(kind: Any) -> Any:
    """Return a type without its `None`."""
    if get_origin(kind) in (Union, UnionType):
        return next(one for one in get_args(kind) if one is not NoneType)
    return kind
