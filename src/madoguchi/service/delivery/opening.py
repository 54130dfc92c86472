"""What every arrangement begins with: the parcel, its carrier's last word on it, and whether anything can be asked."""

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Unrelated, refusal
from madoguchi.core.actions.rules import Draft, Fact, Refusal, Said, Slip, said
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers.port import Ability, Tracked
from madoguchi.core.carriers.queries import Mirrored
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


class Opening(msgspec.Struct, frozen=True):
    """A parcel about which its carrier can be asked."""

    order: Order
    parcel: Shipment
    carried: Mirrored

    @property
    def tracked(self) -> Tracked:
        """Where it is, and what was agreed."""
        return self.carried.tracked

    def draft(
        self, title: str, facts: Iterable[Fact], plan: Mapping[str, Any], decision: Decision | None = None
    ) -> Draft:
        """What a quote holds; nothing is set aside, and nothing costs anything."""
        slip = Slip(
            title=Said(title),
            order_ref=self.order.store_ref,
            lines=(),
            money=(),
            total=Money(0, self.order.document.currency),
            facts=(*facts, Fact(Said("delivery.fact.parcel"), self._name())),
            notices=("change_done",),
            next_step=said("delivery.next", carrier=self.parcel.carrier),
        )
        named = {"carrier": self.parcel.carrier, "number": self.parcel.tracking_number, "slip": slip}
        return Draft(
            slip=slip,
            plan=msgspec.to_builtins({**plan, **named}),
            order_id=self.order.id,
            order_version=self.order.version,
            subject=subject(self.order, self.parcel),
            decision=decision,
        )

    def _name(self) -> str:
        return f"{self.parcel.carrier} {self.parcel.tracking_number}"


async def seen(tx: Tx, actor: Actor, order_id: UUID, parcel_ref: str) -> tuple[Order, Shipment]:
    """The parcel, for whoever may see its order; else invisible."""
    order = await access_order(tx, actor, order_id)
    for parcel in order.document.shipments:
        if parcel.ref == parcel_ref:
            return order, parcel
    raise invisible()


async def carried(tx: Tx, parcel: Shipment) -> Mirrored | None:
    """What its carrier told of it last; None when none did."""
    known = await carriers.parcel(tx, parcel.carrier, parcel.tracking_number)
    return known.document if known else None


async def open_for(tx: Tx, actor: Actor, of: ParcelOf, ability: Ability) -> Opening:
    """The parcel, when its carrier can be asked for this now.

    Refused: parcel_delivered, parcel_uncarried, subject_open while something is being arranged, carrier_cannot,
    delivery_on_van, delivery_held_up.
    """
    order, parcel = await seen(tx, actor, of.order_id, of.parcel_ref)
    if not parcel.carrier or not parcel.lines:
        raise Unrelated("parcel_uncarried", 409, alternatives=PERSON)
    told = await carried(tx, parcel)
    if parcel.delivered_at or (told and told.tracked.state in _CAME_TO_AN_END):
        raise Unrelated("parcel_delivered", 409, alternatives=("delivery.not_received", *PERSON))
    if told is None or ability not in told.abilities:
        raise Refused("carrier_cannot", 409, alternatives=PERSON)
    if told.tracked.state is TrackingState.OUT_FOR_DELIVERY:
        raise Refused("delivery_on_van", 409, alternatives=PERSON)
    if told.tracked.state is TrackingState.EXCEPTION:
        raise Refused("delivery_held_up", 409, alternatives=("delivery.late", *PERSON))
    if await open_request_about(tx, order.store_id, subject(order, parcel)):
        raise Refused("subject_open", 409)
    return Opening(order, parcel, told)


def too_late() -> Refused:
    """The carrier offers nothing of the kind any more."""
    return Refused("carrier_too_late", 409, alternatives=PERSON)


async def offered(opened: Awaitable[object]) -> Refusal | None:
    """None when it can be asked for; else why not and what instead."""
    try:
        await opened
    except Refused as refused:
        return refusal(refused)
    return None


def subject(order: Order, parcel: Shipment) -> str:
    """What a wish is about: one at a time for each parcel."""
    return f"parcel:{order.id}/{parcel.ref}"
