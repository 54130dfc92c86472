"""The carrier port: what we ask of whoever brings parcels. One adapter per carrier (edge/carriers).

Each parcel has the carrier's number. What can be asked of one now is the carrier's own word (`redelivery_options`,
`instructions`, `pickup_slots`, `Tracked.redirect_by`), each with the moment until which it may be asked. A carrier may
raise CarrierUnavailable; whatever it is asked for is asked under a key of ours and is safe to repeat. News may come
late, twice and in any order: they say that a parcel has moved, and `track` where it is.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from madoguchi.core.shop.port import Address, Operation, TrackingEvent, TrackingState


class CarrierUnavailable(Exception):  # noqa: N818 - a state of the world
    """The carrier did not answer, or not in time; nothing is known about what it did."""


class Ability(StrEnum):
    """What a carrier can be asked; a missing one becomes a task for a person."""

    REDELIVER = "redeliver"
    INSTRUCT = "instruct"
    REDIRECT = "redirect"
    PICK_UP = "pick_up"  # at the customer's door
    ANNOUNCE_RETURN = "announce_return"
    WITHDRAW_RETURN = "withdraw_return"
    DISPATCH = "dispatch"  # from the shop's warehouse


class Band(StrEnum):
    """A part of a day."""

    ANY = "any"
    MORNING = "morning"
    FROM_14 = "14_16"
    FROM_16 = "16_18"
    FROM_18 = "18_20"
    FROM_19 = "19_21"


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A day and a part of it at which a carrier comes; it may be asked for until `ask_by`."""

    day: date
    band: Band
    ask_by: datetime


class Handing(StrEnum):
    """How a parcel is handed over."""

    IN_PERSON = "in_person"
    FRONT_DOOR = "front_door"
    DELIVERY_BOX = "delivery_box"
    METER_BOX = "meter_box"
    SHED = "shed"
    GARAGE = "garage"
    BICYCLE_BASKET = "bicycle_basket"
    RECEPTION = "reception"
    PICK_UP = "pick_up"  # the customer comes to a point of the carrier's: a depot, a locker, a shop


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where parcels are picked up, with the name and the place as the carrier writes them."""

    ref: str
    name: str
    place: str = ""


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """A way of handing over; `point` belongs to PICK_UP. It may be asked for until `ask_by`."""

    handing: Handing
    ask_by: datetime
    point: Point | None = None

    @property
    def value(self) -> str:
        """What tells it from the parcel's other ones."""
        return f"{self.handing}:{self.point.ref}" if self.point else self.handing.value


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed with a carrier about a parcel: when it comes, how it is handed over, where it goes instead."""

    slot: Slot | None = None
    instruction: Instruction | None = None
    address: Address | None = None


class Tracked(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as its carrier tells it: the steps it has reached in the order of time, and what was agreed.

    It is kept at a depot until `held_until`, None: nobody was missed yet. It can be sent to another address until
    `redirect_by`, None: not at all.
    """

    number: str
    state: TrackingState
    events: tuple[TrackingEvent, ...]
    agreed: Agreed = Agreed()
    held_until: datetime | None = None
    redirect_by: datetime | None = None


class Told(msgspec.Struct, frozen=True):
    """A piece of news: a parcel has reached a step."""

    number: str
    event: TrackingEvent


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One page of news; ask again from `cursor` while `more`."""

    cursor: str
    more: bool
    told: tuple[Told, ...]


class Consignment(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="back"):
    """A parcel that a customer will send back: under which number of ours, from where, to which shop.

    The carrier knows the shop's warehouse by its contract. `prepaid`: the sender pays; else the shop does on arrival.
    """

    reference: str
    sender: Address
    receiver: str
    prepaid: bool


class Dispatch(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="out"):
    """A parcel that a shop's warehouse sends to a customer: under which number of ours, from which shop, where to."""

    reference: str
    sender: str
    receiver: Address


class CarrierOperation(Operation, frozen=True, kw_only=True):
    """A carrier's answer. `created` is the number of a parcel that it will carry; `tracked` the parcel afterwards.

    `paperless` stands in the 2D code that replaces a printed label.
    """

    tracked: Tracked | None = None
    paperless: str | None = None


class CarrierPort(Protocol):
    """What we can ask of a carrier; `name` is the one that stands on shipments.

    Whatever has a `key` gives, repeated with the same request, the first answer and no second effect; with another
    request it fails as invalid.
    """

    name: str

    def abilities(self) -> frozenset[Ability]:
        """What may be asked at all."""
        ...

    async def track(self, number: str) -> Tracked | None:
        """The parcel as it is now; None when there is none with this number."""
        ...

    async def events_since(self, cursor: str, limit: int = 200) -> News:
        """Steps reached after the cursor ("" = all), by parcels that were tracked or announced."""
        ...

    async def redelivery_options(self, number: str) -> tuple[Slot, ...]:
        """When the parcel can be brought, again or for the first time; nothing when it is on the van or delivered."""
        ...

    async def redeliver(self, key: str, number: str, day: date, band: Band) -> CarrierOperation:
        """Bring it then."""
        ...

    async def instructions(self, number: str) -> tuple[Instruction, ...]:
        """How the parcel can be handed over."""
        ...

    async def instruct(self, key: str, number: str, handing: Handing, point: str) -> CarrierOperation:
        """Hand it over so; `point` is the ref of a pick-up point, "" for the other ways."""
        ...

    async def redirect(self, key: str, number: str, address: Address) -> CarrierOperation:
        """Bring it to another address in the same country."""
        ...

    async def announce_return(self, key: str, consignment: Consignment) -> CarrierOperation:
        """Say that a parcel will come back: its number, and what stands in the 2D code that replaces a label."""
        ...

    async def withdraw_return(self, key: str, number: str) -> CarrierOperation:
        """Say that an announced parcel, or one to be fetched at the warehouse, will not come: nobody fetches it.

        Its code is good no more. Too late once it was handed over; whatever the key, it is as good as done where it was
        done before.
        """
        ...

    async def dispatch(self, key: str, dispatch: Dispatch) -> CarrierOperation:
        """Take a parcel at the shop's warehouse and bring it to a customer: its number."""
        ...

    async def pickup_slots(self, number: str) -> tuple[Slot, ...]:
        """When an announced parcel can be collected at the sender's door."""
        ...

    async def book_pickup(self, key: str, number: str, day: date, band: Band) -> CarrierOperation:
        """Collect it then; asked again with another key for another time, that one counts."""
        ...

    async def get_operation(self, key: str) -> CarrierOperation | None:
        """What became of what was asked under this key; None when the carrier never saw it."""
        ...
