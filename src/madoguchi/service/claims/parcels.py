"""Parcels that did not come, came late, or came to the wrong door."""

from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, Subject, Unrelated, refusal
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Draft, Refusal
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers.rules import promised_until
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.people import queries as people
from madoguchi.core.policy.pack import Problem, Remedy
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import Shipment
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.service.claims import queries, rules
from madoguchi.service.claims.deciding import Basis, Facts, basis, claim, decide
from madoguchi.service.claims.queries import Claim
from madoguchi.service.claims.rules import ClaimState


class ParcelClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which parcel, what makes it good, and where money goes that cannot go back as it came."""

    order_id: UUID
    parcel_ref: str
    remedy: Remedy
    refund_to: Destination | None = None


class MissingParcel(ParcelClaim, frozen=True, forbid_unknown_fields=True):
    """The same, and the places that were looked at."""

    checked: tuple[str, ...] = ()


class ParcelAction(msgspec.Struct, frozen=True):
    """The form, the draft and the offer of claims with one problem."""

    problem: Problem

    async def form(self, tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
        """Where was looked, for a parcel that was scanned as delivered; and what makes it good."""
        order = await access_order(tx, actor, subject.id)
        parcel_of(order, subject.ref)
        pack = await rules_of(tx, order.store_id)
        looked = (rules.checked_field(pack),) if self.problem is Problem.NOT_RECEIVED else ()
        return *looked, rules.remedy_field(pack), *refund_fields(pack, order.document)

    async def draft(self, tx: Tx, actor: Actor, arguments: ParcelClaim) -> Draft:
        """What is done about the parcel.

        Refused: parcel_delivered, parcel_under_way, claim_waiting, and as in `claim`.
        """
        of, facts = await self._facts(tx, actor, arguments)
        return await claim(tx, actor, of, facts)

    async def offer(self, tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
        """None when it can be claimed now, wherever was looked before."""
        try:
            pack = await rules_of(tx, (await access_order(tx, actor, subject.id)).store_id)
            asked = MissingParcel(subject.id, subject.ref, pack.claims.remedies[0], checked=pack.claims.check_list)
            of, facts = await self._facts(tx, actor, asked)
            await decide(tx, actor, of, facts)
        except Refused as refused:
            return refusal(refused)
        return None

    async def _facts(self, tx: Tx, actor: Actor, asked: ParcelClaim) -> tuple[Basis, Facts]:
        parcel = parcel_of(await access_order(tx, actor, asked.order_id), asked.parcel_ref)
        if not parcel.lines:
            raise Unrelated("parcel_under_way", 409, alternatives=("service.human",))
        _check_fits(self.problem, parcel)
        of = await basis(tx, actor, asked.order_id)
        waited = await waiting(tx, of.order.id, parcel.ref, tx.now)
        facts = Facts(
            problem=self.problem,
            units=dict(parcel.lines),
            remedy=asked.remedy,
            delivered_at=parcel.delivered_at,
            promised_until=await _promised(tx, of.order, parcel),
            parcel_ref=parcel.ref,
            checked=asked.checked if isinstance(asked, MissingParcel) else (),
            refund_to=asked.refund_to,
            claim_id=waited.id if waited else None,
        )
        return of, facts


def parcel_of(order: Order, ref: str) -> Shipment:
    """The order's parcel; else invisible."""
    for parcel in order.document.shipments:
        if parcel.ref == ref:
            return parcel
    raise invisible()


async def waiting(tx: Tx, order_id: UUID, parcel_ref: str, now: datetime) -> Claim | None:
    """The claim about the parcel whose wait is over.

    Refused: claim_waiting while it is not, claim_settled when there is one that was granted.
    """
    found = await queries.claim_on_parcel(tx, order_id, parcel_ref)
    if found is None:
        return None
    if found.state is not ClaimState.WAITING:
        raise Refused("claim_settled", 409, alternatives=("service.human",))
    if found.due_at is not None and found.due_at > now:
        raise Refused("claim_waiting", 409, until=found.due_at, alternatives=("service.human",))
    return found


async def _promised(tx: Tx, order: Order, parcel: Shipment) -> datetime | None:
    told = await carriers.parcel(tx, parcel.carrier, parcel.tracking_number)
    time_zone = (await people.store(tx, order.store_id)).time_zone
    return promised_until(parcel, told.document.tracked if told else None, time_zone)


def _check_fits(problem: Problem, parcel: Shipment) -> None:
    """Late is what has not come; not received and misdelivered is what was scanned as delivered."""
    if problem is Problem.LATE and parcel.delivered_at:
        raise Unrelated("parcel_delivered", 409, alternatives=("delivery.not_received", "service.human"))
    if problem is not Problem.LATE and parcel.delivered_at is None:
        raise Unrelated("parcel_under_way", 409, alternatives=("delivery.late", "service.human"))


NOT_RECEIVED, LATE, MISDELIVERED = (
    ParcelAction(problem) for problem in (Problem.NOT_RECEIVED, Problem.LATE, Problem.MISDELIVERED)
)
