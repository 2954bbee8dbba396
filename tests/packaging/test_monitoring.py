"""Alarms and dashboard ask for figures that are told, by labels that they have, and each figure is explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from prometheus_client import Counter, Histogram

from services.foundation.metrics import REGISTRY
from services.notifier import figures as of_notifier
from services.query_builder import figures as of_builder
from services.tracker import figures as of_tracker
from tests.packaging.test_repository import project_root

_NAME = re.compile(r"\b(cdi_query_\w+)(?:\{([^}]*)\})?")
FIGURES = (of_tracker, of_builder, of_notifier)


def told() -> dict[str, set[str]]:
    """The names of all samples that a service may tell, with their labels."""
    samples: dict[str, set[str]] = {}
    for metric in {one for one in REGISTRY._collector_to_names if hasattr(one, "_labelnames")}:
        labels: set[str] = set(metric._labelnames)
        endings = {Counter: ("_total",), Histogram: ("_bucket", "_count", "_sum")}.get(type(metric), ("",))
        samples |= {
            f"{metric._name}{ending}": labels | ({"le"} if ending == "_bucket" else set()) for ending in endings
        }
    return samples


def alarms() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((project_root() / "deploy/metrics/alerts.yml").read_text())
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    dashboard = json.loads((project_root() / "deploy/metrics/grafana/cdi-query.json").read_text())
    found: list[dict[str, Any]] = dashboard["panels"]
    return found


def questions() -> Iterator[str]:
    yield from (rule["expr"] for rule in alarms())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def test_every_alarm_and_panel_asks_for_a_figure_that_is_told() -> None:
    known = told()
    asked = [found for question in questions() for found in _NAME.findall(question)]
    assert len(asked) > 25
    for name, labels in asked:
        assert name in known, name
        used = set(re.findall(r"(\w+)\s*(?:=~|!=|=)", labels))
        assert used <= known[name], (name, used)


def test_every_figure_is_explained_and_every_alarm_has_its_remedy() -> None:
    page = (project_root() / "docs/operations.md").read_text()
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in told()}
    page_names = set(re.findall(r"cdi_query_\w+", page)) | {"cdi_query_outbox_oldest_seconds"}
    assert bare == page_names
    assert not [rule["alert"] for rule in alarms() if f"`{rule['alert']}`" not in page]


def test_labels_name_parts_of_the_system_alone() -> None:
    parts = {"service", "consumer", "topic", "type", "outcome", "reason", "state", "status", "kind", "what", "le"}
    assert set().union(*told().values()) <= parts | {"method", "route"}


def test_prometheus_reads_each_service_with_the_token_and_no_figures_port_is_published() -> None:
    compose = yaml.safe_load((project_root() / "docker-compose.yml").read_text())
    config = yaml.safe_load((project_root() / "deploy/metrics/prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    targets = {one for part in job["static_configs"] for one in part["targets"]}
    assert targets == {f"{name}:9464" for name in ("tracker", "query-builder", "notifier")}
    assert job["authorization"] == {"credentials_file": "/run/secrets/metrics_token"}
    for name in ("tracker", "query-builder", "notifier"):
        service = compose["services"][name]
        assert service["environment"]["CDI_QUERY_METRICS_PORT"] == 9464
        assert not [port for port in service.get("ports", []) if "9464" in port]
    assert {name for name, one in compose["services"].items() if "metrics" in one.get("profiles", [])} == {
        "prometheus",
        "grafana",
    }
