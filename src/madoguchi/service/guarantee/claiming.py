"""Claiming the guarantee: what for, why, and what shows it. The seller is asked first and has answered, or has not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Draft, Outcome, Refusal, Said, Settled, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import Destination, LineUnits
from madoguchi.core.people.queries import store
from madoguchi.core.people.sellers.queries import Seller, seller_by_ref
from madoguchi.core.photos.queries import field as photo_field
from madoguchi.core.policy.decisions import Denied, GuaranteeDecision, Verdict
from madoguchi.core.policy.pack import Ground, RulePack
from madoguchi.core.policy.paying_back import price, worth
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import GuaranteeQuestion
from madoguchi.core.policy.rules import decide_guarantee
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import Operation, OperationState, StoreOrder
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.guarantee import queries, slips, verbs
from madoguchi.service.guarantee.rules import LIVING, NOTE_LIMIT, ClaimPlan, State

_PERSON = ("service.human",)


class ClaimGuarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many units of which lines, why, and what the customer says and shows.

    `disputed`: the payment was disputed with the card company. `show_photos`: the seller sees the photos too.
    """

    order_id: UUID
    lines: dict[str, int]
    ground: Ground
    note: str
    disputed: str = "no"
    photos: tuple[UUID, ...] = ()
    show_photos: str = "no"
    refund_to: Destination | None = None


class Basis(msgspec.Struct, frozen=True):
    """An order of a seller's, for which the shop gives a guarantee, with units that were not made good yet."""

    order: Order
    seller: Seller
    pack: RulePack
    held: Mapping[str, LineUnits]
    refused: Mapping[str, int]

    @property
    def left(self) -> dict[str, int]:
        """Units of each line that were not made good, and of which nothing was decided."""
        return _left(self.held, self.refused)

    def returning(self, units: Mapping[str, int]) -> bool:
        """Whether some of these are on their way back, so that only a refund that does not come can be claimed."""
        return any(count > self.held[ref].free for ref, count in units.items())


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What for and why; what is said and shown; whether the card company was asked as well."""
    order = await access_order(tx, actor, subject.id)
    pack = await rules_of(tx, order.store_id)
    held = await ledger.lines(tx, order.id)
    left = _left(held, await queries.refused_units(tx, order.id)) or _left(held, {})  # then the draft says why not
    grounds = pack.guarantee.covers if any(line.free for line in held.values()) else (Ground.NOT_REFUNDED,)
    options = tuple(FieldOption(value=one, label=Said(f"guarantee.ground.{one}")) for one in grounds)
    return (
        Field(name="ground", kind=FieldKind.CHOICE, options=options),
        Field(
            name="lines", kind=FieldKind.UNITS, options=_line_options(order.document, held, left), default=left or None
        ),
        Field(name="note", kind=FieldKind.NOTE, limit=NOTE_LIMIT),
        await photo_field(tx, actor, order.customer_id, required=False),
        Field(name="show_photos", kind=FieldKind.CHOICE, options=_SHOWN, default="no", proposed=True),
        Field(name="disputed", kind=FieldKind.CHOICE, options=_DISPUTED, default="no"),
        *refund_fields(pack, order.document),
    )


async def narrow(
    tx: Tx, actor: Actor, subject: Subject, fields: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[Field, ...]:
    """Whether the seller may see photos is asked of whoever shows some."""
    return tuple(field for field in fields if field.name != "show_photos" or given.get("photos"))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether the order is a seller's, and nothing is claimed or under way; what else is asked decides the rest."""
    return await why_not(_claimable(tx, actor, subject.id))


