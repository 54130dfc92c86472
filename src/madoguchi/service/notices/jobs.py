"""Reactions to events, and the postman."""

import asyncio
import logging

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.events import CaseClosed
from madoguchi.core.ledger.advances.events import AdvanceCharged, AdvanceDue
from madoguchi.core.ledger.events import RefundFailed, RefundNeedsAccount, RefundSucceeded
from madoguchi.core.people.events import CodeRequested
from madoguchi.core.requests.events import ApprovalAsked, RequestSettled
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.events import Happened
from madoguchi.service.notices import occasions, verbs
from madoguchi.service.notices.port import Mailer, Undelivered
from madoguchi.service.notices.rules import ATTEMPTS, Refusal
from madoguchi.service.notices.verbs import Letterhead, Outgoing

SENDERS = 4  # at once; a mail server that hangs holds up no other job
log = logging.getLogger(__name__)


async def on_code_requested(database: Database, head: Letterhead, happened: Happened) -> None:
    """Mail the code."""

    async def work(tx: Tx) -> None:
        notice = await occasions.code_requested(tx, happened.as_(CodeRequested), happened.at)
        await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_request_settled(database: Database, head: Letterhead, happened: Happened) -> None:
    """Tell the customer what became of the wish."""

    async def work(tx: Tx) -> None:
        if notice := await occasions.request_settled(tx, happened.as_(RequestSettled), head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_approval_asked(database: Database, head: Letterhead, happened: Happened) -> None:
    """Tell the customer that somebody looks at the wish."""

    async def work(tx: Tx) -> None:
        if notice := await occasions.approval_asked(tx, happened.as_(ApprovalAsked), head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_refund_paid(database: Database, head: Letterhead, happened: Happened) -> None:
    """Tell that money went."""

    async def work(tx: Tx) -> None:
        if notice := await occasions.refund_paid(tx, happened.as_(RefundSucceeded), head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_refund_failed(database: Database, head: Letterhead, happened: Happened) -> None:
    """Tell that money waits for another way."""

    async def work(tx: Tx) -> None:
        if notice := await occasions.refund_failed(tx, happened.as_(RefundFailed), head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_refund_needs_account(database: Database, head: Letterhead, happened: Happened) -> None:
    """Ask for a bank account."""

    async def work(tx: Tx) -> None:
        notice = await occasions.refund_needs_account(tx, happened.as_(RefundNeedsAccount), head.links)
        await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_advance_due(database: Database, head: Letterhead, happened: Happened) -> None:
    """Ask for what was paid back too early."""

    async def work(tx: Tx) -> None:
        if notice := await occasions.advance_due(tx, happened.as_(AdvanceDue), head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def on_advance_charged(database: Database, head: Letterhead, happened: Happened) -> None:
    """Tell that it was taken."""

    async def work(tx: Tx) -> None:
        await verbs.tell(
            tx, head, happened.id, await occasions.advance_charged(tx, happened.as_(AdvanceCharged), head.links)
        )

    await database.run(SYSTEM, work)


async def on_case_closed(database: Database, head: Letterhead, happened: Happened) -> None:
    """Send the transcript."""

    async def work(tx: Tx) -> None:
        if notice := await occasions.case_closed(tx, happened.as_(CaseClosed), happened.at, head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def post(database: Database, mailer: Mailer, _: jobs.Nothing) -> None:
    """Send every mail that is due; run for each new mail, and every half minute for what is to be tried again."""
    async with asyncio.TaskGroup() as senders:
        for _sender in range(SENDERS):
            senders.create_task(_send_due(database, mailer))


async def _send_due(database: Database, mailer: Mailer) -> None:
    while outgoing := await database.run(SYSTEM, verbs.claim_delivery):
        await _deliver(database, mailer, outgoing)


async def _deliver(database: Database, mailer: Mailer, outgoing: Outgoing) -> None:
    refusal, reason = await _send(mailer, outgoing)
    await database.run(SYSTEM, lambda tx: verbs.settle_delivery(tx, outgoing, refusal, reason))


async def _send(mailer: Mailer, outgoing: Outgoing) -> tuple[Refusal | None, str]:
    if outgoing.expires_at and clock.now() >= outgoing.expires_at:
        return Refusal.MAIL, "expired"
    if outgoing.attempts > ATTEMPTS:
        return Refusal.MAIL, "every attempt broke off"
    assert_outside()
    try:
        await mailer.send(outgoing.mail, outgoing.address)
    except Undelivered as error:
        log.warning("delivery %s, attempt %s: %s", outgoing.id, outgoing.attempts, error)
        return error.refusal, str(error)
    return None, ""
