"""Reading the policy file: ladders, working time of the facilities, retries and words. Data, never code."""

from __future__ import annotations

from datetime import date, time
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Self
from zoneinfo import ZoneInfo

import holidays
import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.vocabulary import MessageKind, Phase
from services.foundation.backoff import delay
from services.notifier.calendar import BusinessCalendar, Offset
from services.notifier.ladder import Ladder, Rung
from services.notifier.messages import COUNT, Text, Texts

DEFAULT = "default"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OffsetData(_Data):
    """`after` of a rung; see `calendar.Offset`."""

    business_days: int = Field(default=0, ge=0, le=366)
    working_hours: float = Field(default=0, ge=0, le=2000)
    days: int = Field(default=0, ge=0, le=366)
    hours: float = Field(default=0, ge=0, le=8784)


class RungData(_Data):
    """One rung as the file writes it."""

    step: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    kind: MessageKind
    level: int = Field(ge=0, le=9)
    after: OffsetData
    quiet: bool = True
    final: bool = False

    def rung(self) -> Rung:
        """Return the rung for the pure core."""
        offset = Offset(**self.after.model_dump())
        return Rung(self.step, self.kind, self.level, offset, self.quiet, self.final)


class FacilityData(_Data):
    """The working time of a facility. `zone` is an IANA name; without one the setting `zone` counts."""

    zone: str | None = None
    country: str | None = None
    subdivision: str | None = None
    closed: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    opens: time = time(8)
    closes: time = time(17)
    quiet_from: time = time(0)
    quiet_until: time = time(0)

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None:
            ZoneInfo(value)
        return value

    def calendar(self, default_zone: ZoneInfo) -> BusinessCalendar:
        """Return the calendar for the pure core; public holidays come from the `holidays` library."""
        return BusinessCalendar(
            zone=ZoneInfo(self.zone) if self.zone else default_zone,
            holidays=_Holidays(self.country, self.subdivision, self.closed),
            weekend=self.weekend,
            opens=self.opens,
            closes=self.closes,
            quiet_from=self.quiet_from,
            quiet_until=self.quiet_until,
        )


class _Holidays:
    """Public holidays and the dates that a facility adds; the library computes a year when it is first asked for."""

    def __init__(self, country: str | None, subdivision: str | None, closed: frozenset[date]) -> None:
        self._public = holidays.country_holidays(country, subdiv=subdivision) if country else {}
        self._closed = closed

    def __contains__(self, day: object) -> bool:
        return day in self._closed or day in self._public


class RetryData(_Data):
    """Waiting before the next try, in seconds: doubling with jitter up to a ceiling, given up after `limit` tries."""

    base_seconds: float = Field(default=5, gt=0)
    ceiling_seconds: float = Field(default=900, gt=0)
    limit: int = Field(default=150, ge=1)

    def exhausted(self, tries: int) -> bool:
        """Tell whether there were as many tries as allowed."""
        return tries >= self.limit

    def wait(self, tries: int) -> float:
        """Return the seconds to wait after so many tries."""
        return delay(tries, base=self.base_seconds, most=self.ceiling_seconds)


class TextData(_Data):
    """The words of one kind of message. Only `several` may hold a placeholder, and only `{count}`."""

    subject: str = Field(min_length=1, max_length=200)
    one: str = Field(min_length=1, max_length=2000)
    several: str = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _holds_only_the_count(self) -> Self:
        if any(sign in self.subject + self.one + self.several.replace(COUNT, "") for sign in "{}"):
            raise ValueError("only {count} may be filled in, and only in `several`")
        return self


class PolicyFile(_Data):
    """The whole file."""

    policy: str = Field(min_length=1, max_length=100)
    ladders: dict[Phase, tuple[RungData, ...]]
    facilities: dict[str, FacilityData] = Field(default_factory=dict)
    retries: RetryData = RetryData()
    texts: dict[MessageKind, TextData]

    @field_validator("ladders")
    @classmethod
    def _climb(cls, value: dict[Phase, tuple[RungData, ...]]) -> dict[Phase, tuple[RungData, ...]]:
        for phase, rungs in value.items():
            levels = [rung.level for rung in rungs]
            if levels != sorted(levels) or len({rung.step for rung in rungs}) != len(rungs):
                raise ValueError(f"the rungs of {phase} must climb, each with a name of its own")
        return value


class Policy:
    """A policy ready for use: the ladder, the calendar of each facility, the retries and the words."""

    def __init__(self, data: PolicyFile, default_zone: ZoneInfo) -> None:
        self._data = data
        self._zone = default_zone
        self._calendars: dict[str, BusinessCalendar] = {}
        self.retries = data.retries

    @classmethod
    def load(cls, path: Path | None, default_zone: ZoneInfo) -> Self:
        """Read `path`, or the policy that is shipped. Raises `OSError` or pydantic's `ValidationError`."""
        shipped = files("services.notifier").joinpath("policy.yaml")
        text = path.read_text("utf-8") if path else shipped.read_text("utf-8")
        return cls(PolicyFile.model_validate(yaml.safe_load(text)), default_zone)

    @cached_property
    def ladder(self) -> Ladder:
        """The rungs by phase."""
        rungs = {phase: tuple(item.rung() for item in items) for phase, items in self._data.ladders.items()}
        return Ladder(self._data.policy, MappingProxyType(rungs))

    @cached_property
    def texts(self) -> Texts:
        """The words by kind of message."""
        words = {kind: Text(**data.model_dump()) for kind, data in self._data.texts.items()}
        return MappingProxyType(words)

    def calendar(self, facility: str) -> BusinessCalendar:
        """Return the calendar of `facility`, or the default one."""
        key = facility if facility in self._data.facilities else DEFAULT
        if key not in self._calendars:
            self._calendars[key] = self._data.facilities.get(key, FacilityData()).calendar(self._zone)
        return self._calendars[key]
