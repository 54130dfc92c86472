"""The reaction to events that are told, and the postman."""

import asyncio
import logging

from madoguchi.core.access.rules import SYSTEM
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.events import Happened
from madoguchi.service.notices import verbs
from madoguchi.service.notices.occasions import ForSeveral, Occasion
from madoguchi.service.notices.port import Mailer, Undelivered
from madoguchi.service.notices.rules import ATTEMPTS, Refusal
from madoguchi.service.notices.verbs import Letterhead, Outgoing

SENDERS = 4  # at once; a mail server that hangs holds up no other job
log = logging.getLogger(__name__)


async def tell(database: Database, head: Letterhead, occasion: Occasion, happened: Happened) -> None:
    """Write what an event is the occasion of, once; nothing where there is nothing to tell."""

    async def work(tx: Tx) -> None:
        if notice := await occasion(tx, happened, head.links):
            await verbs.tell(tx, head, happened.id, notice)

    await database.run(SYSTEM, work)


async def tell_several(database: Database, head: Letterhead, occasion: ForSeveral, happened: Happened) -> None:
    """Write what an event is the occasion of to everybody whom it concerns, once to each."""

    async def work(tx: Tx) -> None:
        for notice in await occasion(tx, happened, head.links):
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
