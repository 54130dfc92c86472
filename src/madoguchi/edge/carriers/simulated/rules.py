"""Where a parcel is, what can be asked of it, and its way from then on. Pure, from one parcel to the next."""

import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from madoguchi.core.carriers.port import (
    Ability,
    Agreed,
    Band,
    Consignment,
    Dispatch,
    Handing,
    Instruction,
    Point,
    Slot,
    Tracked,
)
from madoguchi.core.shop.port import Address, Shipment, TrackingEvent, TrackingState
from madoguchi.edge.carriers.simulated.brands import Brand

JAPAN = ZoneInfo("Asia/Tokyo")
HOURS: Mapping[Band, tuple[int, int]] = {
    Band.ANY: (8, 21),
    Band.MORNING: (8, 12),
    Band.FROM_14: (14, 16),
    Band.FROM_16: (16, 18),
    Band.FROM_18: (18, 20),
    Band.FROM_19: (19, 21),
}
LEFT_AT: Mapping[Handing, str] = {
    Handing.FRONT_DOOR: "玄関前",
    Handing.DELIVERY_BOX: "宅配ボックス",
    Handing.METER_BOX: "メーターボックス",
    Handing.SHED: "物置",
    Handing.GARAGE: "車庫",
    Handing.BICYCLE_BASKET: "自転車のかご",
    Handing.RECEPTION: "管理人室",
}
DAYS_OFFERED = 7
KEPT = timedelta(days=7)  # after nobody was met
LOADED = timedelta(hours=2)  # before a band begins; until then it can be asked for
LEAVES = timedelta(minutes=90)  # the van, before a band begins
HANDED_OVER = timedelta(minutes=40)  # after a band began
DECIDES_WITHIN = timedelta(seconds=5)  # what is not answered at once
TO_A_POINT = timedelta(hours=3)
RETURNS_AT = "千葉・市川返品センター"
RETURN_TAKES = timedelta(days=2)
FETCHED_WITHIN = timedelta(hours=4)  # at the warehouse, after it was asked for
_MOVED = frozenset({TrackingState.OUT_FOR_DELIVERY, TrackingState.DELIVERED, TrackingState.RETURNED_TO_SENDER})
_ENDED = frozenset({TrackingState.DELIVERED, TrackingState.RETURNED_TO_SENDER, TrackingState.EXPIRED})
_MISSED = frozenset({TrackingState.ATTEMPT_FAILED, TrackingState.AVAILABLE_FOR_PICKUP})
_OUT_OF_HAND = _MOVED | _ENDED | {TrackingState.EXCEPTION}  # on the van, gone, or being looked for


class Direction(StrEnum):
    """Which way a parcel goes."""

    OUTWARD = "outward"
    BACK = "back"


