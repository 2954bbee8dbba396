"""Settings come from the environment, and unsafe ones are refused at the start."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.foundation.settings import DatabaseSettings, KafkaSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDI_QUERY_KAFKA_BOOTSTRAP_SERVERS", "one:9092, two:9092,")
    monkeypatch.setenv("CDI_QUERY_DATABASE_URL", "postgresql://cdi_tracker:secret@db/cdi_query")
    assert KafkaSettings().servers == ["one:9092", "two:9092"]
    assert KafkaSettings().durable is True
    database = DatabaseSettings()
    assert "secret" not in repr(database)
    assert database.url.get_secret_value().startswith("postgresql://cdi_tracker")


@pytest.mark.parametrize(
    "unsafe",
    [
        {"security_protocol": "SASL_PLAINTEXT", "sasl_username": "u", "sasl_password": "p"},
        {"security_protocol": "SASL_SSL"},
        {"security_protocol": "SASL_SSL", "sasl_username": "u"},
        {"bootstrap_servers": " , "},
    ],
)
def test_unsafe_or_incomplete_settings_are_refused(unsafe: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KafkaSettings(**{"bootstrap_servers": "kafka.example:9092", **unsafe})


def test_a_password_in_clear_text_stays_on_this_machine() -> None:
    local = KafkaSettings(
        bootstrap_servers="127.0.0.1:9092", security_protocol="SASL_PLAINTEXT", sasl_username="u", sasl_password="p"
    )
    assert local.sasl_password is not None
