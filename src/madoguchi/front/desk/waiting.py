"""What waits for somebody to agree: who asks, for whom, what, why the rules ask, and what was given before."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.rules import Approval, Slip
from madoguchi.core.people import queries as people
from madoguchi.core.people.queries import Customer
from madoguchi.core.people.staff.queries import staff_names
from madoguchi.core.policy.believed.queries import history
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import Grounds, grounds_of, rules_of
from madoguchi.core.policy.questions import History
from madoguchi.core.requests.queries import Request, access_quote, may_decide
from madoguchi.front.desk.board import case_url, customer_name, tone, waited
from madoguchi.front.ui.cards import SlipView, slip_view
from madoguchi.front.ui.grounds import GroundsView, grounds_view
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money, total
from madoguchi.service.goodwill.queries import Grant, grants_to
from madoguchi.service.goodwill.verbs import YEAR

HERE = "/desk/approvals"
_EARLIER = 3  # grants told one by one


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A wish that waits, as rows. `asked_by` is one of the staff, "" for the customer; `mine` is the reader's own."""

    request: Request
    customer: Customer
    asked_by: str
    slip: Slip
    approval: Approval
    grounds: Sequence[Grounds]
    pack: RulePack
    grants: Sequence[Grant]
    believed: History
    decidable: bool
    mine: bool


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """The same in the reader's words; a URL is "" where the reader may not do that."""

    id: str
    what: str
    worth: Money | None
    why: str
    waits: str
    tone: str
    facts: Sequence[tuple[str, str]]
    earlier: Sequence[str]
    grounds: Sequence[GroundsView]
    slip: SlipView
    case_url: str
    approve_url: str
    decline_url: str
    take_back_url: str


async def load(tx: Tx, actor: Actor, requests: Sequence[Request]) -> list[Waiting]:
    """What is told of waiting wishes that the actor may see."""
    customers = await people.access_customers(tx, actor, [request.customer_id for request in requests])
    names = await staff_names(tx, actor, [request.actor_id for request in requests if request.actor_id])
    return [await _waiting(tx, actor, request, customers[request.customer_id], names) for request in requests]


def view(waiting: Waiting, reader: Reader) -> WaitingView:
    """A waiting wish in the reader's words."""
    request, t = waiting.request, reader.t
    return WaitingView(
        id=str(request.id),
        what=t(f"actions.{request.action}.name"),
        worth=waiting.approval.worth,
        why=waiting.approval.why.to(reader),
        waits=waited(request.created_at, reader),
        tone=tone(request.created_at),
        facts=_facts(waiting, reader),
        earlier=[_earlier(grant, reader) for grant in waiting.grants[:_EARLIER]],
        grounds=[grounds_view(one, reader) for one in waiting.grounds],
        slip=slip_view(msgspec.structs.replace(waiting.slip, rule=None), reader),
        case_url=case_url(request.case_id) if request.case_id else "",
        approve_url=f"{HERE}/{request.id}/approval" if waiting.decidable else "",
        decline_url=f"{HERE}/{request.id}/refusal" if waiting.decidable else "",
        take_back_url=f"{HERE}/{request.id}/withdrawal" if waiting.mine else "",
    )


async def _waiting(tx: Tx, actor: Actor, request: Request, customer: Customer, names: Mapping[UUID, str]) -> Waiting:
    quote = await access_quote(tx, actor, request.quote_id)
    assert quote.draft.approval
    pack = await rules_of(tx, request.store_id)
    return Waiting(
        request=request,
        customer=customer,
        asked_by=names.get(request.actor_id, "") if request.actor_id else "",
        slip=quote.draft.slip,
        approval=quote.draft.approval,
        grounds=await grounds_of(tx, quote.id),
        pack=pack,
        grants=await grants_to(tx, actor, request.customer_id, pack.currency, tx.now - YEAR),
        believed=await history(tx, pack, request.customer_id),
        decidable=may_decide(actor, request),
        mine=request.actor_id == actor.id,
    )


def _facts(waiting: Waiting, reader: Reader) -> list[tuple[str, str]]:
    t, pack = reader.t, waiting.pack
    days, before = pack.claims.good_faith.days, waiting.believed
    believed = _sum(before.claims, Money(before.amount, pack.currency), reader)
    granted = total([grant.amount for grant in waiting.grants], pack.currency)
    return [
        (t("desk.approvals.by"), waiting.asked_by or t("desk.approvals.by_customer")),
        (t("desk.approvals.customer"), customer_name(waiting.customer.name, reader)),
        (t("desk.approvals.believed", days=days), believed),
        (t("desk.approvals.granted"), _sum(len(waiting.grants), granted, reader)),
    ]


def _earlier(grant: Grant, reader: Reader) -> str:
    reason = reader.t(f"policy.option.goodwill.reasons.{grant.reason}")
    day = reader.date(grant.granted_at)
    return reader.t("desk.approvals.earlier", day=day, amount=grant.amount, reason=reason, name=grant.given_by)


def _sum(count: int, amount: Money, reader: Reader) -> str:
    return reader.t("desk.approvals.sum", n=count, amount=amount) if count else reader.t("desk.approvals.nothing")


class Decided(msgspec.Struct, frozen=True):
    """A wish that was decided, and by whom."""

    request: Request
    customer: Customer
    decided_by: str


class DecidedView(msgspec.Struct, frozen=True, kw_only=True):
    """The same in the reader's words."""

    what: str
    customer: str
    state: str
    tone: str
    by: str
    note: str
    when: str
    url: str


async def load_decided(tx: Tx, actor: Actor, requests: Sequence[Request]) -> list[Decided]:
    """What is told of wishes that were decided."""
    customers = await people.access_customers(tx, actor, [request.customer_id for request in requests])
    by = {request.id: request.decided_by for request in requests if request.decided_by}
    names = await staff_names(tx, actor, by.values())
    return [Decided(request, customers[request.customer_id], names[by[request.id]]) for request in requests]


def decided_view(decided: Decided, reader: Reader) -> DecidedView:
    """A decision in the reader's words."""
    request, t = decided.request, reader.t
    declined = request.outcome is not None and request.outcome.code == "approval_declined"
    assert request.decided_at
    return DecidedView(
        what=t(f"actions.{request.action}.name"),
        customer=customer_name(decided.customer.name, reader),
        state=t("desk.approvals.declined" if declined else "desk.approvals.approved"),
        tone="plain" if declined else "done",
        by=decided.decided_by,
        note=request.decision_note or "",
        when=reader.datetime(request.decided_at),
        url=case_url(request.case_id) if request.case_id else "",
    )