class Waybill(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a parcel from whoever handed it over: where to, and its usual way, what lies ahead too.

    With `cash` the driver takes money at the door.
    """

    number: str
    address: Address
    way: tuple[TrackingEvent, ...]
    cash: bool = False


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel with the whole of its way, what lies ahead too; of one that comes back the address is its sender's.

    One that is `withdrawn` was announced and is not sent.
    """

    number: str
    direction: Direction
    address: Address
    way: tuple[TrackingEvent, ...]
    cash: bool = False
    agreed: Agreed = Agreed()
    withdrawn: bool = False


class Temper(msgspec.Struct, frozen=True, kw_only=True):
    """How carriers answer, tell and carry; chances between 0 and 1, drawn from `seed` and a key or a number.

    `pending`: what was asked is decided only later. `late`: how long after a step it is told. `doubled`: a piece of
    news comes twice. `shuffled`: a page of news comes in another order. `lost`: a parcel that comes back is lost on
    the way. `hands_in`: how long after it was announced a customer brings it to a depot, None: not by themselves.
    """

    seed: int = 0
    pending: float = 0.0
    late: timedelta = timedelta(0)
    doubled: float = 0.0
    shuffled: bool = False
    lost: float = 0.0
    hands_in: timedelta | None = None


def happens(temper: Temper, chance: float, about: str) -> bool:
    """The same for the same seed and what it is about."""
    return random.Random(f"{temper.seed}/{about}").random() < chance


def luck(text: str) -> int:
    """A large number that is always the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


# --- where it is ----------------------------------------------------------------------------------------------------


def reached(parcel: Parcel, now: datetime) -> tuple[TrackingEvent, ...]:
    """The steps until now."""
    return tuple(event for event in parcel.way if event.at <= now)


def is_with_sender(parcel: Parcel, now: datetime) -> bool:
    """Whether nobody has fetched it yet."""
    return state(parcel, now) in {TrackingState.PENDING, TrackingState.INFO_RECEIVED}


def state(parcel: Parcel, now: datetime) -> TrackingState:
    """The last step; pending before the first."""
    steps = reached(parcel, now)
    return steps[-1].state if steps else TrackingState.PENDING


def tracked(brand: Brand, parcel: Parcel, now: datetime) -> Tracked:
    """The parcel as it is told."""
    redirect_by = _movable_until(parcel, now) if parcel.direction is Direction.OUTWARD else None
    return Tracked(
        number=parcel.number,
        state=state(parcel, now),
        events=reached(parcel, now),
        agreed=parcel.agreed,
        held_until=_held_until(parcel, now),
        redirect_by=redirect_by if Ability.REDIRECT in brand.can else None,
    )


def next_step(parcel: Parcel, now: datetime) -> datetime | None:
    """When the next step is reached."""
    return next((event.at for event in parcel.way if event.at > now), None)


# --- what can be asked ----------------------------------------------------------------------------------------------


def slots(parcel: Parcel, now: datetime) -> tuple[Slot, ...]:
    """When it can be brought: from the day on which it would come, while it is not on the van and still kept."""
    until = _movable_until(parcel, now)
    if until is None:
        return ()
    first = _first_day(parcel, now)
    last = until.astimezone(JAPAN).date() if _missed(parcel, now) else first + timedelta(days=DAYS_OFFERED - 1)
    return tuple(one for one in _slots(first, last, until) if one.ask_by > now)


def pickup_slots(parcel: Parcel, now: datetime) -> tuple[Slot, ...]:
    """When an announced parcel can be collected: from tomorrow on, while it was not handed in."""
    if not awaited(parcel, now):
        return ()
    first = _day(now) + timedelta(days=1)
    last = first + timedelta(days=DAYS_OFFERED - 1)
    return tuple(_slots(first, last, _start(last, Band.FROM_19)))


def instructions(brand: Brand, parcel: Parcel, now: datetime) -> tuple[Instruction, ...]:
    """How it can be handed over: what is paid at the door is given to somebody."""
    until = _movable_until(parcel, now)
    if until is None or until <= now:
        return ()
    handings = (Handing.IN_PERSON,) if parcel.cash else brand.handings
    points = tuple(
        Point(ref=ref, name=f"{_town(parcel.address)}{kind}", place=parcel.address.region + parcel.address.city)
        for ref, kind in brand.points.items()
        if not parcel.cash or ref == "depot"
    )
    return (
        *(Instruction(handing=one, ask_by=until) for one in handings),
        *(Instruction(handing=Handing.PICK_UP, ask_by=until, point=one) for one in points),
    )


def awaited(parcel: Parcel, now: datetime) -> bool:
    """Whether it was announced and can still be handed in."""
    return parcel.direction is Direction.BACK and not parcel.withdrawn and not reached(parcel, now)


def _missed(parcel: Parcel, now: datetime) -> bool:
    return state(parcel, now) in _MISSED


def _movable_until(parcel: Parcel, now: datetime) -> datetime | None:
    """Until when something else can be done with it: the van is loaded, or it is kept no longer."""
    if parcel.direction is Direction.BACK or state(parcel, now) in _OUT_OF_HAND:
        return None
    planned = next((event.at for event in parcel.way if event.at > now and event.state in _MOVED), None)
    known = [moment for moment in (planned, _held_until(parcel, now)) if moment]
    return min(known) if known else now + KEPT


def _held_until(parcel: Parcel, now: datetime) -> datetime | None:
    """The end of the keeping period, from the first time that nobody was met or it lay ready."""
    if state(parcel, now) in _ENDED:
        return None
    first = next((event.at for event in reached(parcel, now) if event.state in _MISSED), None)
    return day_end(first + KEPT) if first else None


def _first_day(parcel: Parcel, now: datetime) -> date:
    if _missed(parcel, now):
        return _day(now)
    planned = next((event.at for event in parcel.way if event.at > now and event.state in _MOVED), None)
    return _day(planned) if planned else _day(now) + timedelta(days=1)


def _slots(first: date, last: date, until: datetime) -> Iterator[Slot]:
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for band in Band:
            yield Slot(day=day, band=band, ask_by=min(_start(day, band) - LOADED, until))


# --- what is done ---------------------------------------------------------------------------------------------------


def redelivered(parcel: Parcel, slot: Slot, now: datetime) -> Parcel:
    """It comes then."""
    start = _start(slot.day, slot.band)
    way = (
        *_still(parcel, now, start - LEAVES),
        TrackingEvent(start - LEAVES, TrackingState.OUT_FOR_DELIVERY, _depot(parcel)),
        TrackingEvent(start + HANDED_OVER, TrackingState.DELIVERED, _depot(parcel)),
    )
    return replace(parcel, way=way, agreed=replace(parcel.agreed, slot=slot))


def instructed(parcel: Parcel, instruction: Instruction, now: datetime) -> Parcel:
    """It is handed over so; what waits at the depot comes out again on the next day that is free for it."""
    after = replace(parcel, agreed=replace(parcel.agreed, instruction=instruction))
    if instruction.point:
        return _to_point(after, instruction.point, now)
    if next_step(parcel, now):
        return after
    whole_days = (slot for slot in slots(parcel, now) if slot.band is Band.ANY)
    day = next(whole_days, None)
    return replace(redelivered(after, day, now), agreed=after.agreed) if day else after


def redirected(parcel: Parcel, address: Address, now: datetime) -> Parcel:
    """It goes on to another address, a day later than it would have come, two where that is in another prefecture."""
    days = 1 if address.region == parcel.address.region else 2
    start = _start(_first_day(parcel, now) + timedelta(days=days), Band.ANY)
    moved = replace(parcel, address=address, agreed=Agreed(address=address))
    way = (
        *reached(parcel, now),
        TrackingEvent(now + TO_A_POINT, TrackingState.IN_TRANSIT, _depot(parcel)),
        TrackingEvent(start, TrackingState.OUT_FOR_DELIVERY, depot_of(address)),
        TrackingEvent(start + HANDED_OVER, TrackingState.DELIVERED, depot_of(address)),
    )
    return replace(moved, way=way)


def announced(temper: Temper, number: str, of: Consignment, now: datetime) -> Parcel:
    """A parcel that will come back, once it is handed in."""
    parcel = Parcel(number=number, direction=Direction.BACK, address=of.sender, way=())
    return handed_in(temper, parcel, now + temper.hands_in) if temper.hands_in else parcel


def dispatched(number: str, of: Dispatch, now: datetime) -> Parcel:
    """A parcel that is fetched at the warehouse, and at the customer's door the day after tomorrow."""
    leaves, depot = now + FETCHED_WITHIN, depot_of(of.receiver)
    brought = _start(_day(leaves + RETURN_TAKES), Band.ANY)
    way = (
        TrackingEvent(now, TrackingState.INFO_RECEIVED, RETURNS_AT),
        TrackingEvent(leaves, TrackingState.IN_TRANSIT, RETURNS_AT),
        TrackingEvent(leaves + timedelta(hours=14), TrackingState.IN_TRANSIT, depot),
        TrackingEvent(brought, TrackingState.OUT_FOR_DELIVERY, depot),
        TrackingEvent(brought + timedelta(hours=3), TrackingState.DELIVERED, depot),
    )
    return Parcel(number=number, direction=Direction.OUTWARD, address=of.receiver, way=way)


def collected(temper: Temper, parcel: Parcel, slot: Slot) -> Parcel:
    """The driver fetches it then."""
    after = handed_in(temper, parcel, _start(slot.day, slot.band) + HANDED_OVER)
    return replace(after, agreed=replace(parcel.agreed, slot=slot))


def withdrawn(parcel: Parcel) -> Parcel:
    """It is not sent, and nobody comes for it any more."""
    return replace(parcel, way=(), agreed=Agreed(), withdrawn=True)


def handed_in(temper: Temper, parcel: Parcel, at: datetime) -> Parcel:
    """It is with the carrier from then on, and at the warehouse two days later, unless it is lost."""
    base, there = depot_of(parcel.address), RETURNS_AT
    arrives = _start(_day(at + RETURN_TAKES), Band.MORNING)
    way: tuple[TrackingEvent, ...] = (
        TrackingEvent(at, TrackingState.IN_TRANSIT, base),
        TrackingEvent(at + timedelta(hours=9), TrackingState.IN_TRANSIT, there),
    )
    if not happens(temper, temper.lost, parcel.number):
        way += (
            TrackingEvent(arrives, TrackingState.OUT_FOR_DELIVERY, there),
            TrackingEvent(arrives + timedelta(hours=2), TrackingState.DELIVERED, there),
        )
    return replace(parcel, way=way)


def as_shipped(planned: Shipment, parcel: Parcel) -> Shipment:
    """The shop's parcel as it goes on: its way, the day on which it comes, and where it will be left."""
    slot, instruction = parcel.agreed.slot, parcel.agreed.instruction
    arrives = next((event.at for event in parcel.way if event.state is TrackingState.DELIVERED), None)
    return replace(
        planned,
        events=parcel.way,
        promised_from=_start(slot.day, slot.band) if slot else planned.promised_from,
        promised_until=slot_end(slot) if slot else day_end(arrives) if arrives else planned.promised_until,
        left_at=_left_at(instruction) if instruction else planned.left_at,
    )


def depot_of(address: Address) -> str:
    """The depot in charge of an address."""
    return f"{_town(address)}営業所"


def day_end(at: datetime) -> datetime:
    """The last second of that day in Japan."""
    return at.astimezone(JAPAN).replace(hour=23, minute=59, second=59, microsecond=0)


def slot_end(slot: Slot) -> datetime:
    """When a slot is over."""
    return datetime.combine(slot.day, time(HOURS[slot.band][1]), JAPAN)


def _to_point(parcel: Parcel, point: Point, now: datetime) -> Parcel:
    """It is brought there instead of to the door, and lies ready; the customer comes the day after."""
    planned = next((event.at for event in parcel.way if event.at > now and event.state in _MOVED), now)
    ready = planned + TO_A_POINT
    way = (
        *_still(parcel, now, planned),
        TrackingEvent(ready, TrackingState.AVAILABLE_FOR_PICKUP, point.name),
        TrackingEvent(ready + timedelta(days=1), TrackingState.DELIVERED, point.name),
    )
    return replace(parcel, way=way, agreed=replace(parcel.agreed, slot=None))


def _still(parcel: Parcel, now: datetime, until: datetime) -> tuple[TrackingEvent, ...]:
    """What was reached, and what is still to be passed on the way to the depot."""
    ahead = (e for e in parcel.way if now < e.at < until and e.state is TrackingState.IN_TRANSIT)
    return (*reached(parcel, now), *ahead)


def _depot(parcel: Parcel) -> str:
    """Where it goes out from; the last place it was heard of, or the one in charge of where it goes."""
    return parcel.way[-1].place if parcel.way else depot_of(parcel.address)


def _left_at(instruction: Instruction) -> str | None:
    """What the driver notes; None: somebody took it."""
    return instruction.point.name if instruction.point else LEFT_AT.get(instruction.handing)


def _town(address: Address) -> str:
    """How a place is called for short: 世田谷区 -> 世田谷."""
    return re.sub("[市区町村]$", "", address.city)


def _start(day: date, band: Band) -> datetime:
    return datetime.combine(day, time(HOURS[band][0]), JAPAN)


def _day(at: datetime) -> date:
    return at.astimezone(JAPAN).date()
