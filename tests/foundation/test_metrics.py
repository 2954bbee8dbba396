"""Figures are told to whom they are meant for, name parts of the system alone, and are never old."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition
from fastapi import FastAPI, HTTPException
from prometheus_client import Gauge
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError

from services.foundation.kafka import Lag
from services.foundation.metrics import REGISTRY, MetricsApp, Source, TimedHttp, observe_backlog, watch_loop
from services.foundation.settings import MetricsSettings

TOKEN = "a token that is long enough for this test"


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def ask(app: Any, path: str = "/metrics", method: str = "GET", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://figures") as client:
        return await client.request(method, path, headers=headers)


def test_figures_are_told_nowhere_unless_a_port_is_set() -> None:
    assert MetricsSettings().port is None and MetricsSettings().host == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "tracker", "::"])
def test_figures_for_other_machines_need_a_token(host: str) -> None:
    with pytest.raises(ValidationError, match="token"):
        MetricsSettings(host=host, port=9464)
    assert MetricsSettings.model_validate({"host": host, "port": 9464, "token": TOKEN}).port == 9464
    assert MetricsSettings(host=host).port is None


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ValidationError):
        MetricsSettings.model_validate({"port": 9464, "token": "guess-me"})


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": ""}]
)
@pytest.mark.asyncio
async def test_without_the_token_nothing_is_told_not_even_what_there_is(headers: dict[str, str]) -> None:
    for path in ("/metrics", "/", "/metrics/"):
        answer = await ask(MetricsApp([], TOKEN), path, **headers)
        assert answer.status_code == 401 and "cdi_query" not in answer.text


@pytest.mark.asyncio
async def test_with_the_token_the_text_can_be_read_by_prometheus() -> None:
    answer = await ask(MetricsApp([], TOKEN), Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"cdi_query_events", "cdi_query_batch_seconds", "process_cpu_seconds"} <= names


@pytest.mark.asyncio
async def test_there_is_nothing_but_the_figures() -> None:
    app = MetricsApp([], None)
    assert (await ask(app, "/health/live")).status_code == 404
    assert (await ask(app, method="POST")).status_code == 405


@dataclass
class Base:
    """A database that may be away."""

    there: bool = True
    read: int = 0
    gauge: Gauge = field(default_factory=lambda: Gauge("invented", "Invented.", ("state",), registry=None))

    async def __call__(self) -> None:
        self.read += 1
        if not self.there:
            raise OSError("away")
        self.gauge.labels("open").set(7)
        observe_backlog("invented", (3, 1.5), 0, (2, 0.5))


@pytest.mark.asyncio
async def test_an_old_figure_never_stands_for_a_new_one() -> None:
    base = Base()
    app = MetricsApp([Source("invented", base, (base.gauge,))], None, seconds=0)
    assert (await ask(app)).status_code == 200
    assert value("cdi_query_outbox_waiting", service="invented") == 3
    assert value("cdi_query_figures_available", service="invented") == 1
    base.there = False
    assert (await ask(app)).status_code == 200
    assert value("cdi_query_figures_available", service="invented") == 0
    assert value("cdi_query_outbox_waiting", service="invented") is None
    assert not [sample for family in base.gauge.collect() for sample in family.samples]


@pytest.mark.asyncio
async def test_many_readers_cost_the_database_one_look() -> None:
    base = Base()
    app = MetricsApp([Source("invented", base)], None, seconds=3600)
    await asyncio.gather(*(ask(app) for _ in range(5)))
    assert base.read == 1


def web() -> FastAPI:
    app = FastAPI()

    @app.get("/charts/{chart_id}")
    async def chart(chart_id: str) -> str:
        if chart_id == "missing":
            raise HTTPException(404)
        return chart_id

    app.add_middleware(TimedHttp)
    return app


@pytest.mark.asyncio
async def test_a_request_is_counted_by_the_template_of_its_route_never_by_its_path() -> None:
    name, labels = "cdi_query_http_request_seconds_count", {"method": "GET", "route": "/charts/{chart_id}"}
    before = [value(name, **labels, status=status) or 0 for status in ("2xx", "4xx")]
    for path in ("/charts/SECRET-4711", "/charts/missing", "/SECRET-PATH/x"):
        await ask(web(), path)
    assert [value(name, **labels, status=status) for status in ("2xx", "4xx")] == [one + 1 for one in before]
    assert "SECRET" not in (await ask(MetricsApp([], None))).text


@pytest.mark.asyncio
async def test_a_method_that_nobody_knows_is_no_label_of_its_own() -> None:
    await ask(web(), method="SECRETMETHOD")
    assert "SECRETMETHOD" not in (await ask(MetricsApp([], None))).text


@dataclass
class Consumer:
    """What a Kafka consumer knows of its partitions."""

    newest: dict[TopicPartition, int | None]

    def assignment(self) -> set[TopicPartition]:
        return set(self.newest)

    def highwater(self, place: TopicPartition) -> int | None:
        return self.newest[place]


def test_the_lag_is_what_the_broker_holds_beyond_what_was_taken_on_all_partitions_of_ours() -> None:
    one, two = TopicPartition("invented.v1", 0), TopicPartition("invented.v1", 1)
    lag, name = Lag("invented-group"), "cdi_query_consumer_lag_records"
    labels = {"consumer": "invented-group", "topic": "invented.v1"}
    lag.note(Consumer({one: 10, two: 7}), {one: 4})
    assert value(name, **labels) == 6
    lag.note(Consumer({one: 10, two: 7}), {two: 5})
    assert value(name, **labels) == 8
    lag.note(Consumer({one: 12, two: None}), {one: 12, two: 7})
    assert value(name, **labels) == 0
    lag.note(Consumer({one: 20, two: 7}), {})
    assert value(name, **labels) == 8
    lag.note(Consumer({two: 7}), {})
    assert value(name, **labels) == 0


@pytest.mark.asyncio
async def test_a_busy_loop_shows() -> None:
    count = "cdi_query_event_loop_lag_seconds_count"
    before = value(count) or 0
    watching = asyncio.create_task(watch_loop(0.001))
    while (value(count) or 0) < before + 3:
        await asyncio.sleep(0.001)
    watching.cancel()
