"""Indicators out of a pasted table: tabs, semicolons, bars or commas; with or without a header; long or wide.

Long: one result a line (name, value, unit, time, source, kind). Wide, as result reviews are: one test a line, one
column a time. Every row stands on its own: what cannot be read is told by line and column, and the others are taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any, get_args

from pydantic import ValidationError

from schemas.gaps import Indicator, ReferenceRange
from schemas.vocabulary import IndicatorKind
from services.tracker.capture.moments import is_moment, read_moment

MOST_CHARACTERS = 200_000
MOST_ROWS = 400
"""A gap takes so many indicators."""

_HEADERS: Mapping[str, str] = {
    **dict.fromkeys(("name", "test", "component", "indicator", "analyte", "observation", "item", "lab"), "name"),
    **dict.fromkeys(("value", "result", "result value", "reading", "finding"), "value"),
    **dict.fromkeys(("unit", "units", "uom"), "unit"),
    **dict.fromkeys(
        ("when", "date time", "datetime", "date/time", "collected", "observed", "observed at", "taken", "performed",
         "effective", "result time", "collection time", "recorded"), "when"
    ),
    **dict.fromkeys(("date", "day", "collection date"), "date"),
    **dict.fromkeys(("time", "clock"), "time"),
    **dict.fromkeys(("source", "from", "department", "performed by"), "source"),
    **dict.fromkeys(("kind", "type", "category"), "kind"),
    **dict.fromkeys(("loinc", "loinc code"), "loinc"),
    **dict.fromkeys(("range", "reference range", "ref range", "reference", "normal range", "normal"), "range"),
    **dict.fromkeys(("author", "author role", "role"), "author_role"),
    **dict.fromkeys(("flag", "abnormal", "status"), "ignored"),
}  # fmt: skip
_KINDS: Mapping[str, IndicatorKind] = {
    **{kind: kind for kind in get_args(IndicatorKind)},
    "lab": "laboratory", "labs": "laboratory", "vital": "vital_sign", "vitals": "vital_sign",
    "vital signs": "vital_sign", "med": "medication", "medications": "medication", "radiology": "imaging",
}  # fmt: skip
_SOURCES: Mapping[IndicatorKind, str] = {
    "laboratory": "Laboratory",
    "vital_sign": "Vital signs flowsheet",
    "medication": "Medication administration record",
    "procedure": "Procedure note",
    "imaging": "Imaging report",
    "assessment": "Assessment flowsheet",
    "note": "Progress note",
    "order": "Orders",
    "other": "Record",
}
_FLAG = re.compile(r"\s*(?:[(\[](?:H|L|HH|LL|A|AA|C)!?[)\]]|[!*]+)\s*$")
_COMPARED = re.compile(r"(<=|>=|≤|≥|<|>)\s*(?=[\d.])")
_WITH_UNIT = re.compile(r"(-?\d[\d.,]*)\s+([A-Za-z%µμ°/][^\s]{0,39})")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d{1,2}")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(-?\d+(?:\.\d+)?)\b.*", re.DOTALL)
_UPTO = re.compile(r"(<=|>=|<|>|≤|≥)\s*(\d+(?:\.\d+)?)\b.*", re.DOTALL)
_SAME_SIGN = {"≤": "<=", "≥": ">="}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row: its line in the text (from 1), the column's name, and one sentence."""

    line: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a text gave: the indicators that could be read, the faults, and the lines of text that have them."""

    indicators: tuple[Indicator, ...] = ()
    faults: tuple[Fault, ...] = ()
    left: str = ""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What counts where a table does not say it: the zone of its times, kind and source of its rows."""

    zone: tzinfo
    kind: IndicatorKind = "laboratory"
    source: str | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    raw: str
    cells: tuple[str, ...]


_Cells = dict[str, str]


def source_of(kind: IndicatorKind) -> str:
    """Return the source that is named for a kind of indicator when nobody names another."""
    return _SOURCES[kind]


