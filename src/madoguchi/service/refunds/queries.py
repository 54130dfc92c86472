"""Reading accounts, payouts and tasks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.ledger.intents.queries import access_intent
from madoguchi.core.ledger.intents.rules import Intent, Rail
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.refunds.rules import TaskKind


class Task(msgspec.Struct, frozen=True):
    """What a person has to find out."""

    id: UUID
    store_id: str
    kind: TaskKind
    intent_id: UUID | None
    outside_ref: str | None
    opened_at: datetime
    done_by: UUID | None
    done_at: datetime | None
    note: str | None


class Payout(msgspec.Struct, frozen=True):
    """What is paid out by bank together."""

    id: UUID
    number: str
    store_id: str
    made_at: datetime
    paid_at: datetime | None


class Unsent(msgspec.Struct, frozen=True):
    """A refund that is owed since a moment and did not go; `country` is where the consumer lives."""

    number: str
    store_id: str
    country: str
    owed_at: datetime


_TASK = "select id, store_id, kind, intent_id, outside_ref, opened_at, done_by, done_at, note from refund_tasks"
_PAYOUT = "select id, number, store_id, made_at, paid_at from payouts"


async def unsent(tx: Tx) -> Sequence[Unsent]:
    """Refunds that could go, or whose fate nobody knows, by when they were owed at first."""
    return await tx.all(
        Unsent,
        """select i.number, i.store_id, o.document -> 'address' ->> 'country' as country, first.made_at as owed_at
           from refund_intents i
           join refund_intents first on first.id = i.root
           join orders o on o.id = i.order_id
           where i.state in ('reserved', 'unknown', 'failed')
           order by first.made_at, i.id limit 1000""",
    )


async def account_shown(tx: Tx, intent_id: UUID) -> str | None:
    """The masked account of an intent that the actor was found to see."""
    found = await tx.value("select shown from bank_accounts where intent_id = %s", [intent_id])
    return str(found) if found else None


async def account_sealed(tx: Tx, intent_id: UUID) -> str | None:
    """The sealed account; None when it was wiped or never given."""
    found = await tx.value("select sealed from bank_accounts where intent_id = %s", [intent_id])
    return str(found) if found else None


async def access_task(tx: Tx, actor: Actor, task_id: UUID, *, lock: bool = False) -> Task:
    """The task, for staff; else invisible."""
    if lock:
        task = await tx.maybe(Task, f"{_TASK} where id = %s for update", [task_id])
    else:
        task = await tx.maybe(Task, f"{_TASK} where id = %s", [task_id])
    if task is None or not actor.is_staff:
        raise invisible()
    return task


async def open_tasks(tx: Tx, limit: int = 50) -> Sequence[Task]:
    """What people have to find out, the oldest first."""
    return await tx.all(Task, f"{_TASK} where done_at is null order by opened_at limit %s", [limit])


async def access_payout(tx: Tx, actor: Actor, payout_id: UUID, *, lock: bool = False) -> Payout:
    """The batch, for staff; else invisible."""
    if lock:
        payout = await tx.maybe(Payout, f"{_PAYOUT} where id = %s for update", [payout_id])
    else:
        payout = await tx.maybe(Payout, f"{_PAYOUT} where id = %s", [payout_id])
    if payout is None or not actor.is_staff:
        raise invisible()
    return payout


async def open_payouts(tx: Tx, limit: int = 50) -> Sequence[Payout]:
    """Batches that were not reported as paid."""
    return await tx.all(Payout, f"{_PAYOUT} where paid_at is null order by made_at limit %s", [limit])


async def lines_of(tx: Tx, payout_id: UUID) -> Sequence[Intent]:
    """The refunds of a batch."""
    ids = await tx.values("select intent_id from payout_lines where payout_id = %s order by intent_id", [payout_id])
    return [await access_intent(tx, SYSTEM, one) for one in ids]


async def taken_refs(tx: Tx, payment_ref: str) -> frozenset[str]:
    """The provider's refunds of a payment that belong to an intent already."""
    refs = await tx.values(
        """select i.outside_ref from refund_intents i join orders o on o.id = i.order_id
           where i.store_id || '/' || o.store_ref || '/' || i.tender_ref = %s and i.outside_ref is not null""",
        [payment_ref],
    )
    return frozenset(refs)


async def comparable(tx: Tx, store_id: str, since: datetime, named: Sequence[str]) -> Sequence[Intent]:
    """Intents first asked of a provider since a moment, and those that its keys and names are of, however old."""
    keys = [key for key in map(_parsed, named) if key]
    ids = await tx.values(
        """select id from refund_intents where store_id = %(store)s and rail = %(rail)s and sent_at >= %(since)s
           union select id from refund_intents where store_id = %(store)s and rail = %(rail)s and id = any(%(keys)s)
           union select id from refund_intents
                 where store_id = %(store)s and rail = %(rail)s and outside_ref = any(%(named)s)
           order by id""",
        {"store": store_id, "rail": Rail.PROVIDER, "since": since, "keys": keys, "named": list(named)},
    )
    return [await access_intent(tx, SYSTEM, one) for one in ids]


async def known(tx: Tx, key: str) -> bool:
    """Whether a provider's key is an intent of ours."""
    intent_id = _parsed(key)
    return bool(await tx.value("select exists (select 1 from refund_intents where id = %s)", [intent_id]))


def _parsed(key: str) -> UUID | None:
    """A provider's key as our own id; None for what is none."""
    try:
        return UUID(key)
    except ValueError:
        return None


async def unexplained(tx: Tx) -> Sequence[str]:
    """Differences from the provider's and the store's books that a person has not explained."""
    return await tx.values(
        """select kind || ' ' || coalesce(intent_id::text, outside_ref) from refund_tasks
           where done_at is null and kind in ('stray', 'missing', 'amount', 'store_refused') limit 20""",
    )
