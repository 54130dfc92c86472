"""What every arrangement begins with: the parcel, its carrier's last word on it, and whether anything can be asked."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Unrelated
from madoguchi.core.actions.rules import Draft, Fact, Following, Said, Slip, said
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers.port import Ability, Tracked
from madoguchi.core.carriers.queries import Mirrored
from madoguchi.core.gifts.rules import Gift
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.requests.queries import open_request_about
from madoguchi.core.shop.port import Shipment, TrackingState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.money import Money

PERSON = ("service.human",)
_CAME_TO_AN_END = frozenset({TrackingState.DELIVERED, TrackingState.RETURNED_TO_SENDER, TrackingState.EXPIRED})


class ParcelOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which parcel of which order."""

    order_id: UUID
    parcel_ref: str


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel about which its carrier can be asked, and what it told of it last; `subject` is what a wish is about.

    With a `gift` it holds a present that comes back from whoever got it, who does not hear of the order.
    """

    order: Order
    carrier: str
    number: str
    carried: Mirrored
    subject: str
    line_refs: tuple[str, ...] = ()
    gift: Gift | None = None

    @property
    def tracked(self) -> Tracked:
        """Where it is, and what was agreed."""
        return self.carried.tracked

    def draft(
        self,
        title: str,
        facts: Iterable[Fact],
        plan: Mapping[str, Any],
        decision: Decision | None = None,
        *,
        then: Following | None = None,
    ) -> Draft:
        """What a quote holds; nothing is set aside, and nothing costs anything. `then` goes on once it is arranged."""
        slip = Slip(
            title=Said(title),
            order_ref=self.gift.number if self.gift else self.order.store_ref,
            lines=(),
            money=(),
            total=Money(0, self.order.document.currency),
            facts=(*facts, Fact(Said("delivery.fact.parcel"), f"{self.carrier} {self.number}")),
            notices=("change_done",),
            next_step=said("delivery.next", carrier=self.carrier),
        )
        agreed = msgspec.structs.replace(slip, then=then)
        named = {"carrier": self.carrier, "number": self.number, "slip": agreed}
        return Draft(
            slip=slip,
            plan=msgspec.to_builtins({**plan, **named}),
            order_id=self.order.id,
            order_version=self.order.version,
            subject=self.subject,
            gift=self.gift,
            decision=decision,
        )


async def seen(tx: Tx, actor: Actor, order_id: UUID, parcel_ref: str) -> tuple[Order, Shipment]:
    """The parcel, for whoever may see its order; else invisible."""
    order = await access_order(tx, actor, order_id)
    for parcel in order.document.shipments:
        if parcel.ref == parcel_ref:
            return order, parcel
    raise invisible()


async def carried(tx: Tx, carrier: str, number: str) -> Mirrored | None:
    """What a carrier told of a parcel last; None when it did not."""
    known = await carriers.parcel(tx, carrier, number)
    return known.document if known else None


async def open_for(tx: Tx, actor: Actor, of: ParcelOf, ability: Ability) -> Opening:
    """The parcel, when its carrier can be asked for this now.

    Refused: parcel_delivered, parcel_uncarried, carrier_cannot, delivery_on_van, delivery_held_up, and subject_open
    while something is being arranged.
    """
    order, parcel = await seen(tx, actor, of.order_id, of.parcel_ref)
    if not parcel.carrier or not parcel.lines:
        raise Unrelated("parcel_uncarried", 409, alternatives=PERSON)
    told = await carried(tx, parcel.carrier, parcel.tracking_number)
    if parcel.delivered_at or (told and told.tracked.state in _CAME_TO_AN_END):
        raise Unrelated("parcel_delivered", 409, alternatives=("delivery.not_received", *PERSON))
    opening = Opening(
        order=order,
        carrier=parcel.carrier,
        number=parcel.tracking_number,
        carried=able(told, ability),
        subject=f"parcel:{order.id}/{parcel.ref}",
        line_refs=tuple(parcel.lines),
    )
    if opening.tracked.state is TrackingState.OUT_FOR_DELIVERY:
        raise Refused("delivery_on_van", 409, alternatives=PERSON)
    if opening.tracked.state is TrackingState.EXCEPTION:
        raise Refused("delivery_held_up", 409, alternatives=("delivery.late", *PERSON))
    await check_nothing_open(tx, opening)
    return opening


def able(told: Mirrored | None, ability: Ability) -> Mirrored:
    """What a carrier told that can be asked for this; Refused("carrier_cannot"), which is a task for a person."""
    if told is None or ability not in told.abilities:
        raise Refused("carrier_cannot", 409, alternatives=PERSON)
    return told


async def check_nothing_open(tx: Tx, opening: Opening) -> None:
    """Refused("subject_open") while something is being arranged about the parcel."""
    if await open_request_about(tx, opening.order.store_id, opening.subject):
        raise Refused("subject_open", 409)


def too_late() -> Refused:
    """The carrier offers nothing of the kind any more."""
    return Refused("carrier_too_late", 409, alternatives=PERSON)
