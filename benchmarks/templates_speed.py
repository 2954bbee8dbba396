"""How fast a gap finds its template and becomes a text, beside the validation of the same request (the baseline).

`pytest benchmarks/templates_speed.py` prints medians over the golden examples of the whole library.
`python -m benchmarks.templates_speed` prints the time to load the library in a fresh process, and the ratio.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from schemas.requests import QueryRequested
from services.query_builder.composer import compose
from services.query_builder.examples import examples_of, request_of
from services.query_builder.library import Library, shipped_folder

TODAY = date(2026, 11, 22)
LIBRARY = Library.load(shipped_folder(), today=TODAY)
REQUESTS = [request_of(one, template.id) for template in LIBRARY.templates.values() for one in examples_of(template)]
WIRE = [request.model_dump_json() for request in REQUESTS]


def _requests() -> Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]:
    """Requests as they come from the wire: nothing of them was looked at before."""
    texts = itertools.cycle(WIRE)
    return lambda: ((QueryRequested.model_validate_json(next(texts)), LIBRARY), {})


@pytest.mark.benchmark(group="one gap")
def test_matching_and_composing(benchmark: Any) -> None:
    benchmark.pedantic(compose, setup=_requests(), rounds=3000, warmup_rounds=300)


@pytest.mark.benchmark(group="one gap")
def test_baseline_is_the_validation_of_the_request(benchmark: Any) -> None:
    texts = itertools.cycle(WIRE)
    benchmark.pedantic(
        QueryRequested.model_validate_json, setup=lambda: ((next(texts),), {}), rounds=3000, warmup_rounds=300
    )


@pytest.mark.benchmark(group="the whole library")
def test_loading_again(benchmark: Any) -> None:
    benchmark.pedantic(Library.load, args=(shipped_folder(),), kwargs={"today": TODAY}, rounds=3)


_LOADING = """
import time
from datetime import date
start = time.perf_counter()
from services.query_builder.library import Library, shipped_folder
imported = time.perf_counter()
Library.load(shipped_folder(), today=date(2026, 11, 22))
print(imported - start, time.perf_counter() - imported)
"""


def _timed(call: Callable[[str], object]) -> Iterator[float]:
    for text in WIRE:
        start = time.perf_counter()
        call(text)
        yield time.perf_counter() - start


def main() -> None:
    """Print what loading costs in a fresh process, and what composing costs beside validating."""
    answers = [
        subprocess.run([sys.executable, "-c", _LOADING], check=True, capture_output=True, text=True).stdout.split()
        for _ in range(3)
    ]
    imports, load = (statistics.median(float(answer[part]) for answer in answers) for part in (0, 1))
    print(f"{len(LIBRARY.templates)} templates loaded in {load:.2f} s (imports before that: {imports:.2f} s)")
    list(_timed(lambda text: compose(QueryRequested.model_validate_json(text), LIBRARY)))
    validating = statistics.median(_timed(QueryRequested.model_validate_json))
    both = statistics.median(_timed(lambda text: compose(QueryRequested.model_validate_json(text), LIBRARY)))
    composing = both - validating
    print(f"one gap: {composing * 1000:.3f} ms at the median, {composing / validating:.0f} times its validation")


if __name__ == "__main__":
    main()
