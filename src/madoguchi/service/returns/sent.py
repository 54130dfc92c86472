"""Whoever sends goods back on their own way tells by which carrier and under which number: it is followed like ours."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.carriers import numbers
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers import verbs as following
from madoguchi.core.carriers.consignments.queries import access_consignment, dispatch_numbered
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import clean_text
from madoguchi.service.returns import queries
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Parcel, Return
from madoguchi.service.returns.rules import ReturnState

ANOTHER = "another"
LONGEST = 40  # characters of a carrier's name, and of a number as it is written
_SENDABLE = frozenset({ReturnState.APPROVED, ReturnState.IN_TRANSIT, ReturnState.EXPIRED})


class TellSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which carrier a return was sent, under which number; `name` belongs to ANOTHER than those we follow."""

    return_id: UUID
    carrier: str
    name: str = ""
    number: str


class OwnWay:
    """The action of whoever sends on their own way. We hear the news of `carriers`, by name; of no others."""

    def __init__(self, carriers: Collection[str]) -> None:
        self._carriers = tuple(carriers)

    async def form(self, tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
        """The carrier and the number."""
        of = await queries.access_return(tx, actor, subject.id)
        before = await _told(tx, of.id)
        other = before.carrier if before and before.carrier not in self._carriers else None
        names = tuple(FieldOption(value=name, label=name) for name in self._carriers)
        return (
            Field(
                name="carrier",
                kind=FieldKind.CHOICE,
                options=(*names, FieldOption(value=ANOTHER, label=Said("returns.sent.another"))),
                default=ANOTHER if other else before.carrier if before else None,
                proposed=True,
            ),
            Field(name="name", kind=FieldKind.TEXT, limit=LONGEST, default=other),
            Field(name="number", kind=FieldKind.TEXT, limit=LONGEST, default=before.number if before else None),
        )

    async def narrow(
        self, tx: Tx, actor: Actor, subject: Subject, every: tuple[Field, ...], given: Mapping[str, Any]
    ) -> tuple[Field, ...]:
        """A name only of a carrier that is none of ours."""
        return every if given.get("carrier") == ANOTHER else tuple(one for one in every if one.name != "name")

    async def tell(self, tx: Tx, actor: Actor, arguments: TellSent) -> TextCard:
        """Follow the parcel from now on, in place of the one told before.

        Refused: return_carried, return_ended, return_already_here, field_missing, parcel_number_wrong, and
        parcel_number_taken for a number of another customer's, or of what was sent to this one.
        """
        of = await _to_be_told(tx, actor, arguments.return_id, lock=True)
        carrier, number = self._carrier(arguments), self._number(arguments)
        if await _is_the_way_there(tx, actor, of, number):
            raise Refused("parcel_number_taken", 409, field="number")
        async with tx.acting(SYSTEM):
            await _replace(tx, of, carrier, number)
        key = "returns.sent.followed" if carrier in self._carriers else "returns.sent.noted"
        return TextCard(lines=(said(key, carrier=carrier, number=number),))

    async def offer(self, tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
        """Whether it is sent on the customer's own way, and has not arrived."""
        return await why_not(_to_be_told(tx, actor, subject.id))

    def _carrier(self, told: TellSent) -> str:
        """One of ours is known by its name as well."""
        name = clean_text(told.name if told.carrier == ANOTHER else told.carrier)
        if not name:
            raise Refused("field_missing", field="name")
        return name

    def _number(self, told: TellSent) -> str:
        read = numbers.read if self._carrier(told) in self._carriers else numbers.read_any
        number = read(told.number)
        if number is None:
            raise Refused("parcel_number_wrong", field="number")
        return number


async def _to_be_told(tx: Tx, actor: Actor, return_id: UUID, *, lock: bool = False) -> Return:
    of = await queries.access_return(tx, actor, return_id, lock=lock)
    async with tx.acting(SYSTEM):
        carried = await access_consignment(tx, SYSTEM, of.id)
    if carried and carried.refused is None:
        raise Unrelated("return_carried", 409)
    if of.state not in _SENDABLE:
        raise Unrelated("return_ended", 409)
    if any(unit.received_at for unit in await queries.units_of(tx, of.id)):
        raise Unrelated("return_already_here", 409)
    return of


async def _is_the_way_there(tx: Tx, actor: Actor, of: Return, number: str) -> bool:
    """Whether the goods came to the customer under this number, which proves nothing of their way back."""
    order = await queries.order_of(tx, actor, of)
    return any(ids.bare(parcel.tracking_number) == number for parcel in order.document.shipments)


async def _replace(tx: Tx, of: Return, carrier: str, number: str) -> None:
    before = await _told(tx, of.id)
    if before and (before.carrier, before.number) == (carrier, number):
        return
    if await dispatch_numbered(tx, carrier, number):
        raise Refused("parcel_number_taken", 409, field="number")
    await following.follow(tx, carrier, number, customer_id=of.customer_id)
    await parcels.told(tx, of, carrier, number)
    if before and not await queries.parcels_numbered(tx, before.carrier, before.number):
        await following.forget(tx, before.carrier, before.number)
    known = await carriers.parcel(tx, carrier, number)
    for step in known.document.tracked.events if known else ():
        await parcels.tracked(tx, carrier, number, step.state, step.at)


async def _told(tx: Tx, return_id: UUID) -> Parcel | None:
    return next((parcel for parcel in await queries.parcels_of(tx, return_id) if parcel.told), None)
