"""Quote, confirm, and book what became of it. Never commits and never goes outside."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor, Audience, Role, outranks
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action, Catalogue, Change
from madoguchi.core.actions.rules import Draft, Outcome, Settled, Wish
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.people.queries import access_customer, staff
from madoguchi.core.policy import verbs as policy
from madoguchi.core.policy.decisions import Denied
from madoguchi.core.requests import queries
from madoguchi.core.requests.events import ApprovalAsked, RequestSettled
from madoguchi.core.requests.queries import Quote, Request, RequestState
from madoguchi.core.shop import verbs as shop
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import Signer, clean_text

QUOTE_LIFE = timedelta(minutes=15)
CONFIRMATION_LIFE = timedelta(minutes=5)
EXECUTE = "requests.execute"
APPROVALS = "approvals"  # what those listen to who may approve


class Execute(msgspec.Struct, frozen=True):
    """Arguments of the job that executes a request."""

    request_id: UUID


class _Confirmation(msgspec.Struct, frozen=True, array_like=True):
    session: UUID | None
    quote: UUID
    hash: str
    issued_at: datetime


def topic(request_id: UUID) -> str:
    """What those listen to who wait for a request."""
    return f"request:{request_id}"


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
    change = _change(catalogue, action)
    arguments = await actions.arguments(tx, actor, entry, raw)
    draft = await _draft(tx, actor, action, change, arguments)
    order = await _order_of(tx, actor, draft)
    owner = _owner(order, draft) or customer_id or actor.id
    if owner is None:
        raise Refused("identity_needed", 403, level=int(entry.need.level))
    if case_id:
        await case_queries.access_case(tx, actor, case_id)
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
    change = _change(catalogue, held.action)
    request_id = ids.uuid7()
    wish = _wish(request_id, actor, held, _called(order, held.draft))
    await change.begin(tx, wish)
    try:
        await _insert(tx, held, wish)
    except errors.UniqueViolation as error:
        raise Refused("subject_open" if wish.subject else "change_open", 409) from error
    if held.draft.approval:
        await _ask_approval(tx, catalogue, held, request_id)
    else:
        await _enqueue(tx, request_id)
    return await queries.access_request(tx, actor, request_id)


async def approve(tx: Tx, catalogue: Catalogue, actor: Actor, request_id: UUID, note: str = "") -> Request:
    """Let a waiting wish be carried out; the limits are looked at again, for whoever approves.

    Refused: approval_decided when somebody has decided, not_waiting when it was taken back, approval_own (whoever asked
    cannot grant it), forbidden (another role has to).
    """
    request = await _waiting(tx, actor, request_id)
    change = _change(catalogue, request.action)
    if change.approve:
        await change.approve(tx, actor, wish_of(request))
    await _decide(tx, actor, request, note, "cases.approval.approved")
    await _enqueue(tx, request_id)
    tx.wake(topic(request_id))
    return await queries.access_request(tx, actor, request_id)


async def decline(tx: Tx, catalogue: Catalogue, actor: Actor, request_id: UUID, note: str) -> Request:
    """Do not grant a waiting wish, with a word why: what it had set aside is free again.

    Refused as in `approve`, and decision_note_missing.
    """
    request = await _waiting(tx, actor, request_id)
    if not clean_text(note):
        raise Refused("decision_note_missing")
    await _decide(tx, actor, request, note, "cases.approval.declined")
    await _give_up(tx, catalogue, request, RequestState.FAILED, refuses="approval_declined")
    return await queries.access_request(tx, actor, request_id)


async def withdraw(tx: Tx, catalogue: Catalogue, actor: Actor, request_id: UUID) -> Request:
    """Take a wish back that was not begun; Refused("too_late_to_withdraw") afterwards. Twice is as good as once."""
    request = await _locked(tx, actor, request_id)
    if request.state is RequestState.CANCELLED:
        return request
    if request.state not in {RequestState.NEEDS_APPROVAL, RequestState.CONFIRMED}:
        raise Refused("too_late_to_withdraw", 409)
    await _give_up(tx, catalogue, request, RequestState.CANCELLED, refuses="withdrawn")
    return await queries.access_request(tx, actor, request_id)


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
    await _enqueue(tx, request_id, at)


async def settle(tx: Tx, catalogue: Catalogue, request_id: UUID, operation: Operation) -> None:
    """Book what the store did: mirror, ledger, request, timeline, and the event that tells everyone. Once.

    The mirror comes first, so that whoever is told of the end reads the order as it is now.
    """
    request = await _locked(tx, SYSTEM, request_id)
    if request.settled_at is not None:
        return
    if operation.customer:
        await shop.mirror_customer(tx, request.store_id, operation.customer)
    changed = (operation.order, *operation.others) if operation.order else operation.others
    for order in sorted(changed, key=lambda order: order.ref):
        await shop.mirror_order(tx, request.store_id, order)
    outcome = await _change(catalogue, request.action).settle(tx, wish_of(request), operation)
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


async def sweep_quotes(tx: Tx, before: datetime, limit: int = 1000) -> int:
    """Forget quotes that expired before a moment and were never confirmed; how many."""
    return await tx.execute(
        """delete from quotes where id in (
             select q.id from quotes q where q.expires_at < %s
               and not exists (select 1 from requests r where r.quote_id = q.id) limit %s)""",
        [before, limit],
    )


async def _locked(tx: Tx, actor: Actor, request_id: UUID) -> Request:
    """Lock order: order, request, case."""
    request = await queries.access_request(tx, actor, request_id)
    if request.works_on:
        async with tx.acting(SYSTEM):
            await access_order(tx, SYSTEM, request.works_on, lock=True)
    return await queries.access_request(tx, actor, request_id, lock=True)


async def _waiting(tx: Tx, actor: Actor, request_id: UUID) -> Request:
    """A wish that the actor may decide on, locked."""
    request = await _locked(tx, actor, request_id)
    if request.decided_by:
        raise Refused("approval_decided", 409, name=(await staff(tx, request.decided_by)).name)
    if request.state is not RequestState.NEEDS_APPROVAL or request.approval_role is None:
        raise Refused("not_waiting", 409)
    if request.actor_id == actor.id:
        raise Refused("approval_own", 403)
    if not outranks(actor, request.approval_role):
        raise Refused("forbidden", 403)
    return request


async def _decide(tx: Tx, actor: Actor, request: Request, note: str, text_key: str) -> None:
    reason = clean_text(note)
    await tx.execute(
        """update requests set decided_by = %s, decided_at = %s, decision_note = %s, state = 'confirmed'
           where id = %s""",
        [actor.id, tx.now, reason, request.id],
    )
    tx.wake(APPROVALS)
    if request.case_id:
        words = {"key": text_key, "parameters": {"name": actor.name, "note": reason}}
        await _tell_staff(tx, request.case_id, Kind.ACTION, words)


async def _ask_approval(tx: Tx, catalogue: Catalogue, of: Quote, request_id: UUID) -> None:
    approval = of.draft.approval
    assert approval
    await tx.execute(
        "update requests set state = 'needs_approval', approval_role = %s where id = %s",
        [approval.role, request_id],
    )
    audience = _audience(catalogue.actions[of.action], done=False)
    await events.record(tx, ApprovalAsked(request_id=request_id, case_id=of.case_id, audience=audience))
    tx.wake(APPROVALS)
    if of.case_id:
        asked = {"key": f"cases.approval.asked.{approval.role}", "card": msgspec.to_builtins(of.draft.slip)}
        await _tell_staff(tx, of.case_id, Kind.SLIP, asked)


async def _tell_staff(tx: Tx, case_id: UUID, kind: Kind, body: dict[str, Any]) -> None:
    case = await case_queries.access_case(tx, SYSTEM, case_id, lock=True)
    await cases.append(tx, case, kind=kind, author=Author.SYSTEM, body=body, audience=Audience.STAFF)


async def _give_up(tx: Tx, catalogue: Catalogue, request: Request, state: RequestState, *, refuses: str) -> None:
    """End a wish that was never carried out; its room releases what it had set aside."""
    nothing = Operation(key=str(request.id), state=OperationState.FAILED)
    outcome = await _change(catalogue, request.action).settle(tx, wish_of(request), nothing)
    await _end(tx, catalogue, request, state, msgspec.structs.replace(outcome, code=refuses))


async def _end(tx: Tx, catalogue: Catalogue, request: Request, state: RequestState, outcome: Outcome) -> None:
    if request.works_on:
        async with tx.acting(SYSTEM):
            await shop.take_facts_again(tx, request.works_on)
    await tx.execute(
        "update requests set state = %s, outcome = %s, settled_at = %s where id = %s",
        [state, Jsonb(msgspec.to_builtins(outcome)), tx.now, request.id],
    )
    await tx.execute("update request_lines set open = false where request_id = %s", [request.id])
    audience = _audience(catalogue.actions[request.action], done=outcome.state is not Settled.FAILED)
    await events.record(tx, RequestSettled(request_id=request.id, case_id=request.case_id, audience=audience))
    tx.wake(topic(request.id))
    if request.approval_role:
        tx.wake(APPROVALS)
    if request.case_id:
        await _tell_case(tx, request, outcome, audience)


def _audience(action: Action, *, done: bool) -> Audience:
    """What customers cannot wish for themselves, they learn of once it is done."""
    return Audience.CUSTOMER if action.need.customers or done else Audience.STAFF


async def _enqueue(tx: Tx, request_id: UUID, at: datetime | None = None) -> None:
    await jobs.enqueue(tx, EXECUTE, Execute(request_id), key=f"{EXECUTE}:{request_id}", at=at)


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


async def _draft(tx: Tx, actor: Actor, action: str, change: Change, arguments: msgspec.Struct) -> Draft:
    """The draft; that the rules denied one is kept, though the attempt itself leaves nothing."""
    try:
        return await change.draft(tx, actor, arguments)
    except Denied as denied:
        decision, order_id = denied.decision, getattr(arguments, "order_id", None)
        customer_id = None if actor.is_staff else actor.id
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


def _change(catalogue: Catalogue, action: str) -> Change:
    change = catalogue.actions[action].change
    if change is None:
        raise Refused("needs_no_quote", 409)
    return change


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
