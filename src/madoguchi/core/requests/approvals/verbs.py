"""Asking somebody else to agree, and what they said. Never commits."""

from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Audience, outranks
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.people.staff.queries import staff
from madoguchi.core.requests import queries
from madoguchi.core.requests.events import ApprovalAsked
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.queries import Quote, Request, RequestState
from madoguchi.core.requests.topics import APPROVALS, topic
from madoguchi.kit import events
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import clean_text


async def ask(tx: Tx, catalogue: Catalogue, of: Quote, request_id: UUID) -> None:
    """Let a wish that was just confirmed wait for the role that its draft names."""
    approval = of.draft.approval
    assert approval
    await tx.execute(
        "update requests set state = 'needs_approval', approval_role = %s where id = %s",
        [approval.role, request_id],
    )
    audience = catalogue.actions[of.action].audience(done=False)
    await events.record(tx, ApprovalAsked(request_id=request_id, case_id=of.case_id, audience=audience))
    tx.wake(APPROVALS)
    if of.case_id:
        asked = {"key": f"cases.approval.asked.{approval.role}", "card": msgspec.to_builtins(of.draft.slip)}
        await _tell_staff(tx, of.case_id, Kind.SLIP, asked)


async def approve(tx: Tx, catalogue: Catalogue, actor: Actor, request_id: UUID, note: str = "") -> Request:
    """Let a waiting wish be carried out; the limits are looked at again, for whoever approves.

    Refused: approval_decided when somebody has decided, not_waiting when it was taken back, approval_own (whoever asked
    cannot grant it), forbidden (another role has to).
    """
    request = await _waiting(tx, actor, request_id)
    change = catalogue.change(request.action)
    if change.approve:
        await change.approve(tx, actor, execution.wish_of(request))
    await _decide(tx, actor, request, note, "cases.approval.approved")
    await execution.enqueue(tx, request_id)
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
    await execution.give_up(tx, catalogue, request, RequestState.FAILED, refuses="approval_declined")
    return await queries.access_request(tx, actor, request_id)


async def _waiting(tx: Tx, actor: Actor, request_id: UUID) -> Request:
    """A wish that the actor may decide on, locked."""
    request = await execution.lock(tx, actor, request_id)
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


async def _tell_staff(tx: Tx, case_id: UUID, kind: Kind, body: dict[str, Any]) -> None:
    case = await case_queries.access_case(tx, SYSTEM, case_id, lock=True)
    await cases.append(tx, case, kind=kind, author=Author.SYSTEM, body=body, audience=Audience.STAFF)
