"""Pasted tables: every row is read or told what is wrong, in the house's time zone, whatever is pasted."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.capture.moments import NEVER, NO_CLOCK, NO_TIME, TWICE, is_moment, read_moment
from services.tracker.capture.tables import MOST_CHARACTERS, MOST_ROWS, Defaults, read_table

NEW_YORK = ZoneInfo("America/New_York")
HERE = Defaults(NEW_YORK)
SIX = datetime(2026, 11, 20, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-11-20 06:05",
        "2026-11-20T06:05:00",
        "2026-11-20T11:05:00Z",
        "2026-11-20 06:05 -05:00",
        "11/20/2026 0605",
        "11/20/26 6:05 AM",
        "11/20/2026, 6:05 a.m.",
        "20.11.2026 06:05",
        "20 Nov 2026 06:05",
        "20-Nov-2026 06:05",
        "Nov 20, 2026 6:05",
        "November 20 2026 at 6:05",
        "202611200605",
        "20261120T110500Z",
    ],
)
def test_times_are_read_as_people_write_them(typed: str) -> None:
    assert read_moment(typed, NEW_YORK) == SIX


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("soon", NO_TIME),
        ("2026-13-01 06:00", NO_TIME),
        ("2026-02-30 06:00", NO_TIME),
        ("11/20/2026 25:00", NO_TIME),
        ("11/20/2026 0:30 pm", NO_TIME),
        ("x" * 10_000, NO_TIME),
        ("2026-11-20", NO_CLOCK),
        ("11/20/26", NO_CLOCK),
        ("2026-03-08 02:30", NEVER),
        ("2026-11-01 01:30", TWICE),
        ("0001-01-01 00:00", "lies outside the years 1801 to 2998"),
    ],
)
def test_what_is_no_moment_or_could_be_two_is_refused_in_words(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        read_moment(typed, NEW_YORK)
    assert str(refused.value) == why


def test_an_offset_tells_the_two_times_of_one_night_apart() -> None:
    first, second = (read_moment(f"2026-11-01 01:30 {offset}", NEW_YORK) for offset in ("-04:00", "-05:00"))
    assert (second - first).total_seconds() == 3600


def test_a_spreadsheet_with_header_in_any_order_is_read() -> None:
    table = read_table(
        "Flag\tCollected\tResult\tTest\tUnits\tReference Range\n"
        "L\t11/20/2026 0605\t128 (L)\tSodium\tmmol/L\t135-145\n"
        "\t11/20/2026 0605\t<0.01\tTroponin\tng/mL\t<0.04\n",
        HERE,
    )
    assert not table.faults
    sodium, troponin = table.indicators
    assert (sodium.name, sodium.value, sodium.unit, sodium.observed_at) == ("Sodium", "128", "mmol/L", SIX)
    assert sodium.reference_range is not None
    assert (str(sodium.reference_range.low), str(sodium.reference_range.high)) == ("135", "145")
    assert (troponin.comparator, troponin.value) == ("<", "0.01")
    assert (sodium.kind, sodium.source) == ("laboratory", "Laboratory")


def test_rows_without_header_are_read_by_where_their_time_stands() -> None:
    for row in (
        "Sodium,128,mmol/L,2026-11-20 06:05,Laboratory",
        "2026-11-20 06:05,Sodium,128,mmol/L,Laboratory",
        "Sodium;128 mmol/L;2026-11-20;06:05;Laboratory",
        "Sodium\t2026-11-20 06:05\t128\tmmol/L\tLaboratory",
    ):
        table = read_table(row, HERE)
        assert not table.faults, row
        (one,) = table.indicators
        assert (one.name, one.value, one.unit, one.source, one.observed_at) == (
            "Sodium",
            "128",
            "mmol/L",
            "Laboratory",
            SIX,
        ), row


def test_a_result_review_with_one_column_a_time_is_read() -> None:
    table = read_table(
        "Component\tUnits\t11/19/26 0600\t11/20/26 0605\nSodium\tmmol/L\t128\t131\nLactate\tmmol/L\t\t4", HERE
    )
    assert [(one.name, one.value, one.observed_at.day) for one in table.indicators] == [
        ("Sodium", "128", 19),
        ("Sodium", "131", 20),
        ("Lactate", "4", 20),
    ]


def test_decimal_commas_of_a_semicolon_file_become_points() -> None:
    (one,) = read_table("Creatinine;1,7;mg/dL;20.11.2026 06:05", HERE).indicators
    assert one.value == "1.7"


def test_good_rows_are_taken_and_bad_ones_stay_with_their_line_and_reason() -> None:
    table = read_table(
        "name,value,unit,when,kind\n"
        "Sodium,128,mmol/L,2026-11-20 06:05,lab\n"
        "\n"
        "Potassium,,mmol/L,2026-11-20 06:05,lab\n"
        "Lactate,4,mmol/L,2026-11-20,lab\n"
        "Chloride,99,mmol/L,2026-11-20 06:05,wishes\n"
        f"{'long' * 60},99,mmol/L,2026-11-20 06:05,lab\n",
        HERE,
    )
    assert [one.name for one in table.indicators] == ["Sodium"]
    assert [(fault.line, fault.column) for fault in table.faults] == [
        (4, "value"),
        (5, "when"),
        (6, "kind"),
        (7, "name"),
    ]
    assert table.left.splitlines()[0] == "name,value,unit,when,kind"
    assert len(table.left.splitlines()) == 5
    assert read_table(table.left, HERE).faults


def test_kind_and_source_that_a_table_does_not_name_are_the_authors() -> None:
    (one,) = read_table(
        "Heart rate,118,/min,2026-11-20 06:05", Defaults(NEW_YORK, "vital_sign", "ICU flowsheet")
    ).indicators
    assert (one.kind, one.source) == ("vital_sign", "ICU flowsheet")


def test_too_much_is_refused_in_words() -> None:
    assert "longer" in read_table("x" * (MOST_CHARACTERS + 1), HERE).faults[0].text
    row = "Sodium,128,mmol/L,2026-11-20 06:05\n"
    table = read_table(row * (MOST_ROWS + 2), HERE)
    assert len(table.indicators) == MOST_ROWS
    assert len(table.faults) == 2


CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "name",
            "value",
            "when",
            "Sodium",
            "<0.01",
            "1,7",
            "2026-11-20 06:05",
            "11/20/26",
            "{{ 7*7 }}",
            "<b>",
            '"',
            "\ud800",
        ]
    ),
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=8)


@given(rows=ROWS, delimiter=st.sampled_from("\t;,|"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_whatever_is_pasted_gives_rows_or_faults_and_never_an_exception(
    rows: list[list[str]], delimiter: str, end: str
) -> None:
    text = end.join(delimiter.join(row) for row in rows)
    table = read_table(text, HERE)
    assert bool(table.left) == bool(table.faults)
    assert all(fault.line >= 1 and fault.text for fault in table.faults)
    for one in table.indicators:
        assert one.observed_at.tzinfo is not None


@given(st.text(max_size=80))
def test_whatever_is_typed_as_a_time_is_read_or_refused(text: str) -> None:
    assert is_moment(text) in (True, False)
