"""Logs that cannot carry what users entered.

Our own lines are constant texts with values under known keys; every other key is dropped. Of an exception the type
and the place are logged, never its message, which may quote its input. Lines of libraries are bridged: of those that
are not known, the text before its values were put in; of all of them, the first line.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.types import Processor

_ALLOWED = """
    attempts chart client consumer count durable error event event_type exception fault field group letter_id level line
    logger method offset partition path pid port query_id refused request_id revision rules ruleset seconds service
    status step template timer_kind timestamp topic version
"""
ALLOWED = frozenset(_ALLOWED.split())
LONGEST = 300
# Their texts name hosts, topics, offsets and the like.
KNOWN = ("services.", "cli.", "compliance.", "cdi_query", "aiokafka", "faststream", "uvicorn", "psycopg", "alembic")
QUIET = {"aiokafka": logging.ERROR, "faststream": logging.WARNING, "httpx": logging.WARNING, "alembic": logging.WARNING}
OWN_HANDLERS = ("uvicorn", "uvicorn.access", "uvicorn.error", "faststream", "cdi_query.faststream", "aiokafka")

Values = MutableMapping[str, Any]


def configure_logging(json: bool, level: str | int = "INFO", stream: TextIO | None = None) -> None:
    """Send all lines of this process, ours and the libraries', to `stream` (standard error).

    Args:
        json: one JSON object a line; otherwise text for people.
        level: of the root logger, by name or number.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    renderer: Processor = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_message,
        only_allowed,
    ]
    bridge: list[Processor] = [structlog.stdlib.ExtraAdder(ALLOWED), _safe_text, *common]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=bridge,
            pass_foreign_args=True,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    _take_over(handler, level)


def only_allowed(_logger: Any, _method: str, values: Values) -> Values:
    """Drop every value whose key is not on the list, or that is no short plain value."""
    return {key: value for key, value in values.items() if _passes(key, value)}


def _passes(key: str, value: Any) -> bool:
    if key.startswith("_"):
        return True  # structlog's own, removed before the line is written
    if key not in ALLOWED:
        return False
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST)


def _without_message(_logger: Any, _method: str, values: Values) -> Values:
    info = values.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        values["exception"] = describe(info[0], info[2])
    return values


def describe(kind: type[BaseException], trace: TracebackType | None) -> str:
    """Return the type of an exception and its innermost places: `KeyError store.py:12 api.py:30`."""
    frames = traceback.extract_tb(trace)[-6:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames)]
    return " ".join([kind.__name__, *places])[:LONGEST]


def _safe_text(_logger: Any, _method: str, values: Values) -> Values:
    record: logging.LogRecord = values["_record"]
    arguments = values.pop("positional_args", None)
    if record.name == "uvicorn.access" and isinstance(arguments, tuple) and len(arguments) == 5:
        _client, method, target, _version, status = arguments
        # The query string may hold what someone searched for.
        values.update(event="request", method=method, path=str(target).partition("?")[0], status=status)
        return values
    text = values["event"] if record.name.startswith(KNOWN) else str(record.msg)
    values["event"] = str(text).partition("\n")[0][:LONGEST]
    return values


def _take_over(handler: logging.Handler, level: str | int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
