"""What the warehouse sees and does: returns and their units by what was scanned, and nothing of whom they come from."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role, outranks
from madoguchi.core.carriers.consignments import queries as consignments
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.photos import verbs as photos
from madoguchi.core.photos.queries import File, Photo, access_photo
from madoguchi.core.policy.pack import ReturnReason
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.money import Money
from madoguchi.kit.security import clean_text
from madoguchi.service.returns import folding, inspecting, queries, settling
from madoguchi.service.returns.inspecting import InspectReturn, Verdict
from madoguchi.service.returns.queries import Line, Return
from madoguchi.service.returns.rules import (
    NOT_COMING,
    Acceptance,
    Booked,
    Condition,
    Reception,
    ReturnState,
    Stage,
    Stray,
)
from madoguchi.service.returns.strays import verbs as aside
from madoguchi.service.returns.strays.queries import StrayParcel, open_ones
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, counted, goes_back

LONGEST = 80  # characters of what a scanner reads


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A return as the warehouse sees it: what is expected, and what the customer told of it."""

    id: UUID
    number: str
    state: ReturnState
    reason: ReturnReason
    condition: Condition | None
    send_until: datetime
    changed_at: datetime
    units: tuple[Unit, ...] = ()


class Scanned(msgspec.Struct, frozen=True):
    """What a code led to: a return that is expected, else why the parcel is to be put aside."""

    return_id: UUID | None
    stray: Stray | None = None


class GoesBack(msgspec.Struct, frozen=True):
    """What goes back to a customer: of which return, which goods, and the carrier's number once there is one.

    Since `asked_at` the customer is asked where it goes.
    """

    reference: str
    units: tuple[Unit, ...]
    carrier: str | None = None
    number: str | None = None
    asked_at: datetime | None = None


class Preview(msgspec.Struct, frozen=True):
    """What would be decided about a unit, and what is given for it (None where somebody else decides)."""

    verdict: Verdict
    percent: int
    amount: Money | None


async def scan(tx: Tx, actor: Actor, text: str) -> Scanned:
    """What a scanner read, or somebody typed: a return's number, or a carrier's number of its parcel."""
    _check(actor)
    code = clean_text(text)[:LONGEST]
    return_id = await _of_code(tx, code)
    if return_id is None:
        return Scanned(None, Stray.UNKNOWN)
    async with tx.acting(SYSTEM):
        of = await queries.access_return(tx, SYSTEM, return_id)
    units = await queries.units_of(tx, return_id)
    if of.stage is Stage.AGREED and await _can_be_taken_in(tx, of, folding.expected(units)):
        return Scanned(return_id)
    if any(unit.reception is Reception.RECEIVED and unit.inspected_at is None for unit in units):
        return Scanned(return_id)
    return Scanned(return_id, Stray.AGAIN if any(unit.received_at for unit in units) else Stray.ENDED)


async def shown(tx: Tx, actor: Actor, return_id: UUID) -> Shown:
    """A return with its units; invisible until it was agreed to."""
    _check(actor)
    async with tx.acting(SYSTEM):
        of = await queries.access_return(tx, SYSTEM, return_id)
    if of.number is None:
        raise invisible()
    return Shown(
        id=of.id,
        number=of.number,
        state=of.state,
        reason=of.reason,
        condition=of.condition,
        send_until=of.send_until,
        changed_at=of.changed_at,
        units=tuple(await queries.units_of(tx, return_id)),
    )


async def waiting(tx: Tx, actor: Actor) -> Sequence[Line]:
    """What is here and was not looked at, the longest waiting first."""
    _check(actor)
    return await queries.lines_in(tx, ReturnState.RECEIVED)


async def expected(tx: Tx, actor: Actor) -> Sequence[Line]:
    """What is on its way, and what may come, those on their way first."""
    _check(actor)
    return [*await queries.lines_in(tx, ReturnState.IN_TRANSIT), *await queries.lines_in(tx, ReturnState.APPROVED)]


async def to_hand_over(tx: Tx, actor: Actor) -> Sequence[GoesBack]:
    """What goes back to customers, the longest waiting first: what carriers come for, then what lacks an address."""
    _check(actor)
    async with tx.acting(SYSTEM):
        coming = [
            GoesBack(one.document.reference, tuple(await queries.units_in(tx, one.id)), one.carrier, one.number)
            for one in await consignments.to_hand_over(tx)
        ]
        lying = [await _without_address(tx, of) for of in await queries.without_address(tx)]
    return [*coming, *(one for one in lying if one.units)]


