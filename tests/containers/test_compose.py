"""`docker compose up --wait` starts a whole installation, and a gap goes through it until the chart is ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.containers.installation import Installation, said, wait_for

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

FACILITY, ENCOUNTER = "harbor-example", "INVENTED-7001"
PROVIDER = {
    "id": "dr-ferro", "name": "Dr. Invented Ferro", "role": "attending", "service": "Medicine",
    "email": "dr-ferro@example.org", "default_for_service": True,
}  # fmt: skip
PEOPLE = [
    {"id": "coder", "name": "Invented Coder", "roles": ["coder"]},
    {"id": "dr-ferro", "name": "Dr. Invented Ferro", "roles": ["provider"], "provider_id": "dr-ferro"},
]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


def at(hours: float) -> str:
    """Return the moment so many hours after the patient came."""
    return (START + timedelta(hours=hours)).isoformat()


def visit(hours: float, **changes: Any) -> dict[str, Any]:
    return {"occurred_at": at(hours), "facility": FACILITY, "encounter_number": ENCOUNTER, **changes}


def gap() -> dict[str, Any]:
    laboratory = {"unit": "mg/dL", "kind": "laboratory", "source": "Laboratory"}
    creatinine = {**laboratory, "name": "Creatinine", "loinc": "2160-0"}
    urea = {**laboratory, "name": "Urea nitrogen", "loinc": "3094-0"}
    values = [(creatinine, 1, 0.9), (creatinine, 20, 1.3), (creatinine, 44, 1.9), (urea, 44, 52)]
    return {
        "gap_id": "invented-gap-1",
        "occurred_at": at(50),
        "facility": FACILITY,
        "encounter": {"number": ENCOUNTER},
        "setting": "inpatient",
        "category": "missing_diagnosis",
        "concepts": [{"term": "Creatinine"}],
        "indicators": [{**what, "value": value, "observed_at": at(hour)} for what, hour, value in values],
        "addressee": {"role": "attending", "service": "Medicine"},
        "reason_code": "creatinine_rise",
        "raised_by": "coder",
    }


@pytest.fixture(scope="module")
def people(installation: Installation) -> Iterator[dict[str, httpx.Client]]:
    """Clients of the API by user, made the way an administrator makes them after the first sign-in."""
    with installation.first_admin() as admin:
        said(admin.post("/api/v1/providers", json=[PROVIDER]))
        said(admin.post("/api/v1/users", json=PEOPLE))
        clients = {"adt": installation.api(installation.env["CDI_QUERY_TRACKER_SERVICE_TOKEN"])}
        for user in PEOPLE:
            wanted = {"user_id": user["id"], "role": user["roles"][0]}
            clients[str(user["id"])] = installation.api(said(admin.post("/api/v1/tokens", json=wanted))["token"])
        yield clients
    for client in clients.values():
        client.close()


def test_a_gap_becomes_a_question_a_mail_an_answer_an_outcome_and_a_chart_that_may_be_finalized(
    installation: Installation, people: dict[str, httpx.Client]
) -> None:
    adt, coder, provider = people["adt"], people["coder"], people["dr-ferro"]
    admission = {"started_at": at(0), "admission_order_at": at(4), "attending_id": "dr-ferro", "service": "Medicine"}
    said(adt.post("/api/v1/encounters", json=visit(4, encounter_class="inpatient", **admission)))
    taken = said(coder.post("/api/v1/gaps", json=gap()))["results"][0]
    assert taken["status"] == "accepted"
    query = _issued(coder, taken["gap_uid"])
    shown = said(provider.get(f"/api/v1/queries/{query['query_id']}"))
    assert "0.9" in json.dumps(shown["document"])
    assert "1.9" in json.dumps(shown["document"])

    mail = wait_for("the mail", lambda: next((one for one in installation.mails() if _is_to_provider(one)), None))
    text = installation.mail(mail["ID"])["Text"]
    assert installation.env["CDI_QUERY_PUBLIC_URL"] in text
    assert "creatinine" not in text.casefold()

    option = next(one for one in shown["document"]["options"] if one["kind"] == "clinical")
    answer = {"code": "OPTION_SELECTED", "option_id": option["id"], "text": "Volume depletion (invented)"}
    answered = said(provider.post(f"/api/v1/queries/{query['query_id']}/response", json={"answer": answer}))
    assert answered["status"] == "accepted"
    said(adt.post("/api/v1/encounters", json=visit(60, ended_at=at(60))))
    assert _chart(coder, taken["chart_id"])["status"] == "holding"
    outcome = said(coder.post(f"/api/v1/queries/{query['query_id']}/outcome", json={"outcome": "AGREED_DOCUMENTED"}))
    assert outcome["state"] == "closed"
    assert _chart(coder, taken["chart_id"])["status"] == "ready"

    types = wait_for("cdi.chart.ready.v1", lambda: _ready(_chart_events(installation, taken["chart_id"])))
    assert types.index("cdi.chart.hold_placed.v1") < types.index("cdi.chart.ready.v1")
    finalized = said(coder.post(f"/api/v1/charts/{taken['chart_id']}/finalize", json={}))
    assert finalized["status"] == "finalized"
    status = wait_for("quiet", lambda: _quiet(said(coder.get("/api/v1/status"))))
    assert status["dead_letters"] == 0


def _issued(coder: httpx.Client, gap_uid: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = said(coder.get(f"/api/v1/gaps/{gap_uid}"))
        assert found["state"] != "held", said(coder.get(f"/api/v1/queries/{found['query_id']}"))
        return found if found["state"] == "queried" else None

    found = wait_for("the query", look)
    query: dict[str, Any] = said(coder.get(f"/api/v1/queries/{found['query_id']}"))
    assert query["recipient_id"] == "dr-ferro"
    return query


def _is_to_provider(mail: dict[str, Any]) -> bool:
    return any(to["Address"] == PROVIDER["email"] for to in mail["To"])


def _chart(coder: httpx.Client, chart_id: str) -> dict[str, Any]:
    return dict(said(coder.get(f"/api/v1/charts/{chart_id}")))


def _quiet(status: dict[str, Any]) -> dict[str, Any] | None:
    return status if status["unaccounted"] == 0 and status["outbox"]["waiting"] == 0 else None


def _ready(types: list[str]) -> list[str] | None:
    return types if "cdi.chart.ready.v1" in types else None


def _chart_events(installation: Installation, chart_id: str) -> list[str]:
    """Read the whole topic, as a billing system on this machine would; return the types of one chart's events."""
    consumer = Consumer({"bootstrap.servers": installation.kafka, "group.id": "billing", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics("cdi.charts.v1", timeout=10).topics["cdi.charts.v1"].partitions
        assert len(partitions) == 6, "the topic was created explicitly"
        consumer.assign([TopicPartition("cdi.charts.v1", number, 0) for number in partitions])
        records = consumer.consume(100, timeout=3)
    finally:
        consumer.close()
    events = [json.loads(record.value() or b"{}") for record in records if not record.error()]
    return [event["type"] for event in events if event["data"]["chart_id"] == chart_id]


@pytest.fixture(scope="module")
def admin_token(installation: Installation) -> str:
    """The first administrator's token, made as deploy/README.md says."""
    script = installation.root / "deploy/first-token.sh"
    made = subprocess.run(
        ["sh", str(script)], cwd=installation.env_file.parent, capture_output=True, text=True, timeout=60, check=True
    )
    return made.stdout.strip()


def test_the_documented_way_to_the_first_token_works(installation: Installation, admin_token: str) -> None:
    with installation.api(admin_token) as admin:
        assert said(admin.get("/api/v1/status"))["unaccounted"] == 0


@pytest.mark.timeout(900)
def test_the_end_to_end_suite_passes_in_containers(installation: Installation, admin_token: str) -> None:
    """The same suite that runs on the embedded shape and on a local Kafka, as a process of its own."""
    there = {
        "CDI_QUERY_E2E_URL": installation.url,
        "CDI_QUERY_E2E_KAFKA": installation.kafka,
        "CDI_QUERY_E2E_ADMIN_TOKEN": admin_token,
        "CDI_QUERY_E2E_MAILS": f"http://127.0.0.1:{installation.env['CDI_QUERY_MAIL_PORT']}",
    }
    command = [sys.executable, "-m", "pytest", "tests/e2e", "-q", "-m", "containers", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=installation.root, env=os.environ | there, capture_output=True, text=True, timeout=880, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout


def test_topics_are_not_created_by_whoever_comes_first(installation: Installation) -> None:
    consumer = Consumer(
        {"bootstrap.servers": installation.kafka, "group.id": "stranger", "allow.auto.create.topics": True}
    )
    try:
        assert consumer.list_topics("invented-topic", timeout=10).topics["invented-topic"].error is not None
        assert "invented-topic" not in consumer.list_topics(timeout=10).topics
    finally:
        consumer.close()


def test_the_services_reach_the_database_as_roles_without_privileges(installation: Installation) -> None:
    statement = (
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'cdi_%' AND (rolsuper OR rolbypassrls OR rolreplication)"
        " UNION ALL SELECT usename FROM pg_stat_activity WHERE datname = 'cdi_query'"
        " AND usename NOT IN ('cdi_tracker', 'cdi_notifier', 'postgres')"
    )
    answer = installation.compose(
        *("exec", "-T", "postgres", "psql", "-h", "/var/run/postgresql"),
        *("-U", "postgres", "-d", "cdi_query", "-Atc", statement),
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == ""


def test_no_service_runs_as_root_or_writes_into_its_image(installation: Installation) -> None:
    for service in ("tracker", "notifier", "query-builder"):
        number = installation.compose("ps", "-q", service).stdout.strip()
        form = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.State.Health.Status}}"
        command = ["docker", "inspect", "--format", form, number]
        said_of_it = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert said_of_it == ["10001", "true", "healthy"], service


def test_stopping_is_clean_and_a_second_start_finds_the_data(
    installation: Installation, people: dict[str, httpx.Client]
) -> None:
    """A restart in the order in which people do it: services down, all up again."""
    before = said(people["coder"].get("/api/v1/status"))
    stopped = installation.compose("stop", "tracker", "notifier", "query-builder")
    assert stopped.returncode == 0, stopped.stderr
    states = installation.compose("ps", "-a", "--format", "json", "tracker", "notifier", "query-builder").stdout
    assert [json.loads(line)["ExitCode"] for line in states.splitlines()] == [0, 0, 0]
    installation.up()
    after = said(people["coder"].get("/api/v1/status"))
    assert after["gaps_accepted"] == before["gaps_accepted"]
    assert after["unaccounted"] == 0
