"""What happens by itself between customers and sellers: reminders, the end of a deadline, the end of a thread."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people.queries import stores
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.threads import queries, verbs
from madoguchi.core.threads.rules import Question
from madoguchi.kit import jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.jobs import Nothing


async def sweep(database: Database, _: Nothing) -> None:
    """Every minute: remind sellers, and tell of those who did not answer in time."""

    async def remind(question: Question) -> None:
        await database.run(SYSTEM, partial(verbs.remind, question_id=question.id))

    async def fall_silent(question: Question) -> None:
        await database.run(SYSTEM, partial(verbs.fall_silent, question_id=question.id))

    await jobs.each(await database.run(SYSTEM, queries.to_remind), remind)
    await jobs.each(await database.run(SYSTEM, queries.due), fall_silent)


async def close(database: Database, _: Nothing) -> None:
    """Every hour: end threads in which nothing was said after an answer for as long as the shop's rules wait."""

    async def quiet(tx: Tx) -> list[UUID]:
        found: list[UUID] = []
        for store in await stores(tx):
            days = (await rules_of(tx, store.id)).sellers.close_days
            found += await queries.quiet_since(tx, store.id, tx.now - timedelta(days=days))
        return found

    async def end(case_id: UUID) -> None:
        await database.run(SYSTEM, partial(verbs.close, case_id=case_id))

    await jobs.each(await database.run(SYSTEM, quiet), end)