def read_table(text: str, defaults: Defaults) -> Table:
    """Return what a pasted text gives. Nothing is raised: whatever is wrong is told row by row."""
    if len(text) > MOST_CHARACTERS:
        return Table(faults=(Fault(1, "table", f"is longer than {MOST_CHARACTERS} characters; paste less"),), left=text)
    lines = list(_lines(text))
    if not lines:
        return Table()
    header = _header(lines[0].cells)
    body = lines[1:] if header is not None else lines
    taken: list[Indicator] = []
    faults: list[Fault] = []
    left: list[str] = []
    for line in body:
        read, wrong = _read_line(line, header, defaults)
        too_many = len(taken) + len(read) > MOST_ROWS
        if too_many:
            wrong = [Fault(line.number, "table", f"is beyond the {MOST_ROWS} indicators that a gap takes")]
        if wrong:
            faults.extend(wrong)
            left.append(line.raw)
        else:
            taken.extend(read)
    if left and header is not None:
        left.insert(0, lines[0].raw)
    return Table(tuple(taken), tuple(faults), "\n".join(left))


def _lines(text: str) -> Iterator[_Line]:
    """Yield the rows that hold something, with the number of the line on which each begins, and as they were."""
    raw = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    delimiter = _delimiter(raw)
    reader = csv.reader(
        io.StringIO("\n".join(raw), newline=""), delimiter=delimiter, skipinitialspace=delimiter != "\t"
    )
    begun = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:  # a cell beyond what the reader takes: as one cell, so that the row is told as wrong
            cells = ["\n".join(raw[begun : reader.line_num])[:100]]
        if cells is None:
            return
        number, begun = begun + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield _Line(number, "\n".join(raw[number - 1 : begun]), tuple(" ".join(cell.split()) for cell in cells))


def _delimiter(raw: Sequence[str]) -> str:
    first = next((line for line in raw if line.strip()), "")
    return next((sign for sign in "\t;|" if sign in first), ",")


def _header(cells: Sequence[str]) -> list[str] | None:
    """Return the column of each cell, where the row is a header: `name`, ..., a time for a wide table, or nothing."""
    names = [_HEADERS.get(_plain(cell), "") for cell in cells]
    moments = [is_moment(cell) for cell in cells]
    if any(moments) and not any(name in ("value", "when") for name in names) and not moments[0]:
        wide = all(moment or name or not cell or place == 0 for place, (moment, name, cell) in enumerate(
            zip(moments, names, cells, strict=True)
        ))  # fmt: skip
        if wide:
            first = "name" if "name" not in names else names[0]
            return [
                f"@{cell}" if moment else (first if place == 0 else name)
                for place, (cell, name, moment) in enumerate(zip(cells, names, moments, strict=True))
            ]
    known = {name for name in names if name}
    return names if len(known) >= 2 and not any(moments) else None


def _plain(cell: str) -> str:
    return re.sub(r"[\s_.:-]+", " ", cell).strip().casefold()


def _read_line(line: _Line, header: list[str] | None, defaults: Defaults) -> tuple[list[Indicator], list[Fault]]:
    if header is None:
        rows = [_by_place(line.cells)]
    elif any(column.startswith("@") for column in header):
        rows = list(_by_time(line.cells, header))
    else:
        rows = [_named(line.cells, header)]
    read, faults = [], []
    for cells in rows:
        try:
            read.append(indicator_of(cells, defaults))
        except WrongCell as wrong:
            faults.append(Fault(line.number, wrong.column, wrong.text))
    return read, faults


def _named(cells: Sequence[str], header: Sequence[str]) -> _Cells:
    row: _Cells = {}
    for column, cell in zip(header, cells, strict=False):
        if column and cell and column not in row:
            row[column] = cell
    if "when" not in row and "date" in row:
        row["when"] = f"{row['date']} {row.get('time', '')}".strip()
    elif "when" not in row and "time" in row:
        row["when"] = row["time"]
    return row


def _by_time(cells: Sequence[str], header: Sequence[str]) -> Iterator[_Cells]:
    """Yield one row for each time of a wide table that has a value."""
    shared = _named(cells, [column if not column.startswith("@") else "" for column in header])
    for column, cell in zip(header, cells, strict=False):
        if column.startswith("@") and cell:
            yield {**shared, "when": column[1:], "value": cell}


