"""Reading claims."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.pack import Problem, Remedy
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.money import Money
from madoguchi.service.claims.rules import ClaimState


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, and how far it is; amounts in minor units, `due_at` is when a waiting one is looked at again."""

    id: UUID
    customer_id: UUID
    order_id: UUID | None
    parcel_ref: str | None
    problem: Problem
    remedy: Remedy | None
    units: dict[str, int]
    checked: tuple[str, ...]
    refund_to: Destination | None
    amount: int
    currency: str
    state: ClaimState
    request_id: UUID
    made_at: datetime
    due_at: datetime | None
    granted_at: datetime | None


class _Id(msgspec.Struct, frozen=True):
    id: UUID


class _Said(msgspec.Struct, frozen=True):
    said: str


_CLAIM = """select id, customer_id, order_id, parcel_ref, problem, remedy, units, checked, refund_to, amount, currency,
  state, request_id, made_at, due_at, granted_at from claims"""
_ALIVE = "state in ('reported', 'waiting', 'needs_approval', 'granted', 'done')"


async def access_claim(tx: Tx, actor: Actor, claim_id: UUID, *, lock: bool = False) -> Claim:
    """The claim, for its customer, staff and the system; else invisible."""
    if lock:
        claim = await tx.maybe(Claim, f"{_CLAIM} where id = %s for update", [claim_id])
    else:
        claim = await tx.maybe(Claim, f"{_CLAIM} where id = %s", [claim_id])
    if claim is None or not (actor.is_staff or actor.role is Role.SYSTEM or actor.id == claim.customer_id):
        raise invisible()
    return claim


async def claim_of_request(tx: Tx, request_id: UUID) -> Claim:
    """The claim that a request carries, locked."""
    return await tx.one(Claim, f"{_CLAIM} where request_id = %s for update", [request_id])


async def claim_on_parcel(tx: Tx, order_id: UUID, parcel_ref: str) -> Claim | None:
    """The living claim about a parcel of an order that the actor was found to see."""
    return await tx.maybe(
        Claim, f"{_CLAIM} where order_id = %s and parcel_ref = %s and {_ALIVE}", [order_id, parcel_ref]
    )


async def is_looked_into(tx: Tx, customer_id: UUID, charge: Money) -> bool:
    """Whether a person looks into a charge of this amount for a customer."""
    query = """select exists (select from claims where customer_id = %s and problem = %s and state = 'needs_approval'
                                and (amount, currency) = (%s, %s))"""
    return bool(await tx.value(query, [customer_id, Problem.UNKNOWN_CHARGE, charge.amount, charge.currency]))


async def promised_advances(tx: Tx, customer_id: UUID) -> int:
    """How many advances a customer has agreed to that are not paid yet."""
    query = """select count(*) from claims c join requests r on r.id = c.request_id
               where c.customer_id = %s and c.state = 'granted' and r.settled_at is null
                 and r.plan ->> 'advance_until' is not null"""
    return int(await tx.value(query, [customer_id]))


async def due(tx: Tx, limit: int = 100) -> Sequence[UUID]:
    """Claims that have waited long enough, the longest first."""
    rows = await tx.all(
        _Id, "select id from claims where state = 'waiting' and due_at <= %s order by due_at limit %s", [tx.now, limit]
    )
    return [row.id for row in rows]


async def misbelieved(tx: Tx) -> Sequence[str]:
    """Claims that were granted and do not count as believed, or the other way round."""
    rows = await tx.all(
        _Said,
        """select c.id::text as said from claims c left join policy_believed b on b.about = c.id
           where (c.state in ('granted', 'done')) <> (b.about is not null) or b.amount <> c.amount limit 20""",
    )
    return [row.said for row in rows]
