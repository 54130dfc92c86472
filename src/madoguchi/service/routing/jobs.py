"""What routing does by itself: offers run out, people lapse, silent conversations park and end."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.events import CaseClosed, CaseResumed
from madoguchi.core.cases.queries import silent_since
from madoguchi.core.cases.rules import State
from madoguchi.kit.db import Database
from madoguchi.kit.events import Happened
from madoguchi.kit.jobs import Nothing
from madoguchi.service.routing import verbs
from madoguchi.service.routing.presence.queries import gone
from madoguchi.service.routing.rules import LIMITS

AT_ONCE = 1_000  # conversations of one sweep: more than fall silent in half a minute of the busiest hour


async def sweep_offers(db: Database, args: Nothing) -> None:
    """Every few seconds: those who do not answer are passed over, those who are gone let go of what they had."""
    await db.run(SYSTEM, verbs.pass_over)
    for staff in await db.run(SYSTEM, gone):
        await db.run(SYSTEM, partial(verbs.release, staff=staff))


async def sweep_silence(db: Database, args: Nothing) -> None:
    """Every half minute or so: end those who were parked for long, park those who are silent."""
    for case_id in await _silent(db, LIMITS.end_after, State.PARKED):
        await db.run(SYSTEM, partial(verbs.end, case_id=case_id))
    for case_id in await _silent(db, LIMITS.park_after, State.BOT, State.ACTIVE):
        await db.run(SYSTEM, partial(verbs.park, case_id=case_id))


async def resume(db: Database, happened: Happened) -> None:
    """The customer came back to a parked case (reaction to cases.resumed)."""
    fact = happened.as_(CaseResumed)
    await db.run(SYSTEM, lambda tx: verbs.resume(tx, fact.case_id))


async def let_go(db: Database, happened: Happened) -> None:
    """A conversation ended (reaction to cases.closed)."""
    fact = happened.as_(CaseClosed)
    await db.run(SYSTEM, lambda tx: verbs.let_go(tx, fact.case_id, fact.contact_id))


async def _silent(db: Database, after: timedelta, *states: State) -> Sequence[UUID]:
    return await db.run(SYSTEM, lambda tx: silent_since(tx, states, tx.now - after, limit=AT_ONCE))
