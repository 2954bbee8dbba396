"""Sending what fell due: take it up, ask the tracker, write the attempt down, send, write down what became of it.

No transaction is open while anybody is waited for. A crash between the server's word and our mark sends the message
again, with the same Message-ID, and both attempts stay visible. A tracker that is down is waited for: nothing is sent
on old knowledge, and waiting costs no attempt.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from schemas.internal import DeliveryAnswer, DeliveryRecipient
from schemas.vocabulary import Channel as ChannelName
from services.foundation import outbox
from services.foundation.backoff import delay
from services.foundation.database import Database
from services.notifier import announcements, deliveries
from services.notifier.channels.base import Channel, Message, Result
from services.notifier.deliveries import Delivery, LeaseLost, Notification
from services.notifier.messages import Checker, Composed, NothingPasses, compose
from services.notifier.policy import Policy
from services.notifier.tracker_client import TrackerClient, TrackerUnavailable

log = logging.getLogger(__name__)

LONGEST_WAIT_FOR_TRACKER = 30.0
LONGEST_WAIT_FOR_YES = 300.0
SECONDS_TO_COPY = 2.0
"""How long the tracker gets to add co-recipients after it was told of an escalation, before it is asked again."""

# What a crash of the database may undo without harm is not waited for: a claim is made again, a delivery whose
# notifications are all marked is closed again.
UNHURRIED = {"synchronous_commit": "off"}
NOBODY = DeliveryRecipient(recipient_id="nobody", channel="inbox", address="")


@dataclass(frozen=True, slots=True)
class Post:
    """What every message has in common: the link in it, the domain of its Message-ID, the lease that covers it."""

    link: str
    domain: str
    lease: float = 60.0
    poll: float = 0.25


class Sender:
    """Sends deliveries, one after the other; several senders share the work by leases."""

    def __init__(
        self,
        *,
        database: Database,
        tracker: TrackerClient,
        channels: Mapping[ChannelName, Channel],
        policy: Policy,
        check: Checker,
        post: Post,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._tracker = tracker
        self._channels = channels
        self._policy = policy
        self._check = check
        self._post = post
        self._now = now

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due until `stopping` is set; a message that is under way is finished first."""
        failures = 0
        while not stopping.is_set():
            try:
                pause = 0.0 if await self.run_one() else self._post.poll
                failures = 0
            except Exception as error:  # a sender must outlive every fault of the database
                failures += 1
                pause = delay(failures)
                log.warning("sending failed", extra={"error": type(error).__name__, "attempts": failures})
            await _rest(stopping, pause)

    async def run_one(self) -> bool:
        """Take up one delivery and bring it as far as it goes now. False when none was due."""
        async with self._database.transaction(UNHURRIED) as conn:
            delivery = await deliveries.claim(conn, self._post.lease)
        if delivery is None:
            return False
        try:
            await self._deliver(delivery)
        except LeaseLost:
            log.info("a delivery was cancelled or taken over", extra={"step": delivery.step})
        return True

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            answer = await self._tracker.delivery(delivery.query_id, delivery.step, delivery.level)
        except TrackerUnavailable as error:
            log.warning("the tracker does not answer", extra={"error": str(error), "attempts": delivery.waits})
            await self._wait(delivery, LONGEST_WAIT_FOR_TRACKER)
            return
        if answer is None or not answer.due:
            # Its event is on the way and will cancel or move this; should it be lost, we ask again.
            await self._wait(delivery, LONGEST_WAIT_FOR_YES)
            return
        if delivery.level > 0 and await self._raise(delivery):
            return
        await self._send_all(delivery, answer)

    async def _raise(self, delivery: Delivery) -> bool:
        """Announce a step above the first recipient, once, and give the delivery back for a moment.

        The tracker adds the attending or a cover when it hears of it; only its next answer names everybody.
        """
        async with self._database.transaction() as conn:
            if not await deliveries.first_raise(conn, delivery):
                return False
            await outbox.append(conn, [announcements.escalation(delivery, self._now())])
            await deliveries.postpone(conn, delivery, seconds=SECONDS_TO_COPY)
        return True

    async def _wait(self, delivery: Delivery, most: float) -> None:
        waits = delivery.waits + 1
        async with self._database.transaction(UNHURRIED) as conn:
            await deliveries.postpone(conn, delivery, seconds=delay(waits, base=1.0, most=most), waits=waits)

    async def _send_all(self, delivery: Delivery, answer: DeliveryAnswer) -> None:
        recipients = answer.recipients or (NOBODY,)
        async with self._database.transaction() as conn:
            notifications = await deliveries.address(conn, delivery, recipients, self._post.domain)
        addresses = {(item.recipient_id, item.channel): item.address for item in recipients}
        waits: list[float] = []
        for notification in notifications:
            address = addresses[notification.recipient_id, notification.channel]
            attempted, result = await self._attempt(delivery, notification, address, answer.open_count)
            if self._worth_another_try(attempted, result):
                waits.append(self._policy.retries.wait(attempted.attempts))
        async with self._database.transaction(UNHURRIED) as conn:
            if waits:
                await deliveries.postpone(conn, delivery, seconds=min(waits))
            else:
                await deliveries.finish(conn, delivery)

    async def _attempt(
        self, delivery: Delivery, notification: Notification, address: str, open_count: int
    ) -> tuple[Notification, Result]:
        async with self._database.transaction() as conn:
            n = await deliveries.begin_attempt(conn, delivery, notification, self._post.lease)
            references = await deliveries.thread(conn, notification)
        notification = replace(notification, attempts=n)
        result = await self._hand_over(notification, address, open_count, references)
        await self._mark(notification, result)
        return notification, result

    async def _hand_over(
        self, notification: Notification, address: str, open_count: int, references: tuple[str, ...]
    ) -> Result:
        if notification.recipient_id == NOBODY.recipient_id:
            return Result("permanent", "no_recipient")
        channel = self._channels.get(notification.channel)
        if channel is None:
            return Result("permanent", "no_such_channel")
        try:
            composed = await self._compose(notification, open_count)
        except NothingPasses:
            log.error("no text passes the check", extra={"step": notification.step})
            return Result("permanent", "no_text_passes")
        message = Message(
            notification_id=notification.id,
            message_id=notification.message_id,
            references=references,
            address=address,
            document=composed.document,
            written_at=notification.created_at,
        )
        return await self._send(channel, message)

    async def _compose(self, notification: Notification, open_count: int) -> Composed:
        """Word the message; if the policy's words did not pass, keep that as an alarm beside the notification."""
        composed = compose(
            self._policy.texts,
            notification.kind,
            notification.channel,
            count=open_count,
            link=self._post.link,
            check=self._check,
        )
        if composed.refused:
            log.error("the policy's words were replaced", extra={"rules": ",".join(composed.refused)})
            async with self._database.transaction() as conn:
                await deliveries.note_refused(conn, notification, composed.refused)
        return composed

    async def _send(self, channel: Channel, message: Message) -> Result:
        """Let the channel send; what it should not do (raise, hang) counts as a fault that may pass."""
        try:
            async with asyncio.timeout(self._post.lease * 0.9):
                return await channel.send(message)
        except TimeoutError:
            return Result("transient", "timeout")
        except Exception as error:  # a defect of one channel must not end the sender
            log.error("a channel failed", extra={"error": type(error).__name__})
            return Result("transient", "internal")

    def _worth_another_try(self, notification: Notification, result: Result) -> bool:
        return result.outcome == "transient" and not self._policy.retries.exhausted(notification.attempts)

    async def _mark(self, notification: Notification, result: Result) -> None:
        state = {"accepted": "sent", "permanent": "failed"}.get(result.outcome, "planned")
        if result.outcome == "transient" and not self._worth_another_try(notification, result):
            state = "failed"
        async with self._database.transaction() as conn:
            changed = await deliveries.end_attempt(
                conn, notification, state=state, outcome=result.outcome, code=result.code
            )
            if changed:
                await outbox.append(conn, self._news(notification, state, result))

    def _news(self, notification: Notification, state: str, result: Result) -> list[outbox.OutboxMessage]:
        if state == "sent":
            return [announcements.sent(notification, self._now())]
        if state == "failed":
            return [announcements.failed(notification, self._now(), result.code)]
        return []


async def _rest(stopping: asyncio.Event, seconds: float) -> None:
    """Wait for so many seconds, or until it is time to stop."""
    if not seconds:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
