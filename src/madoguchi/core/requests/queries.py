"""Reading quotes and requests, for an actor."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import STAFF, Actor, Role, outranks
from madoguchi.core.actions.rules import Draft, Outcome
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


class RequestState(StrEnum):
    """Where a confirmed wish is."""

    NEEDS_APPROVAL = "needs_approval"
    CONFIRMED = "confirmed"
    EXECUTING = "executing"
    ASKED = "asked"  # the store took it and has not decided
    DONE = "done"
    PARTLY_DONE = "partly_done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # withdrawn before it was begun


class Quote(msgspec.Struct, frozen=True):
    """What would happen, good until `expires_at`.

    `works_on` is the order whose units and money it moves; `order_id` is the same where its customer hears of that,
    which whoever got it as a present does not.
    """

    id: UUID
    store_id: str
    customer_id: UUID
    session_id: UUID | None
    action: str
    arguments: dict[str, Any]
    order_id: UUID | None
    works_on: UUID | None
    order_version: int | None
    case_id: UUID | None
    draft: Draft
    hash: str
    created_at: datetime
    expires_at: datetime


class Request(msgspec.Struct, frozen=True):
    """A confirmed wish and what became of it; `number` is for people. `works_on` and `order_id` as of a quote."""

    id: UUID
    number: str
    quote_id: UUID
    store_id: str
    customer_id: UUID
    action: str
    order_id: UUID | None
    works_on: UUID | None
    order_ref: str | None
    order_version: int | None
    case_id: UUID | None
    actor_role: Role
    actor_id: UUID | None
    plan: dict[str, Any]
    state: RequestState
    attempts: int
    outcome: Outcome | None
    created_at: datetime
    settled_at: datetime | None
    subject: str | None
    approval_role: Role | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision_note: str | None


_QUOTE = """id, store_id, customer_id, session_id, action, arguments,
  case when draft->>'gift' is null then order_id end as order_id, order_id as works_on, order_version, case_id, draft,
  hash, created_at, expires_at"""
_REQUEST = """id, number, quote_id, store_id, customer_id, action,
  case when gift_id is null then order_id end as order_id, order_id as works_on, order_ref, order_version, case_id,
  actor_role, actor_id, plan, state, attempts, outcome, created_at, settled_at, subject, approval_role, decided_by,
  decided_at, decision_note"""


async def access_quote(tx: Tx, actor: Actor, quote_id: UUID, *, lock: bool = False) -> Quote:
    """The quote, for the customer it was made for and for staff; else invisible. `lock`: confirmed by one at a time."""
    if lock:
        await tx.value("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"quote:{quote_id}"])
    quote = await find_quote(tx, actor, quote_id)
    if quote is None:
        raise invisible()
    return quote


async def find_quote(tx: Tx, actor: Actor, quote_id: UUID) -> Quote | None:
    """The quote if it is still kept, for the customer it was made for and for staff."""
    quote = await tx.maybe(Quote, f"select {_QUOTE} from quotes where id = %s", [quote_id])
    return quote if quote and actor.may_see(quote.customer_id) else None


async def access_request(tx: Tx, actor: Actor, request_id: UUID, *, lock: bool = False) -> Request:
    """The request, for its customer and for staff; else invisible."""
    if lock:
        request = await tx.maybe(Request, f"select {_REQUEST} from requests where id = %s for update", [request_id])
    else:
        request = await tx.maybe(Request, f"select {_REQUEST} from requests where id = %s", [request_id])
    if request is None or not actor.may_see(request.customer_id):
        raise invisible()
    return request


async def request_of_quote(tx: Tx, quote_id: UUID) -> Request | None:
    """The request that a quote became."""
    return await tx.maybe(Request, f"select {_REQUEST} from requests where quote_id = %s", [quote_id])


async def open_request_on(tx: Tx, order_id: UUID) -> Request | None:
    """A change of the order that is under way."""
    return await tx.maybe(
        Request,
        f"select {_REQUEST} from requests where order_id = %s and settled_at is null order by id limit 1",
        [order_id],
    )


async def open_request_about(tx: Tx, store_id: str, subject: str) -> Request | None:
    """A change under way of something that is no order."""
    return await tx.maybe(
        Request,
        f"""select {_REQUEST} from requests where store_id = %s and subject = %s and settled_at is null
            order by id limit 1""",
        [store_id, subject],
    )


async def requests_of(tx: Tx, customer_id: UUID, limit: int = 20) -> Sequence[Request]:
    """A customer's wishes, newest first."""
    return await tx.all(
        Request,
        f"select {_REQUEST} from requests where customer_id = %s order by id desc limit %s",
        [customer_id, limit],
    )


async def awaiting_approval(tx: Tx, actor: Actor, limit: int = 50) -> Sequence[Request]:
    """Wishes that the actor may approve or decline, the longest waiting first."""
    return await tx.all(
        Request,
        f"""select {_REQUEST} from requests
            where state = 'needs_approval' and approval_role = any(%s) and actor_id is distinct from %s
            order by created_at limit %s""",
        [_decides_for(actor), actor.id, limit],
    )


async def asked_approval(tx: Tx, actor: Actor, limit: int = 50) -> Sequence[Request]:
    """The actor's own wishes that wait for somebody else, the longest waiting first."""
    return await tx.all(
        Request,
        f"""select {_REQUEST} from requests where state = 'needs_approval' and actor_id = %s
            order by created_at limit %s""",
        [actor.id, limit],
    )


async def count_approvals(tx: Tx, actor: Actor) -> int:
    """How much waits for the actor's word, or is the actor's own and waits for somebody else's."""
    return int(
        await tx.value(
            """select count(*) from requests
               where state = 'needs_approval' and (approval_role = any(%s) or actor_id = %s)""",
            [_decides_for(actor), actor.id],
        )
    )


async def decided_approvals(tx: Tx, actor: Actor, limit: int = 10) -> Sequence[Request]:
    """What was decided for the actor and by them, the last first."""
    return await tx.all(
        Request,
        f"""select {_REQUEST} from requests where id in (
              (select id from requests where decided_by = %(actor)s and decided_at is not null
               order by decided_at desc limit %(limit)s)
              union all
              (select id from requests where actor_id = %(actor)s and decided_at is not null
               order by decided_at desc limit %(limit)s))
            order by decided_at desc limit %(limit)s""",
        {"actor": actor.id, "limit": limit},
    )


async def approvals_in(tx: Tx, case_id: UUID) -> Sequence[Request]:
    """What of a case waits for somebody to agree."""
    return await tx.all(
        Request,
        f"select {_REQUEST} from requests where state = 'needs_approval' and case_id = %s order by created_at",
        [case_id],
    )


def may_decide(actor: Actor, request: Request) -> bool:
    """Whether the actor may grant a waiting wish or not: of the role it needs, and not whoever asked."""
    return request.approval_role is not None and outranks(actor, request.approval_role) and request.actor_id != actor.id


def _decides_for(actor: Actor) -> list[str]:
    return [role.value for role in STAFF if outranks(actor, role)]


async def left_open(tx: Tx) -> Sequence[str]:
    """Settled requests that still hold lines open, and open ones that nothing will take up."""
    return await tx.values(
        """select r.number from requests r
           where (r.settled_at is not null
                  and exists (select 1 from request_lines l where l.request_id = r.id and l.open))
              or (r.settled_at is null and r.state <> 'needs_approval'
                  and not exists (select 1 from jobs j
                                  where j.key = 'requests.execute:' || r.id and j.parked_at is null))
           limit 20""",
    )
