"""Nothing that a person entered gets into a log line, whoever writes it."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.foundation.telemetry import ALLOWED, configure_logging
from tests.conftest import project_root

SECRET = "Mx. Plainly Invented"


@pytest.fixture
def lines() -> Iterator[Any]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging(True, "INFO", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_values_under_unknown_keys_are_dropped(lines: Any) -> None:
    structlog.get_logger("services.tracker").info("gap accepted", topic="cdi.gaps.v1", patient=SECRET, chart={"a": 1})
    logging.getLogger("services.tracker").warning("gap accepted", extra={"attempts": 2, "patient": SECRET})
    first, second = lines()
    assert first["event"] == second["event"] == "gap accepted"
    assert (first["topic"], first["level"], second["attempts"]) == ("cdi.gaps.v1", "info", 2)
    assert SECRET not in json.dumps(lines())
    assert "chart" not in first


def test_an_exception_tells_type_and_place_and_not_its_message(lines: Any) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger("services.tracker").exception("failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved\nfuture: %s", SECRET)
    for line in lines():
        assert line["exception"].startswith("ValueError test_telemetry.py:")
    assert SECRET not in json.dumps(lines())


def test_a_library_that_nobody_knows_cannot_put_values_into_its_text(lines: Any) -> None:
    logging.getLogger("some.library").error("cannot parse %s", SECRET)
    assert lines()[0]["event"] == "cannot parse %s"


def test_a_request_line_has_no_query_string(lines: Any) -> None:
    arguments = ("127.0.0.1:1", "GET", f"/charts?name={SECRET}", "1.1", 200)
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *arguments)
    (line,) = lines()
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "GET", "/charts", 200)


def test_long_values_are_dropped_whole(lines: Any) -> None:
    structlog.get_logger("services.tracker").info("text", error="x" * 301, topic="t")
    (line,) = lines()
    assert "error" not in line
    assert line["topic"] == "t"


def test_people_get_text(lines: Any) -> None:
    stream = io.StringIO()
    configure_logging(False, logging.INFO, stream)
    structlog.get_logger("services.tracker").info("ready", port=8000)
    assert "ready" in stream.getvalue()
    assert "8000" in stream.getvalue()


def test_every_value_that_our_own_lines_carry_gets_through() -> None:
    keys = {
        key
        for folder in ("services", "cli")
        for path in (project_root() / folder).rglob("*.py")
        for key in _extras(path.read_text())
    }
    assert {"error", "attempts"} <= keys
    assert keys <= ALLOWED


def _extras(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "extra" and isinstance(node.value, ast.Dict):
            yield from (key.value for key in node.value.keys if isinstance(key, ast.Constant))
