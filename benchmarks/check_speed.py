"""How fast the compliance check is, beside the validation of the same document (the baseline of each run).

`pytest benchmarks/check_speed.py` prints medians; `--benchmark-group-by=group` sets each beside its baseline.
`python -m benchmarks.check_speed` prints the time to load all knowledge and the memory that it takes.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest

from benchmarks.templates_speed import LIBRARY, WIRE
from compliance import check, shipped_knowledge
from schemas.check import CheckDocument
from schemas.requests import QueryRequested
from services.query_builder.composer import Draft, compose
from tests.compliance.labelled import Case, own_cases
from tests.compliance.samples import HOSTILE, OPEN

KNOWLEDGE = shipped_knowledge()
OF_LIBRARY = LIBRARY.knowledge(KNOWLEDGE)
QUERIES = [case for case in own_cases() if case.document.query is not None]
MESSAGES = [case for case in own_cases() if case.document.message is not None]
_DIGITS = re.compile(r"\d")


def _renumbered(value: Any, turn: int) -> Any:
    """Return a JSON value whose texts carry other numbers and one word more: a text that was never seen before."""
    if isinstance(value, dict):
        return {key: _kept(key, item, turn) for key, item in value.items()}
    return [_renumbered(item, turn) for item in value] if isinstance(value, list) else value


def _kept(key: str, item: Any, turn: int) -> Any:
    if key in ("value", "context", "footer", "body") and isinstance(item, str):
        return f"{item} ({turn})"
    if key in ("question", "title") and isinstance(item, str):
        return _DIGITS.sub(lambda digit: str((int(digit.group()) + turn) % 10), item) + " " * (turn % 7)
    return _renumbered(item, turn)


def unseen(cases: list[Case]) -> Iterator[dict[str, Any]]:
    """Yield documents without end; no text of a value, context or footer comes twice."""
    plain = [case.document.model_dump(mode="json", exclude_none=True) for case in cases]
    for turn, document in enumerate(itertools.cycle(plain), 1000):
        yield _renumbered(document, turn)


def _fresh(cases: list[Case]) -> Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]:
    documents = unseen(cases)
    return lambda: ((CheckDocument.model_validate(next(documents)), KNOWLEDGE), {})


def _repeated(cases: list[Case]) -> Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]:
    documents = itertools.cycle([case.document.model_dump(mode="json") for case in cases[:50]])
    return lambda: ((CheckDocument.model_validate(next(documents)), KNOWLEDGE), {})


def _known(cases: list[Case]) -> Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]:
    """Documents that were judged before at another time: each comes again with another time of the order."""
    documents = itertools.cycle([case.document.model_dump(mode="json") for case in cases[:50]])
    minutes = itertools.count()

    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        document, minute = next(documents), next(minutes)
        ordered = {**document["query"], "admission_order_at": f"2026-01-01T{minute // 60 % 24:02}:{minute % 60:02}:00"}
        return (CheckDocument.model_validate({**document, "query": ordered}), KNOWLEDGE), {}

    return setup


def _rearranged(cases: list[Case]) -> Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]:
    """Documents of which every text was seen before, in another order: their findings are turned round and round."""
    documents = [case.document.model_dump(mode="json") for case in cases if _several_shown(case)][:50]
    turns = itertools.cycle((turn, document) for turn in range(1, 1000) for document in documents)
    return lambda: ((CheckDocument.model_validate(_turned(*next(turns))), KNOWLEDGE), {})


def _several_shown(case: Case) -> bool:
    return case.document.query is not None and len(case.document.query.indicators) > 1


def _turned(turn: int, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose findings begin `turn` places later, with its answers' evidence; the title tells turns."""
    query = document["query"]
    count = len(query["indicators"])
    shown = [query["indicators"][(place + turn) % count] for place in range(count)]
    options = [
        {**option, "evidence": [(place - turn) % count for place in option["evidence"]]} for option in query["options"]
    ]
    title = query["title"].strip() + " " * (turn % 97)
    return {**document, "query": {**query, "title": title, "indicators": shown, "options": options}}


@pytest.mark.benchmark(group="a labelled query, once")
def test_a_labelled_query_once(benchmark: Any) -> None:
    """What a new gap looks like: names, units and answers are common, values and most sentences are new. Runs first."""
    documents = iter([case.document.model_dump(mode="json") for case in QUERIES])

    def once() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (CheckDocument.model_validate(next(documents)), KNOWLEDGE), {}

    benchmark.pedantic(check, setup=once, rounds=len(QUERIES))


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
_MEASURED = re.compile(r"(?<![\w/:.-])(?:\d+\.\d+|\d{2,})(?![\w/:.-])")


def _moved(value: Any, turn: int) -> Any:
    """Return a request `turn` days later, with other numbers in the values of its indicators."""
    if isinstance(value, dict):
        return {key: _measured(item, turn) if key == "value" else _moved(item, turn) for key, item in value.items()}
    if isinstance(value, str) and _INSTANT.match(value):
        return (datetime.fromisoformat(value) + timedelta(days=turn)).isoformat()
    return [_moved(item, turn) for item in value] if isinstance(value, list) else value


