"""Mail goes out once the tracker says so, comes again when it must, and every attempt stays visible."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from schemas.internal import DeliveryRecipient
from services.notifier.deliveries import claim
from tests.notifier.conftest import Bench, quick_policy
from tests.notifier.support import FERRO, OKAFOR, QUERY, answers, changed, drops, stalls

pytestmark = [pytest.mark.asyncio, pytest.mark.database]

NOTIFICATION = "SELECT state, attempts, error FROM notifications ORDER BY created_at"
ATTEMPTS = "SELECT n, outcome, code FROM attempts ORDER BY started_at, n"


async def test_an_issued_query_becomes_one_mail_without_a_word_of_the_chart(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.send(times=3)
    [mail] = bench.mails.mails
    assert mail["To"] == FERRO.address
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Documentation clarification"
    assert "https://cdi.example.org/inbox" in mail.get_content()
    assert str(QUERY) not in mail.as_string()
    assert [name for name, _ in await bench.announced()] == ["planned", "sent"]


async def test_the_tracker_is_asked_before_the_mail(bench: Bench) -> None:
    bench.tracker.due = False
    await bench.hear(changed())
    await bench.send()
    assert bench.tracker.asked == [(str(QUERY), "T0", "0")]
    assert not bench.mails.connections
    bench.tracker.due = True
    await bench.send()
    assert len(bench.mails.mails) == 1


async def test_a_reminder_that_a_person_asks_for_goes_out_once_beside_the_ladder(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.send()
    asked = changed(5, "reminded", state="delivered")
    await bench.hear(asked)
    await bench.hear(asked)
    await bench.send(times=3)
    assert bench.tracker.asked == [(str(QUERY), "T0", "0"), (str(QUERY), "asked-5", "0")]
    assert len(bench.mails.mails) == 2
    [timeline] = await bench.run("SELECT steps FROM timelines")
    assert "planned" in {step["state"] for step in timeline["steps"]}


async def test_a_reply_to_the_provider_s_question_is_told_once_and_in_words_that_name_nothing(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.send()
    replied = changed(5, "replied", state="opened")
    await bench.hear(replied)
    await bench.hear(replied)
    await bench.send(times=3)
    assert bench.tracker.asked[1:] == [(str(QUERY), "reply-5", "0")]
    assert "The author has replied to your question." in bench.mails.mails[-1].get_content()
    assert len(bench.mails.mails) == 2


async def test_nobody_is_reminded_of_a_query_that_ended_meanwhile(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.send()
    await bench.hear(changed(5, "reminded", state="delivered"), changed(6, "answered", state="answered"))
    await bench.send(times=3)
    assert len(bench.mails.mails) == 1


@pytest.mark.parametrize("broken", [401, 500, 503])
async def test_while_the_tracker_is_down_nothing_is_sent_and_no_attempt_is_used_up(bench: Bench, broken: int) -> None:
    bench.tracker.broken = broken
    await bench.hear(changed())
    await bench.send(times=10)
    assert await bench.run(NOTIFICATION) == []
    bench.tracker.broken = 0
    await bench.send()
    assert await bench.run(NOTIFICATION) == [{"state": "sent", "attempts": 1, "error": None}]


async def test_a_query_that_the_tracker_does_not_know_is_not_written_about(bench: Bench) -> None:
    bench.tracker.known = False
    await bench.hear(changed())
    await bench.send(times=3)
    assert not bench.mails.connections


async def test_an_answer_before_the_mail_cancels_it(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.fire()
    await bench.hear(changed(2, "answered", state="answered"))
    await bench.send(times=2)
    assert not bench.mails.connections
    assert [row["state"] for row in await bench.run("SELECT state FROM deliveries")] == ["cancelled"]
    assert (await bench.announced())[-1][1]["steps"] == []


@pytest.mark.parametrize("line", ["421 closing", "450 mailbox busy", "451 try later"])
async def test_a_transient_refusal_is_tried_again_with_the_same_message_id(bench: Bench, line: str) -> None:
    bench.mails.moods = [answers(line), answers(line)]
    await bench.hear(changed())
    await bench.send(times=4)
    code = f"smtp_{line[:3]}"
    assert await bench.run(ATTEMPTS) == [
        {"n": 1, "outcome": "transient", "code": code},
        {"n": 2, "outcome": "transient", "code": code},
        {"n": 3, "outcome": "accepted", "code": ""},
    ]
    assert len(bench.mails.mails) == 1
    assert (await bench.announced())[-1][1]["attempts"] == 3


async def test_a_permanent_refusal_is_not_tried_again_and_is_announced_by_its_code(bench: Bench) -> None:
    bench.mails.moods = [answers("550 no such user")]
    await bench.hear(changed())
    await bench.send(times=3)
    assert await bench.run(NOTIFICATION) == [{"state": "failed", "attempts": 1, "error": "smtp_550"}]
    name, data = (await bench.announced())[-1]
    assert (name, data["error"], data["attempts"]) == ("failed", "smtp_550", 1)


async def test_after_the_last_try_a_transient_refusal_is_given_up(bench: Bench) -> None:
    bench.mails.moods = [answers("450 busy")] * 9
    await bench.hear(changed())
    await bench.send(times=9)
    assert await bench.run(NOTIFICATION) == [{"state": "failed", "attempts": 4, "error": "smtp_450"}]
    assert [name for name, _ in await bench.announced()] == ["planned", "failed"]


async def test_a_server_that_stalls_costs_its_limit_and_is_tried_again(bench: Bench) -> None:
    bench.mails.moods = [stalls(30)]
    await bench.hear(changed())
    started = asyncio.get_running_loop().time()
    await bench.send(times=2)
    assert asyncio.get_running_loop().time() - started < 5
    assert [row["code"] for row in await bench.run(ATTEMPTS)] == ["timeout", ""]


async def test_a_connection_lost_after_the_data_is_sent_again_under_the_same_message_id(bench: Bench) -> None:
    bench.mails.moods = [drops(bench.mails)]
    await bench.hear(changed())
    await bench.send(times=2)
    first, second = bench.mails.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    assert [row["outcome"] for row in await bench.run(ATTEMPTS)] == ["transient", "accepted"]


async def test_without_a_mail_server_the_mail_waits(bench: Bench) -> None:
    away = bench.smtp.model_copy(update={"port": 1})
    bench.smtp, there = away, bench.smtp
    await bench.hear(changed())
    await bench.send(times=2)
    assert [row["code"] for row in await bench.run(ATTEMPTS)] == ["connection", "connection"]
    bench.smtp = there
    await bench.send()
    assert len(bench.mails.mails) == 1


async def test_a_crash_between_acceptance_and_mark_sends_again_and_shows_both_attempts(bench: Bench) -> None:
    accepted = asyncio.Event()

    async def mood(server: object) -> str:
        bench.mails.mails.append(bench.mails.seen[-1])
        accepted.set()
        await asyncio.sleep(5)
        return "250 taken"

    bench.mails.moods = [mood]
    bench.lease = 0.4
    await bench.hear(changed())
    await bench.fire()
    work = asyncio.create_task(bench.sender().run_one())
    await accepted.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await asyncio.sleep(0.5)
    bench.lease = 60
    await bench.send()
    assert [mail["Message-ID"] for mail in bench.mails.mails] == [bench.mails.mails[0]["Message-ID"]] * 2
    assert await bench.run(ATTEMPTS) == [
        {"n": 1, "outcome": None, "code": None},
        {"n": 2, "outcome": "accepted", "code": ""},
    ]
    assert (await bench.announced())[-1][1]["attempts"] == 2


async def test_two_senders_never_take_the_same_delivery(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.fire()
    await asyncio.gather(*(bench.sender().run_one() for _ in range(6)))
    assert len(bench.mails.mails) == 1


async def test_a_claim_that_ran_out_is_free_again(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.fire()
    async with bench.database.transaction() as conn:
        first = await claim(conn, 0.1)
        assert first is not None
        assert await claim(conn, 0.1) is None
    await asyncio.sleep(0.15)
    async with bench.database.transaction() as conn:
        second = await claim(conn, 60)
    assert second is not None
    assert second.lease_token != first.lease_token


async def test_reminders_refer_to_the_notification_before_them(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.send()
    await bench.hear(changed(2, "phase_changed", phase="retrospective", at=datetime.now(UTC) - timedelta(hours=40)))
    await bench.send()
    first, second = bench.mails.mails
    assert second["References"] == first["Message-ID"]
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["Subject"].startswith("Reminder")


async def test_a_reminder_takes_the_place_of_a_notification_that_could_not_go_out(bench: Bench) -> None:
    bench.tracker.broken = 503
    await bench.hear(changed())
    await bench.send()
    at = datetime.now(UTC) - timedelta(hours=40)
    await bench.hear(changed(2, "phase_changed", phase="retrospective", at=at))
    await bench.fire()
    bench.tracker.broken = 0
    await bench.send(times=3)
    assert [mail["Subject"] for mail in bench.mails.mails] == ["Reminder: documentation clarification"]


async def test_an_escalation_goes_to_whom_the_tracker_names_and_is_raised_once(bench: Bench) -> None:
    bench.tracker.recipients = {2: (FERRO, OKAFOR)}
    bench.mails.moods = [answers("450 busy")]
    await bench.hear(changed(issued_at=datetime.now(UTC) - timedelta(hours=95), recipient_id="dr-ferro"))
    await bench.send(times=3)
    assert bench.tracker.asked[0][1:] == ("L2", "2")
    assert bench.mails.addresses() == {FERRO.address: 1, OKAFOR.address: 1}
    raised = [data for name, data in await bench.announced() if name == "escalation_raised"]
    assert [(data["step"], data["level"]) for data in raised] == [("L2", 2)]


async def test_whom_the_tracker_adds_when_it_hears_of_the_escalation_is_written_to_as_well(bench: Bench) -> None:
    await bench.hear(changed(issued_at=datetime.now(UTC) - timedelta(hours=70)))
    await bench.send()
    assert [name for name, _ in await bench.announced()] == ["planned", "escalation_raised"]
    assert not bench.mails.connections
    bench.tracker.recipients = {1: (FERRO, OKAFOR)}
    await bench.send(times=2)
    assert bench.mails.addresses() == {FERRO.address: 1, OKAFOR.address: 1}


async def test_an_answered_query_is_not_escalated_even_if_its_event_is_late(bench: Bench) -> None:
    bench.tracker.due = False
    await bench.hear(changed(issued_at=datetime.now(UTC) - timedelta(hours=70)))
    await bench.send(times=3)
    assert [name for name, _ in await bench.announced()] == ["planned"]


async def test_one_refused_recipient_does_not_keep_the_others_waiting(bench: Bench) -> None:
    bench.tracker.recipients = {0: (FERRO, OKAFOR)}
    bench.mails.refused = {FERRO.address: "550 unknown"}
    await bench.hear(changed())
    await bench.send(times=2)
    assert bench.mails.addresses() == {OKAFOR.address: 1}
    assert [name for name, _ in await bench.announced()].count("failed") == 1


async def test_the_end_of_the_ladder_is_announced_and_mailed_to_nobody(bench: Bench) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=60)
    await bench.hear(changed(phase="retrospective", issued_at=long_ago))
    await bench.send(times=2)
    assert not bench.mails.connections
    assert [name for name, _ in await bench.announced()] == ["planned", "step_due"]


async def test_a_new_recipient_is_notified_and_the_old_one_is_left_alone(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.fire()
    bench.tracker.recipients = {0: (OKAFOR,)}
    await bench.hear(changed(2, "redirected", recipient_id="dr-okafor"))
    await bench.send(times=3)
    assert bench.mails.addresses() == {OKAFOR.address: 1}


async def test_nobody_is_notified_twice_when_the_redirect_is_known_to_the_tracker_first(bench: Bench) -> None:
    redirected = datetime.now(UTC)
    bench.tracker.recipients = {0: (OKAFOR,)}
    await bench.hear(changed())
    await bench.send()
    await bench.hear(changed(2, "redirected", recipient_id="dr-okafor", at=redirected))
    await bench.send(times=2)
    assert bench.mails.addresses() == {OKAFOR.address: 1}


async def test_a_deferral_holds_back_what_had_already_fallen_due(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.fire()
    until = datetime.now(UTC) + timedelta(hours=2)
    await bench.hear(changed(2, "deferred", deferred_until=until))
    await bench.sender().run_one()
    assert not bench.mails.connections
    await bench.hear(changed(3, "resumed"))
    await bench.sender().run_one()
    assert len(bench.mails.mails) == 1


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        (DeliveryRecipient(recipient_id="dr-x", channel="sms", address="+1 555 0100"), "no_such_channel"),
        (DeliveryRecipient(recipient_id="dr-x", channel="email", address="not an address"), "bad_address"),
        (
            DeliveryRecipient(recipient_id="dr-x", channel="email", address="a@b.example\r\nBcc: c@d.example"),
            "bad_address",
        ),
    ],
)
async def test_what_cannot_be_delivered_fails_with_its_reason(
    bench: Bench, recipient: DeliveryRecipient, code: str
) -> None:
    bench.tracker.recipients = {0: (recipient,)}
    await bench.hear(changed())
    await bench.send(times=2)
    assert [(name, data.get("error")) for name, data in await bench.announced()][-1] == ("failed", code)
    assert not bench.mails.mails


async def test_a_query_with_nobody_to_write_to_fails_visibly(bench: Bench) -> None:
    bench.tracker.recipients = {0: ()}
    await bench.hear(changed())
    await bench.send(times=2)
    assert (await bench.announced())[-1][1]["error"] == "no_recipient"


async def test_the_inbox_needs_no_mail(bench: Bench) -> None:
    bench.tracker.recipients = {0: (DeliveryRecipient(recipient_id="dr-ferro", channel="inbox", address=""),)}
    await bench.hear(changed())
    await bench.send()
    assert (await bench.announced())[-1][1]["channel"] == "inbox"
    assert not bench.mails.connections


async def test_several_open_queries_are_told_as_a_count(bench: Bench) -> None:
    bench.tracker.open_count = 3
    await bench.hear(changed())
    await bench.send()
    assert "You have 3 documentation clarifications" in bench.mails.mails[0].get_content()


async def test_words_that_do_not_pass_are_replaced_and_kept_as_an_alarm(bench: Bench) -> None:
    words = {"subject": "Sepsis?", "one": "Just pick sepsis so we can close this.", "several": "Pick {count}."}
    bench.policy = quick_policy(texts={"notification": words})
    await bench.hear(changed())
    await bench.send()
    [mail] = bench.mails.mails
    assert "sepsis" not in mail.as_string().lower()
    [row] = await bench.run("SELECT refused FROM notifications")
    assert row["refused"]
