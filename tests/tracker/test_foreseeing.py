"""What raising a gap would do is foreseen by the functions that do it, the template's rule on recipients included."""

from __future__ import annotations

import pytest

from schemas.gaps import Addressee
from schemas.queries import RecipientRule
from services.tracker.foreseeing import foresee
from services.tracker.model import Author
from tests.tracker.conftest import Floor, encounter, event, rise
from tests.tracker.support import at

pytestmark = [pytest.mark.database, pytest.mark.asyncio]

AUTHOR = Author(user_id="coder-ada", source="coding", person=True)
RULE = RecipientRule(roles=("author", "attending"), author_id="dr-lind")


async def test_whom_the_template_s_rule_finds_is_foreseen_and_asked_for_in_that_role(floor: Floor) -> None:
    await floor.take(event(encounter(attending_id="dr-okafor"), "adt"))
    gap = rise(addressee=Addressee())
    plain, ruled = [await foresee(floor.office, gap, AUTHOR, rule) for rule in (None, RULE)]
    assert plain.recipient is not None and plain.recipient.provider_id == "dr-okafor"
    assert plain.request is not None and plain.request.recipient_role == "attending"
    assert ruled.recipient is not None and ruled.recipient.provider_id == "dr-lind"
    assert ruled.request is not None and ruled.request.recipient_role == "resident"
    assert await floor.rows("SELECT 1 FROM gaps") == []


async def test_whom_the_gap_names_is_foreseen_whatever_the_rule_says(floor: Floor) -> None:
    found = await foresee(floor.office, rise(), AUTHOR, RULE)
    assert found.recipient is not None and found.recipient.provider_id == "dr-ferro"


async def test_a_gap_that_names_nobody_comes_to_the_author_of_the_note_through_the_whole_path(floor: Floor) -> None:
    report = {"source": "Operative note", "author_role": "resident"}
    noted = {**report, "term": "debridement of the heel", "author_id": "dr-lind", "recorded_at": at(30)}
    shown = {**report, "name": "Operative note", "kind": "note", "observed_at": at(30)}
    words = "excisional debridement of the heel with scalpel, down to fascia"
    gap = rise(
        raised_by="c-17",
        category="procedure",
        addressee=Addressee(),
        concepts=({"term": "debridement depth"},),
        documented=(noted,),
        indicators=({**shown, "value": words, "quoted": True},),
    )
    await floor.take(event(encounter(attending_id="dr-okafor"), "adt"), event(gap))
    await floor.build()
    assert [one.recipient_role for one in await floor.requests()] == ["attending", "resident"]
    await floor.build()
    (row,) = await floor.rows("SELECT state, recipient_id, recipient_role FROM queries")
    assert (row["recipient_id"], row["recipient_role"]) == ("dr-lind", "resident")
    assert row["state"] in ("issued", "held")