async def _without_address(tx: Tx, of: Return) -> GoesBack:
    going = tuple(unit for unit in await queries.units_of(tx, of.id) if goes_back(unit))
    return GoesBack(of.number or "", going, asked_at=of.address_asked_at)


async def strays(tx: Tx, actor: Actor) -> Sequence[StrayParcel]:
    """Parcels that were put aside and that nobody has found out about, the longest waiting first."""
    _check(actor)
    return await open_ones(tx)


async def put_aside(tx: Tx, actor: Actor, scanned: str, note: str, place: str) -> None:
    """Keep a parcel that cannot be matched for somebody to find out; Refused("return_expected") for one that can."""
    found = await scan(tx, actor, scanned)
    if found.stray is None:
        raise Refused("return_expected", 409)
    await aside.put_aside(
        tx,
        clean_text(scanned)[:LONGEST],
        found.stray,
        found.return_id,
        note=clean_text(note),
        place=clean_text(place),
        by=actor.id,
    )


async def find_out(tx: Tx, actor: Actor, stray_id: UUID, answer: str) -> None:
    """Somebody knows what it was; Refused("field_missing"). Twice is as good as once."""
    _check(actor)
    told = clean_text(answer)
    if not told:
        raise Refused("field_missing", field="answer")
    await aside.find_out(tx, stray_id, told, actor.id)


async def preview(tx: Tx, actor: Actor, told: InspectReturn) -> Preview:
    """What inspecting a unit so would mean, by what the settlement would do; Refused as `inspecting.inspect` is."""
    _check(actor)
    async with tx.acting(SYSTEM):
        of = await queries.access_return(tx, SYSTEM, told.return_id)
        unit = next((one for one in await queries.units_of(tx, of.id) if one.id == told.unit_id), None)
        if unit is None or unit.reception is not Reception.RECEIVED or unit.inspected_at:
            raise Refused("return_not_here", 409)
        verdict = await inspecting.verdict_on(tx, of, unit, told)
        inspecting.whither(verdict, told.disposition)
        percent = inspecting.given(unit, verdict)
        if verdict.acceptance is Acceptance.MANUAL or unit.booked is not Booked.OPEN:
            return Preview(verdict, percent, None)
        decided = msgspec.structs.replace(unit, acceptance=verdict.acceptance, percent=verdict.percent)
        order = await access_order(tx, SYSTEM, of.order_id)
        plan = await settling.plan_for(tx, of, order, [decided])
        return Preview(verdict, percent, plan.slip.total)


async def add_photo(tx: Tx, actor: Actor, return_id: UUID, unit_id: UUID, file: File) -> None:
    """Keep a photo of a unit that is here; Refused("return_not_here")."""
    _check(actor)
    assert actor.id
    async with tx.acting(SYSTEM):
        if not await unit_rows.show(tx, return_id, unit_id, await photos.keep(tx, actor.id, file)):
            raise Refused("return_not_here", 409)


async def photos_of(tx: Tx, actor: Actor, unit_id: UUID) -> Sequence[UUID]:
    """The photos of a unit."""
    _check(actor)
    return await queries.photos_of(tx, unit_id)


async def photo(tx: Tx, actor: Actor, photo_id: UUID) -> Photo:
    """A photo that the warehouse took of returned goods; else invisible."""
    _check(actor)
    if not await queries.is_of_goods(tx, photo_id):
        raise invisible()
    async with tx.acting(SYSTEM):
        return await access_photo(tx, SYSTEM, photo_id)


async def _can_be_taken_in(tx: Tx, of: Return, units: Sequence[Unit]) -> bool:
    """Whether something is expected with which nothing else was done since it was called off."""
    wanted = counted([unit for unit in units if unit.booked is Booked.FREE and unit.reception in NOT_COMING])
    async with tx.acting(SYSTEM):
        held = await ledger.lines(tx, of.order_id) if wanted else {}
    return bool(units) and all(held[ref].free >= n for ref, n in wanted.items())


def _check(actor: Actor) -> None:
    if actor.role not in {Role.WAREHOUSE, Role.SYSTEM} and not outranks(actor, Role.LEADER):
        raise invisible()


async def _of_code(tx: Tx, code: str) -> UUID | None:
    number = ids.read_number(code, "R")
    if number:
        return await queries.return_numbered(tx, number)
    parcels = await queries.parcels_numbered(tx, None, ids.bare(code))
    return parcels[0].return_id if parcels else None