async def draft(tx: Tx, actor: Actor, arguments: ClaimGuarantee) -> Draft:
    """What is claimed; Refused as in `_basis`, for these lines too, and Denied with the rule's reason."""
    of = await _basis(tx, actor, arguments.order_id)
    if any(count > of.left.get(ref, 0) for ref, count in arguments.lines.items()):
        raise Refused("guarantee_settled", 409, alternatives=_PERSON)
    if of.returning(arguments.lines) and arguments.ground is not Ground.NOT_REFUNDED:
        raise Refused("guarantee_returning", 409, alternatives=("return.status", *_PERSON))
    decision = await _decide(tx, of, arguments)
    if decision.verdict is not Verdict.ALLOW:
        raise Denied(decision)
    shown = arguments.show_photos == "yes" and bool(arguments.photos)
    slip = slips.claim(of.order.document, arguments.ground, arguments.lines, decision, arguments.photos, shown=shown)
    plan = ClaimPlan(
        seller_id=of.seller.id,
        ground=arguments.ground,
        units=arguments.lines,
        amount=_amount(of, arguments.lines),
        note=arguments.note,
        photos=arguments.photos,
        photos_shown=shown,
        refund_to=arguments.refund_to,
        silence_grants=decision.silence_grants,
        slip=slip,
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(plan),
        order_id=of.order.id,
        order_version=of.order.version,
        decision=decision,
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Note the claim; Refused("guarantee_open") where there is one already."""
    await verbs.insert(tx, wish, msgspec.convert(wish.plan, ClaimPlan))


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """From now on the seller has the time that the rules give."""
    plan = msgspec.convert(wish.plan, ClaimPlan)
    claim = await queries.access_claim(tx, SYSTEM, wish.id, lock=True)
    if operation.state is not OperationState.SUCCEEDED:
        await verbs.move(tx, claim, State.WITHDRAWN)
        return Outcome(state=Settled.FAILED, code="withdrawn")
    await verbs.ask_seller(tx, claim)
    return Outcome(state=Settled.DONE, slip=slips.claimed(plan.slip, wish.order_id))


async def _basis(tx: Tx, actor: Actor, order_id: UUID) -> Basis:
    """Refused: guarantee_not_seller, guarantee_settled (unrelated), guarantee_open, guarantee_decided, change_open."""
    order = await access_order(tx, actor, order_id)
    pack = await rules_of(tx, order.store_id)
    told = order.document.seller
    seller = await seller_by_ref(tx, order.store_id, told.ref) if told else None
    if seller is None or not pack.guarantee.covers:
        raise Unrelated("guarantee_not_seller", 409, alternatives=_PERSON)
    known = await queries.claim_of_order(tx, actor, order_id)
    if known and known.state in LIVING:
        raise Refused("guarantee_open", 409, alternatives=_PERSON)
    if await open_request_on(tx, order_id):
        raise Refused("change_open", 409)
    found = Basis(order, seller, pack, await ledger.lines(tx, order_id), await queries.refused_units(tx, order_id))
    if not found.left and any(line.free + line.return_open for line in found.held.values()):
        raise Refused("guarantee_decided", 409, alternatives=_PERSON)
    if not found.left:
        raise Unrelated("guarantee_settled", 409, alternatives=_PERSON)
    return found


async def _claimable(tx: Tx, actor: Actor, order_id: UUID) -> None:
    """Refused as in `_basis`, and Denied while all there is to claim is a refund that is not late yet."""
    of = await _basis(tx, actor, order_id)
    if any(line.free for line in of.held.values()):
        return
    decision = await _decide(tx, of, ClaimGuarantee(order_id, of.left, Ground.NOT_REFUNDED, note=""))
    if decision.verdict is not Verdict.ALLOW:
        raise Denied(decision)


async def _decide(tx: Tx, of: Basis, arguments: ClaimGuarantee) -> GuaranteeDecision:
    asked = await queries.contact(tx, of.order)
    document, refs = of.order.document, arguments.lines.keys()
    question = GuaranteeQuestion(
        at=tx.now,
        country=document.address.country,
        ground=arguments.ground,
        amount=_amount(of, arguments.lines).amount,
        zone=(await store(tx, of.order.store_id)).time_zone,
        ordered_at=of.order.placed_at,
        promised_until=_promised(document),
        delivered=all(line.delivered for line in document.lines if line.ref in refs),
        asked_at=asked.asked_at,
        return_asked_at=asked.return_asked_at,
        flags=tuple(sorted({flag for line in document.lines if line.ref in refs for flag in line.flags})),
        charged_back=arguments.disputed == "yes",
    )
    return decide_guarantee(of.pack, question)


def _left(held: Mapping[str, LineUnits], refused: Mapping[str, int]) -> dict[str, int]:
    counts = {ref: line.free + line.return_open - refused.get(ref, 0) for ref, line in held.items()}
    return {ref: count for ref, count in counts.items() if count > 0}


def _amount(of: Basis, units: Mapping[str, int]) -> Money:
    return price(of.order.document, of.held, units, shipping=True)


def _promised(order: StoreOrder) -> datetime | None:
    """The last promise of all parcels."""
    moments = [parcel.promised_until for parcel in order.shipments if parcel.promised_until]
    return max([*moments, *([order.promised_until] if order.promised_until else [])], default=None)


def _line_options(order: StoreOrder, held: Mapping[str, LineUnits], left: Mapping[str, int]) -> tuple[FieldOption, ...]:
    costs = worth(order, held, left)
    return tuple(
        FieldOption(value=line.ref, label=line.name, amount=costs[line.ref], limit=left[line.ref])
        for line in order.lines
        if line.ref in left
    )


_DISPUTED = tuple(FieldOption(value=one, label=Said(f"guarantee.disputed.{one}")) for one in ("no", "yes"))
_SHOWN = tuple(FieldOption(value=one, label=Said(f"guarantee.shown.{one}")) for one in ("no", "yes"))