def _by_place(cells: Sequence[str]) -> _Cells:
    """Name the cells of a row without header: the time is what reads as one, the others go by their order."""
    place, width = _place_of_time(cells)
    if place is None:
        return dict(zip(("name", "value", "unit", "when", "source", "kind"), cells, strict=False))
    row = {"when": " ".join(cells[place : place + width])}
    before, after = list(cells[:place]), list(cells[place + width :])
    if not before:
        before, after = after[:3], after[3:]
    elif len(before) == 1:
        before, after = [*before, *after[:2]], after[2:]
    row |= dict(zip(("name", "value", "unit"), before, strict=False))
    return {**row, **dict(zip(("source", "kind"), after, strict=False))}


def _place_of_time(cells: Sequence[str]) -> tuple[int | None, int]:
    for place, cell in enumerate(cells):
        if is_moment(cell):
            return place, 1
        if place + 1 < len(cells) and is_moment(f"{cell} {cells[place + 1]}"):
            return place, 2
    return None, 0


class WrongCell(Exception):
    """A cell that cannot be read: its column, and what is wrong in words that follow the column's name."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column, self.text = column, text


def indicator_of(cells: Mapping[str, str], defaults: Defaults) -> Indicator:
    """Return the indicator of one row. Keys of `cells`: name, value, unit, when, source, kind, loinc, range, ...

    Raises:
        WrongCell: the first cell that cannot be read.
    """
    for column in ("name", "value", "when"):
        if not cells.get(column, "").strip():
            raise WrongCell(column, "is missing")
    kind = _kind(cells.get("kind", ""), defaults.kind)
    try:
        moment = read_moment(cells["when"], defaults.zone)
    except ValueError as error:
        raise WrongCell("when", str(error)) from None
    fields: dict[str, Any] = {
        "name": cells["name"],
        **_measured(cells["value"], cells.get("unit", "")),
        "kind": kind,
        "source": cells.get("source") or defaults.source or _SOURCES[kind],
        "observed_at": moment,
        "loinc": cells.get("loinc") or None,
        "author_role": cells.get("author_role") or None,
        "reference_range": _range(cells.get("range", "")),
        # What comes from a note is what the note says, word for word.
        "quoted": True if kind == "note" else None,
    }
    try:
        return Indicator(**{name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        raise _as_wrong_cell(error) from None


def _as_wrong_cell(error: ValidationError) -> WrongCell:
    first = error.errors(include_input=False, include_url=False)[0]
    column = str(first["loc"][0]) if first["loc"] else "row"
    most = first.get("ctx", {}).get("max_length")
    return WrongCell(
        "when" if column == "observed_at" else column,
        f"is longer than {most} characters" if most is not None else "does not fit here",
    )


def _kind(text: str, default: IndicatorKind) -> IndicatorKind:
    if not text:
        return default
    kind = _KINDS.get(_plain(text)) or _KINDS.get(_plain(text).replace(" ", "_"))
    if kind is None:
        raise WrongCell("kind", f"is none of: {', '.join(get_args(IndicatorKind))}".replace("_", " "))
    return kind


def _measured(value: str, unit: str) -> dict[str, str]:
    """Part a value into comparator, number and unit; the laboratory's own flags are no part of it."""
    text = _FLAG.sub("", value).strip() or value
    fields: dict[str, str] = {}
    if compared := _COMPARED.match(text):
        fields["comparator"] = _SAME_SIGN.get(compared[1], compared[1])
        text = text[compared.end() :]
    if not unit and (parted := _WITH_UNIT.fullmatch(text)):
        text, unit = parted[1], parted[2]
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return {**fields, "value": text, **({"unit": unit} if unit else {})}


def _range(text: str) -> ReferenceRange | None:
    """Return a reference range; one in other words ("negative") is none."""
    if found := _RANGE.fullmatch(text):
        return ReferenceRange(low=Decimal(found[1]), high=Decimal(found[2]))
    if found := _UPTO.fullmatch(text):
        below = found[1] in ("<", "<=", "≤")
        return ReferenceRange(high=Decimal(found[2])) if below else ReferenceRange(low=Decimal(found[2]))
    return None
