"""Carrying out what was confirmed: claimed, asked again, settled, or given up. Never commits, never goes outside."""

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor, Audience
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.rules import Outcome, Settled, Wish
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.requests import queries
from madoguchi.core.requests.events import RequestSettled
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.requests.topics import APPROVALS, topic
from madoguchi.core.shop import verbs as shop
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import events, jobs
from madoguchi.kit.db import Tx

EXECUTE = "requests.execute"


class Execute(msgspec.Struct, frozen=True):
    """Arguments of the job that executes a request."""

    request_id: UUID


async def claim(tx: Tx, request_id: UUID) -> Request:
    """Take a request up for execution (again)."""
    request = await queries.access_request(tx, SYSTEM, request_id, lock=True)
    if request.settled_at is None:
        await tx.execute(
            """update requests set attempts = attempts + 1, state = case state when 'asked' then 'asked'
                 else 'executing' end where id = %s""",
            [request_id],
        )
    return request


async def try_again(tx: Tx, request_id: UUID, at: datetime, *, asked: bool) -> None:
    """The store has not decided, or nobody knows: look again later, under the same key."""
    if asked:
        await tx.execute("update requests set state = 'asked' where id = %s and settled_at is null", [request_id])
        tx.wake(topic(request_id))
    await enqueue(tx, request_id, at)


async def settle(tx: Tx, catalogue: Catalogue, request_id: UUID, operation: Operation) -> None:
    """Book what the store did: mirror, ledger, request, timeline, and the event that tells everyone. Once.

    The mirror comes first, so that whoever is told of the end reads the order as it is now.
    """
    request = await lock(tx, SYSTEM, request_id)
    if request.settled_at is not None:
        return
    if operation.customer:
        await shop.mirror_customer(tx, request.store_id, operation.customer)
    changed = (operation.order, *operation.others) if operation.order else operation.others
    for order in sorted(changed, key=lambda order: order.ref):
        await shop.mirror_order(tx, request.store_id, order)
    outcome = await catalogue.change(request.action).settle(tx, wish_of(request), operation)
    await _end(tx, catalogue, request, RequestState(outcome.state), outcome)


def wish_of(request: Request) -> Wish:
    """The request as the executing room sees it."""
    return Wish(
        id=request.id,
        store_id=request.store_id,
        customer_id=request.customer_id,
        order_id=request.works_on,
        order_ref=request.order_ref,
        order_version=request.order_version,
        plan=request.plan,
        actor_role=request.actor_role,
        actor_id=request.actor_id,
        subject=request.subject,
    )


async def give_up(tx: Tx, catalogue: Catalogue, request: Request, state: RequestState, *, refuses: str) -> None:
    """End a wish that was never carried out; its room releases what it had set aside."""
    nothing = Operation(key=str(request.id), state=OperationState.FAILED)
    outcome = await catalogue.change(request.action).settle(tx, wish_of(request), nothing)
    await _end(tx, catalogue, request, state, msgspec.structs.replace(outcome, code=refuses))


async def lock(tx: Tx, actor: Actor, request_id: UUID) -> Request:
    """The request as `access_request` gives it, locked in the order that all keep: order, request, case."""
    request = await queries.access_request(tx, actor, request_id)
    if request.works_on:
        async with tx.acting(SYSTEM):
            await access_order(tx, SYSTEM, request.works_on, lock=True)
    return await queries.access_request(tx, actor, request_id, lock=True)


async def enqueue(tx: Tx, request_id: UUID, at: datetime | None = None) -> None:
    """Have a request executed, now or later."""
    await jobs.enqueue(tx, EXECUTE, Execute(request_id), key=f"{EXECUTE}:{request_id}", at=at)


async def _end(tx: Tx, catalogue: Catalogue, request: Request, state: RequestState, outcome: Outcome) -> None:
    if request.works_on:
        async with tx.acting(SYSTEM):
            await shop.take_facts_again(tx, request.works_on)
    await tx.execute(
        "update requests set state = %s, outcome = %s, settled_at = %s where id = %s",
        [state, Jsonb(msgspec.to_builtins(outcome)), tx.now, request.id],
    )
    await tx.execute("update request_lines set open = false where request_id = %s", [request.id])
    audience = catalogue.actions[request.action].audience(done=outcome.state is not Settled.FAILED)
    await events.record(tx, RequestSettled(request_id=request.id, case_id=request.case_id, audience=audience))
    tx.wake(topic(request.id))
    if request.approval_role:
        tx.wake(APPROVALS)
    if request.case_id:
        await _tell_case(tx, request, outcome, audience)


async def _tell_case(tx: Tx, request: Request, outcome: Outcome, audience: Audience) -> None:
    case = await case_queries.access_case(tx, SYSTEM, UUID(str(request.case_id)), lock=True)
    await cases.append(
        tx,
        case,
        kind=Kind.ACTION,
        author=Author.SYSTEM,
        body={
            "request": request.number,
            "action": request.action,
            "state": outcome.state,
            "key": f"actions.{request.action}.{outcome.state}",
            "parameters": {"order": request.order_ref or "", "request": request.number},
            "refusal": f"errors.{outcome.code}" if outcome.code else None,
            "card": msgspec.to_builtins(outcome.slip) if outcome.slip else None,
        },
        audience=audience,
    )
    if audience is Audience.CUSTOMER and (outcome.state is Settled.FAILED or case.state == "bot"):
        await cases.call_bot(tx, case)
