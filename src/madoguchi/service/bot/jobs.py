"""When the bot speaks: right after a customer's message in the web process, and in a sweep for what was missed."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import PoolTimeout

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.queries import Case
from madoguchi.core.cases.rules import State
from madoguchi.core.cases.verbs import keep_dialogue
from madoguchi.core.people import queries as people
from madoguchi.core.requests.queries import find_quote
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.events import Happened
from madoguchi.kit.jobs import Nothing
from madoguchi.service.bot.talk import Talk
from madoguchi.service.bot.turn import Turn, Wits, memory_of

OVERDUE = timedelta(seconds=2)
log = logging.getLogger(__name__)


class Bot:
    """Takes turns in cases. Two processes never speak in one case at once: the case's row is locked, or skipped."""

    def __init__(self, database: Database, wits: Wits) -> None:
        self._db = database
        self._wits = wits
        self._turns: set[asyncio.Task[None]] = set()

    def due(self, case_id: UUID) -> asyncio.Task[None]:
        """Answer soon, without making the caller wait who does not like to; should it fail, the sweep comes by."""
        task = asyncio.create_task(self._try(case_id))
        self._turns.add(task)
        task.add_done_callback(self._turns.discard)
        return task

    async def turn(self, case_id: UUID, *, wait: bool = False) -> bool:
        """Answer now, or after a `wait` for whoever is at the case; False when there was nothing to answer."""
        case = await self._db.run(SYSTEM, lambda tx: cases.access_case(tx, SYSTEM, case_id))
        actor = _for_customer_of(case)
        return await self._db.run(actor, lambda tx: self._take(tx, actor, case, wait=wait))

    async def after(self, happened: Happened) -> None:
        """Something that a case waited for has happened: speak there, if the bot has it.

        The customer reads it at this very moment, which holds the case for an instant: that is waited for.
        """
        case_id = happened.fact.get("case_id")
        if case_id:
            await self.turn(UUID(str(case_id)), wait=True)

    async def sweep(self, _: Nothing) -> None:
        """Answer what has waited for longer than OVERDUE."""
        overdue = await self._db.run(SYSTEM, lambda tx: cases.bot_overdue(tx, clock.now() - OVERDUE))
        for case_id in overdue:
            await self._try(case_id)

    async def rest(self) -> None:
        """Wait for the turns under way."""
        if self._turns:
            await asyncio.wait(self._turns, timeout=3)

    async def _try(self, case_id: UUID) -> None:
        try:
            await self.turn(case_id)
        except (psycopg.OperationalError, PoolTimeout):
            log.warning("the bot waits for the database")
        except Exception:
            log.exception("the bot failed in case %s", case_id)

    async def _take(self, tx: Tx, actor: Actor, seen: Case, *, wait: bool) -> bool:
        quote_id = memory_of(seen).quote_id
        if quote_id:
            await _lock_order(tx, actor, quote_id)
        case = await cases.bots_case(tx, seen.id, wait=wait)
        if case is None or memory_of(case).quote_id != quote_id:  # another turn came between; the sweep comes by
            return False
        customer = await people.access_customer(tx, actor, case.customer_id)
        store = await people.store(tx, case.store_id)
        turn = Turn(tx, self._wits, actor, case, customer, store.time_zone)
        talk = Talk(turn)
        heard = max(turn.memory.heard, await cases.back_with_bot(tx, case.id))
        entries = await cases.entries(tx, case.id, actor.audience, after=heard)
        await (talk.hear(entries) if case.state is State.BOT else talk.serve(entries))
        memory = msgspec.structs.replace(turn.memory, heard=case.last_seq)
        await keep_dialogue(tx, case.id, msgspec.to_builtins(memory), case.last_seq)
        return True


async def _lock_order(tx: Tx, actor: Actor, quote_id: UUID) -> None:
    """Lock the order of a quote that this turn may confirm: orders come before cases."""
    quote = await find_quote(tx, actor, quote_id)
    if quote and quote.works_on:
        async with tx.acting(SYSTEM):  # it may be a present's, of which the customer sees no order
            await access_order(tx, SYSTEM, quote.works_on, lock=True)


def _for_customer_of(case: Case) -> Actor:
    """The bot acts for the customer, in the session that spoke last and at its identity level."""
    return Actor(
        role=Role.BOT,
        id=case.customer_id,
        level=Level(case.customer_level),
        locale=case.locale,
        store_id=case.store_id,
        session=case.customer_session,
    )
