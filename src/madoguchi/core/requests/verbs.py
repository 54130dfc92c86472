"""Quote, confirm, take back. Never commits and never goes outside."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue, Change
from madoguchi.core.actions.rules import Draft, Wish
from madoguchi.core.cases.queries import access_case
from madoguchi.core.people.queries import access_customer
from madoguchi.core.policy import verbs as policy
from madoguchi.core.policy.decisions import Denied
from madoguchi.core.requests import queries
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.queries import Quote, Request, RequestState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import Signer

QUOTE_LIFE = timedelta(minutes=15)
CONFIRMATION_LIFE = timedelta(minutes=5)


class _Confirmation(msgspec.Struct, frozen=True, array_like=True):
    session: UUID | None
    quote: UUID
    hash: str
    issued_at: datetime


async def quote(
    tx: Tx,
    catalogue: Catalogue,
    actor: Actor,
    action: str,
    raw: Mapping[str, Any],
    *,
    customer_id: UUID | None = None,
    case_id: UUID | None = None,
) -> Quote:
    """What the action would do for the customer now; Refused with the reason when it cannot be done.

    `customer_id` is whom staff act for; a customer acts for oneself.
    """
    entry = actions.find(catalogue, actor, action)
    change = catalogue.change(action)
    arguments = await actions.arguments(tx, actor, entry, raw)
    draft = await _draft(tx, actor, action, change, arguments, customer_id if actor.is_staff else actor.id)
    order = await _order_of(tx, actor, draft)
    owner = _owner(order, draft) or customer_id or actor.id
    if owner is None:
        raise Refused("identity_needed", 403, level=int(entry.need.level))
    if case_id:
        await access_case(tx, actor, case_id)
    customer = await access_customer(tx, actor, owner)
    made = Quote(
        id=ids.uuid7(),
        store_id=order.store_id if order else customer.store_id,
        customer_id=owner,
        session_id=actor.session,
        action=action,
        arguments=msgspec.to_builtins(arguments),
        order_id=None if draft.gift else draft.order_id,
        works_on=draft.order_id,
        order_version=draft.order_version,
        case_id=case_id,
        draft=draft,
        hash=_hash(draft),
        created_at=tx.now,
        expires_at=tx.now + QUOTE_LIFE,
    )
    await _keep(tx, made)
    for decision in (draft.decision, *draft.further):
        if decision:
            await policy.record(
                tx, actor, action, decision, customer_id=owner, order_id=draft.order_id, quote_id=made.id
            )
    return made


def confirmation_token(signer: Signer, actor: Actor, of: Quote, now: datetime) -> str:
    """What the confirming post must carry: bound to the session, the quote and its content; good for 5 minutes."""
    return signer.seal("confirm", _Confirmation(actor.session, of.id, of.hash, now))


async def confirm(tx: Tx, catalogue: Catalogue, signer: Signer, actor: Actor, quote_id: UUID, token: str) -> Request:
    """Turn a quote into a request that will be executed once; the same quote gives the same request.

    Refused: confirmation_bad, quote_expired, order_changed (quote again), change_open, subject_open, units_taken,
    money_taken.
    """
    held = await queries.access_quote(tx, actor, quote_id, lock=True)
    order = await _order_of(tx, actor, held.draft, lock=True)
    if known := await queries.request_of_quote(tx, quote_id):
        return known
    _check_confirmation(signer, actor, held, token, tx.now)
    if tx.now > held.expires_at:
        raise Refused("quote_expired", 409)
    if order and order.version != held.order_version:
        raise Refused("order_changed", 409)
    change = catalogue.change(held.action)
    request_id = ids.uuid7()
    wish = _wish(request_id, actor, held, _called(order, held.draft))
    await change.begin(tx, wish)
    try:
        await _insert(tx, held, wish)
    except errors.UniqueViolation as error:
        raise Refused("subject_open" if wish.subject else "change_open", 409) from error
    if held.draft.approval:
        await approvals.ask(tx, catalogue, held, request_id)
    else:
        await execution.enqueue(tx, request_id)
    return await queries.access_request(tx, actor, request_id)


async def withdraw(tx: Tx, catalogue: Catalogue, actor: Actor, request_id: UUID) -> Request:
    """Take a wish back that was not begun; Refused("too_late_to_withdraw") afterwards. Twice is as good as once."""
    request = await execution.lock(tx, actor, request_id)
    if request.state is RequestState.CANCELLED:
        return request
    if request.state not in {RequestState.NEEDS_APPROVAL, RequestState.CONFIRMED}:
        raise Refused("too_late_to_withdraw", 409)
    await execution.give_up(tx, catalogue, request, RequestState.CANCELLED, refuses="withdrawn")
    return await queries.access_request(tx, actor, request_id)


async def sweep_quotes(tx: Tx, before: datetime, limit: int = 1000) -> int:
    """Forget quotes that expired before a moment and were never confirmed; how many."""
    return await tx.execute(
        """delete from quotes where id in (
             select q.id from quotes q where q.expires_at < %s
               and not exists (select 1 from requests r where r.quote_id = q.id) limit %s)""",
        [before, limit],
    )


async def _draft(
    tx: Tx, actor: Actor, action: str, change: Change, arguments: msgspec.Struct, customer_id: UUID | None
) -> Draft:
    """The draft; that the rules denied one is kept, though the attempt itself leaves nothing."""
    try:
        return await change.draft(tx, actor, arguments)
    except Denied as denied:
        decision, order_id = denied.decision, getattr(arguments, "order_id", None)
        tx.keep(lambda tx: policy.record(tx, actor, action, decision, customer_id=customer_id, order_id=order_id))
        raise


async def _order_of(tx: Tx, actor: Actor, draft: Draft, *, lock: bool = False) -> Order | None:
    """The order that it works on. A gift gives its recipient the right to that, and no sight of it."""
    if draft.order_id is None:
        return None
    if draft.gift is None:
        return await access_order(tx, actor, draft.order_id, lock=lock)
    async with tx.acting(SYSTEM):
        return await access_order(tx, SYSTEM, draft.order_id, lock=lock)


def _owner(order: Order | None, draft: Draft) -> UUID | None:
    if draft.gift:
        return draft.gift.customer_id
    return order.customer_id if order else None


def _called(order: Order | None, draft: Draft) -> str | None:
    """By what number its customer knows what it is about."""
    if draft.gift:
        return draft.gift.number
    return order.store_ref if order else None


async def _keep(tx: Tx, made: Quote) -> None:
    await tx.execute(
        """insert into quotes (id, store_id, customer_id, session_id, action, arguments, order_id, order_version,
                               case_id, draft, hash, created_at, expires_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            made.id,
            made.store_id,
            made.customer_id,
            made.session_id,
            made.action,
            Jsonb(made.arguments),
            made.works_on,
            made.order_version,
            made.case_id,
            Jsonb(msgspec.to_builtins(made.draft)),
            made.hash,
            made.created_at,
            made.expires_at,
        ],
    )


