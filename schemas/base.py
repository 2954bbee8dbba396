"""What every contract shares: frozen models, times that carry a zone, and the canonical digest."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1800, 2999
"""De-identified records are shifted far ahead; beyond these years a time is a mistake, and arithmetic overflows."""


def _is_possible(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("time_out_of_range", "a time lies between the years 1800 and 2999")
    return moment


Instant = Annotated[AwareDatetime, AfterValidator(_is_possible)]
"""A moment with its zone; a time without one, or in an impossible year, is refused."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class Contract(BaseModel):
    """Base of all contracts: frozen, and tolerant of fields that a later version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def canonical_json(value: Any) -> bytes:
    """Return `value` (plain JSON data) as bytes that are equal whenever the data is equal."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of plain data, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def content_digest(model: BaseModel, *, without: frozenset[str] = frozenset()) -> str:
    """Return the digest of the fields that the sender set; `without` names top-level fields to leave out.

    Sameness of two events is decided by it: defaults that a newer version of the contract adds do not change it.
    """
    return digest(model.model_dump(mode="json", exclude_unset=True, exclude=set(without)))
