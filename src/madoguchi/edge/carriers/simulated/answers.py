"""What a carrier says to what it is asked: the parcel afterwards, or why not. Pure."""

from collections.abc import Sequence
from datetime import date, datetime

from madoguchi.core.carriers.port import Band, Slot
from madoguchi.core.shop.port import Failure
from madoguchi.edge.carriers.simulated import rules
from madoguchi.edge.carriers.simulated.asked import (
    Asked,
    Instruct,
    NewParcel,
    PickUp,
    Redeliver,
    Redirect,
    SendOut,
    WithdrawReturn,
    ability,
)
from madoguchi.edge.carriers.simulated.brands import Brand
from madoguchi.edge.carriers.simulated.rules import Direction, Parcel, Temper

Answer = Parcel | Failure


def answer(brand: Brand, temper: Temper, parcel: Parcel | None, asked: Asked, now: datetime) -> Answer:
    """The parcel as it goes on, or why it does not; `parcel` None: there is none with this number."""
    if ability(asked) not in brand.can:
        return Failure.NOT_SUPPORTED
    if isinstance(asked, NewParcel):
        return _new(temper, asked, now) if parcel is None else Failure.INVALID
    if parcel is None:
        return Failure.NOT_FOUND
    match asked:
        case Redeliver():
            return _redelivered(parcel, asked, now)
        case Instruct():
            return _instructed(brand, parcel, asked, now)
        case Redirect():
            return _redirected(brand, parcel, asked, now)
        case WithdrawReturn():
            return _withdrawn(parcel, now)
        case PickUp():
            slot = _chosen(rules.pickup_slots(parcel, now), asked.day, asked.band)
            return rules.collected(temper, parcel, slot) if slot else _no(rules.pickup_slots(parcel, now))


def _new(temper: Temper, asked: NewParcel, now: datetime) -> Parcel:
    if isinstance(asked, SendOut):
        return rules.dispatched(asked.number, asked.dispatch, now)
    return rules.announced(temper, asked.number, asked.consignment, now)


def _redelivered(parcel: Parcel, asked: Redeliver, now: datetime) -> Answer:
    offered = rules.slots(parcel, now)
    slot = _chosen(offered, asked.day, asked.band)
    return rules.redelivered(parcel, slot, now) if slot else _no(offered)


def _instructed(brand: Brand, parcel: Parcel, asked: Instruct, now: datetime) -> Answer:
    offered = rules.instructions(brand, parcel, now)
    for one in offered:
        if (one.handing, one.point.ref if one.point else "") == (asked.handing, asked.point):
            return rules.instructed(parcel, one, now)
    return _no(offered)


def _redirected(brand: Brand, parcel: Parcel, asked: Redirect, now: datetime) -> Answer:
    until = rules.tracked(brand, parcel, now).redirect_by
    if until is None or until <= now:
        return Failure.TOO_LATE
    if asked.address.country != parcel.address.country:
        return Failure.INVALID
    return rules.redirected(parcel, asked.address, now)


def _withdrawn(parcel: Parcel, now: datetime) -> Answer:
    if parcel.direction is not Direction.BACK:  # what was to be fetched at a warehouse stays there
        return rules.withdrawn(parcel) if rules.is_with_sender(parcel, now) else Failure.INVALID
    return Failure.TOO_LATE if rules.reached(parcel, now) else rules.withdrawn(parcel)


def _chosen(offered: Sequence[Slot], day: date, band: Band) -> Slot | None:
    return next((slot for slot in offered if (slot.day, slot.band) == (day, band)), None)


def _no(offered: Sequence[object]) -> Failure:
    """This one is not offered, or nothing is any more."""
    return Failure.UNAVAILABLE if offered else Failure.TOO_LATE