def _measured(value: str, turn: int) -> str:
    """Return a value whose numbers are up to four percent higher, with as many places as before."""

    def higher(found: re.Match[str]) -> str:
        return f"{float(found.group()) * (1 + turn % 40 / 1000):.{len(found.group().partition('.')[2])}f}"

    return _MEASURED.sub(higher, value)


def of_templates() -> Iterator[CheckDocument]:
    """Yield queries that shipped templates compose of gaps like their examples, each with a value never seen."""
    seen: set[tuple[str, str]] = set()
    for turn in itertools.count():
        for written in WIRE:
            draft = compose(QueryRequested.model_validate(_moved(json.loads(written), turn)), LIBRARY)
            if isinstance(draft, Draft):
                shown = {(one.name, one.value) for one in draft.document.indicators}
                if turn and not shown <= seen:
                    yield CheckDocument(id="template", query=draft.document)
                elif not turn:  # the examples themselves, which the service judges when it loads its templates
                    check(CheckDocument(id="template", query=draft.document), OF_LIBRARY)
                seen |= shown


@pytest.mark.benchmark(group="query never seen")
def test_a_query_of_a_template_with_new_values(benchmark: Any) -> None:
    """What a service sees most: the template was seen, the question has another date, and the findings other values."""
    documents = of_templates()
    benchmark.pedantic(check, setup=lambda: ((next(documents), OF_LIBRARY), {}), rounds=2000, warmup_rounds=200)


@pytest.mark.benchmark(group="query never seen")
def test_a_query_never_seen(benchmark: Any) -> None:
    benchmark.pedantic(check, setup=_fresh(QUERIES), rounds=2000, warmup_rounds=200)


@pytest.mark.benchmark(group="query never seen")
def test_baseline_of_a_query_never_seen_is_its_validation(benchmark: Any) -> None:
    documents = unseen(QUERIES)
    benchmark.pedantic(CheckDocument.model_validate, setup=lambda: ((next(documents),), {}), rounds=2000)


@pytest.mark.benchmark(group="query of known sentences")
def test_a_known_query_at_another_time(benchmark: Any) -> None:
    benchmark.pedantic(check, setup=_known(QUERIES), rounds=1000, warmup_rounds=200)


@pytest.mark.benchmark(group="query of known sentences")
def test_a_query_of_known_sentences_in_another_order(benchmark: Any) -> None:
    benchmark.pedantic(check, setup=_rearranged(QUERIES), rounds=1000, warmup_rounds=200)


@pytest.mark.benchmark(group="the same query again")
def test_the_same_query_again(benchmark: Any) -> None:
    benchmark.pedantic(check, setup=_repeated(QUERIES), rounds=2000, warmup_rounds=200)


@pytest.mark.benchmark(group="the same query again")
def test_baseline_of_the_same_query_again_is_its_validation(benchmark: Any) -> None:
    documents = itertools.cycle([case.document.model_dump(mode="json") for case in QUERIES[:50]])
    benchmark.pedantic(CheckDocument.model_validate, setup=lambda: ((next(documents),), {}), rounds=2000)


@pytest.mark.benchmark(group="message never seen")
def test_a_message_never_seen(benchmark: Any) -> None:
    benchmark.pedantic(check, setup=_fresh(MESSAGES), rounds=2000, warmup_rounds=200)


@pytest.mark.parametrize("signs", [1_300, 2_600])  # four texts of 2,600 signs are about as long as a query may be
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text(benchmark: Any, piece: str, signs: int) -> None:
    """Twice the text takes about twice as long; grouped by `param:piece`, both stand side by side."""
    turns = itertools.count()

    def unlike_before() -> tuple[tuple[Any, ...], dict[str, Any]]:
        text = f"{next(turns)} " + piece * (signs // len(piece))
        query = {**OPEN, "title": text, "context": text, "question": text, "footer": text}
        return (CheckDocument.model_validate({"id": "hostile", "query": query}), KNOWLEDGE), {}

    benchmark.pedantic(check, setup=unlike_before, rounds=20, warmup_rounds=2)


# Run by a fresh interpreter, which tells its seconds and its peak in MB. What `getrusage` tells holds the memory of the
# process that began it, too.
_TOLD = """
import re, time
from pathlib import Path
start = time.perf_counter()
{program}
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
print(time.perf_counter() - start, peak)
"""
_FIRST_VERDICT = """
from compliance import check, shipped_knowledge
from schemas.check import CheckDocument
message = {"kind": "reminder", "channel": "email", "body": "Hello."}
check(CheckDocument.model_validate({"id": "m", "message": message}), shipped_knowledge())
"""


def _fresh_process(program: str) -> tuple[float, float]:
    """Return the seconds that a program takes in a fresh interpreter, and its peak in MB: medians of five runs."""
    command = [sys.executable, "-c", _TOLD.replace("{program}", program)]
    told = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(5)]
    seconds, peak = (median(float(one[place]) for one in told) for place in (0, 1))
    return seconds, peak


def main() -> None:
    """Print how long a fresh process needs until its first verdict, and its memory, beside a bare interpreter's."""
    for name, program in (("first verdict", _FIRST_VERDICT), ("baseline, nothing", "pass")):
        seconds, peak = _fresh_process(program)
        print(f"{name}: {seconds:.2f} s, {peak:.0f} MB")


if __name__ == "__main__":
    main()