def _hash(draft: Draft) -> str:
    return hashlib.sha256(msgspec.json.encode(draft, order="deterministic")).hexdigest()


def _wish(request_id: UUID, actor: Actor, of: Quote, order_ref: str | None) -> Wish:
    return Wish(
        id=request_id,
        store_id=of.store_id,
        customer_id=of.customer_id,
        order_id=of.works_on,
        order_ref=order_ref,
        order_version=of.order_version,
        plan=of.draft.plan,
        actor_role=_role(actor),
        actor_id=actor.id,
        subject=of.draft.subject,
    )


def _role(actor: Actor) -> Role:
    """In whose role it is done; the bot does what its customer wishes."""
    return Role.CUSTOMER if actor.role is Role.BOT else actor.role


def _check_confirmation(signer: Signer, actor: Actor, of: Quote, token: str, now: datetime) -> None:
    held: _Confirmation | None = signer.open(token, "confirm", _Confirmation)
    if held is None or (held.session, held.quote, held.hash) != (actor.session, of.id, of.hash):
        raise Refused("confirmation_bad", 409)
    if now > held.issued_at + CONFIRMATION_LIFE:
        raise Refused("confirmation_expired", 409)


async def _insert(tx: Tx, of: Quote, wish: Wish) -> None:
    await tx.execute(
        """insert into requests (id, number, quote_id, store_id, customer_id, action, order_id, order_ref,
             order_version, case_id, actor_role, actor_id, plan, decision, subject, gift_id, state, created_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'confirmed', %s)""",
        [
            wish.id,
            ids.number("R"),
            of.id,
            of.store_id,
            of.customer_id,
            of.action,
            of.works_on,
            wish.order_ref,
            of.order_version,
            of.case_id,
            wish.actor_role,
            wish.actor_id,
            Jsonb(of.draft.plan),
            Jsonb(msgspec.to_builtins(of.draft.decision)),
            wish.subject,
            of.draft.gift.id if of.draft.gift else None,
            tx.now,
        ],
    )
    await tx.many(
        "insert into request_lines (request_id, order_id, line_ref) values (%s, %s, %s)",
        [(wish.id, of.works_on, ref) for ref in of.draft.line_refs],
    )
