"""What the warehouse finds: what was in the parcel, in what state it is, and what becomes of it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions.rules import TextCard, said
from madoguchi.core.policy.floors import lawful
from madoguchi.core.policy.law import deciding
from madoguchi.core.policy.pack import Fault, ReturnRules, RulePack, Worn
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.security import clean_text
from madoguchi.service.returns import early, folding, queries, verbs
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import (
    ACCEPTANCE,
    NOT_COMING,
    RECEPTION,
    Acceptance,
    Disposition,
    Grade,
    Reception,
    Stage,
    Why,
    may_go,
)
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit

ARRIVALS = (Reception.RECEIVED, Reception.SHORT, Reception.WRONG_ITEM)
_ABSENT = {Reception.SHORT: Disposition.MISSING, Reception.WRONG_ITEM: Disposition.BACK_TO_CUSTOMER}


class ReceiveReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a return was in the parcel: unit → received, short or wrong_item; without any, all that is expected."""

    return_id: UUID
    units: dict[UUID, Reception] = {}


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a unit is: complete, the maker's packaging opened, working, and in which state by eye."""

    complete: bool = True
    opened: bool = False
    works: bool = True
    grade: Grade = Grade.NEW


class Verdict(msgspec.Struct, frozen=True):
    """What is given for a unit, in percent of its price, and why less than was promised.

    `clauses` are those of the law without which the rules would say otherwise.
    """

    acceptance: Acceptance
    percent: int | None = None
    why: Why | None = None
    clauses: tuple[str, ...] = ()


class InspectReturn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a unit is, what becomes of it, and what is given for it; without `acceptance`, what the rules say."""

    return_id: UUID
    unit_id: UUID
    found: Found = Found()
    disposition: Disposition
    acceptance: Acceptance | None = None
    percent: int | None = None
    why: Why | None = None
    note: str = ""


async def receive(tx: Tx, actor: Actor, arguments: ReceiveReturn) -> TextCard:
    """Note what was in the parcel.

    Refused: return_not_open, return_nothing_expected, return_already_here where it came before, units_taken where it
    was called off and something else was done with it since.
    """
    of, units = await _opened(tx, actor, arguments.return_id)
    expected = {unit.id: unit for unit in folding.expected(units)}
    if not expected:
        raise Refused("return_already_here" if any(unit.received_at for unit in units) else "return_not_open", 409)
    told = arguments.units or dict.fromkeys(expected, Reception.RECEIVED)
    if not expected.keys() >= told.keys() or not set(told.values()) <= set(ARRIVALS):
        raise Refused("return_nothing_expected", 409)
    told = {id: one for id, one in told.items() if one in RECEPTION[expected[id].reception]}  # else it stays as it was
    async with tx.acting(SYSTEM):
        called_off = [expected[id] for id in told if expected[id].reception in NOT_COMING]
        await verbs.take_up_again(tx, of, called_off)
        await unit_rows.come_late(tx, called_off)
        await verbs.turn_up(tx, of, [expected[id] for id, one in told.items() if one is Reception.RECEIVED])
        for reception in ARRIVALS:
            await verbs.move(tx, [expected[id] for id, one in told.items() if one is reception], reception)
        for reception, becomes in _ABSENT.items():
            absent = [id for id, one in told.items() if one is reception]
            await unit_rows.reject_absent(tx, absent, becomes, actor.id)
        await verbs.arrived(tx, of.id)
        await verbs.refold(tx, of.id)
    here = sum(reception is Reception.RECEIVED for reception in told.values())
    return TextCard(lines=(said("returns.desk.received", number=of.number or "", n=here),))


async def inspect(tx: Tx, actor: Actor, arguments: InspectReturn) -> TextCard:
    """Note how a unit is and what is given for it; less than the rules leave to the warehouse waits for a leader.

    Refused: return_not_open, return_not_here, return_inspected, return_percent, return_why, return_disposition.
    """
    of, units = await _opened(tx, actor, arguments.return_id)
    unit = next((unit for unit in units if unit.id == arguments.unit_id), None)
    if unit is None or unit.reception is not Reception.RECEIVED:
        raise Refused("return_not_here", 409)
    verdict = await verdict_on(tx, of, unit, arguments)
    if not may_go(ACCEPTANCE, unit.acceptance, verdict.acceptance) or unit.inspected_at:
        raise Refused("return_inspected", 409)
    async with tx.acting(SYSTEM):
        await unit_rows.decide(tx, unit.id, verdict.acceptance, verdict.percent, verdict.why)
        note, becomes = clean_text(arguments.note), whither(verdict, arguments.disposition)
        await unit_rows.look_at(tx, unit.id, arguments.found.grade, becomes, note, verdict.clauses, actor.id)
        given_early = unit.settled_at and verdict.acceptance is Acceptance.REJECTED
        await verbs.refold(tx, of.id, rejected=[unit.id] if given_early else ())
    return TextCard(lines=(said(f"returns.desk.{verdict.acceptance}", name=unit.name, percent=given(unit, verdict)),))


async def verdict_on(tx: Tx, of: Return, unit: Unit, told: InspectReturn) -> Verdict:
    """What is given for a unit; Refused: return_percent, return_why, return_given_for_good where it cannot be less."""
    if await early.is_for_good(tx, unit):
        if told.acceptance not in {None, Acceptance.ACCEPTED} or told.disposition is Disposition.BACK_TO_CUSTOMER:
            raise Refused("return_given_for_good", 409)
        return Verdict(Acceptance.ACCEPTED)
    if unit.late:
        return Verdict(Acceptance.MANUAL)
    (suggested, least), clauses = await _assessed(tx, of, unit, told.found)
    verdict = suggested if told.acceptance is None else _chosen(unit, told)
    if told.acceptance and given(unit, verdict) < least:
        verdict = Verdict(Acceptance.MANUAL, None, verdict.why)
    return msgspec.structs.replace(verdict, clauses=clauses)


async def _assessed(tx: Tx, of: Return, unit: Unit, found: Found) -> tuple[tuple[Verdict, int], tuple[str, ...]]:
    """What the rules say under the law of the consumer's country, and the clauses that decided."""
    async with tx.acting(SYSTEM):
        country = (await access_order(tx, SYSTEM, of.order_id)).document.address.country
    pack, on = await rules_of(tx, of.store_id), of.made_at.date()

    def by(rules: RulePack) -> tuple[Verdict, int]:
        return assess(rules.returns, of.fault, unit, found)

    return by(lawful(pack, country, on)[0]), deciding(pack, country, on, ("returns",), by)


def assess(pack: ReturnRules, fault: Fault, unit: Unit, found: Found) -> tuple[Verdict, int]:
    """What the rules say to a unit that is so, and the least that the warehouse may give for it by its own word."""
    whole = Verdict(Acceptance.ACCEPTED)
    if fault is not Fault.CUSTOMER:
        return whole, unit.promised
    for worn, applies, why in (
        (pack.used, found.grade is Grade.WORN, Why.USED),
        (pack.incomplete, not found.complete, Why.INCOMPLETE),
        (Worn.INSPECTED, found.grade is Grade.BROKEN or not found.works, Why.DAMAGED),
    ):
        if applies and worn is Worn.REFUSED:
            return Verdict(Acceptance.REJECTED, None, why), 0
        if applies and worn is Worn.INSPECTED:
            return _worth_less(unit, why), 1
    if found.opened and unit.if_opened < unit.promised:
        return Verdict(Acceptance.REDUCED, unit.if_opened, Why.OPENED), unit.if_opened
    return whole, unit.promised


def _worth_less(unit: Unit, why: Why) -> Verdict:
    """The share that an opened one is worth; a leader says it where opening takes nothing off."""
    if unit.if_opened < unit.promised:
        return Verdict(Acceptance.REDUCED, unit.if_opened, why)
    return Verdict(Acceptance.MANUAL, None, why)


def whither(verdict: Verdict, told: Disposition) -> Disposition:
    """What becomes of a unit: what nothing is given for is the customer's; what is paid for stays here.

    Refused("return_disposition").
    """
    if verdict.acceptance is Acceptance.REJECTED:
        return Disposition.BACK_TO_CUSTOMER
    if told is Disposition.BACK_TO_CUSTOMER and verdict.acceptance is not Acceptance.MANUAL:
        raise Refused("return_disposition", field="disposition")
    return told


def _chosen(unit: Unit, told: InspectReturn) -> Verdict:
    """What was chosen; Refused where it is not whole."""
    assert told.acceptance
    if told.acceptance in {Acceptance.ACCEPTED, Acceptance.MANUAL}:
        return Verdict(told.acceptance)
    if told.why is None:
        raise Refused("return_why", field="why")
    if told.acceptance is Acceptance.REJECTED:
        return Verdict(Acceptance.REJECTED, None, told.why)
    if told.percent is None or not 0 <= told.percent < max(unit.promised, 1):
        raise Refused("return_percent", limit=unit.promised, field="percent")
    return Verdict(Acceptance.REDUCED, told.percent, told.why)


def given(unit: Unit, verdict: Verdict) -> int:
    """The share of its price that is given for a unit, in percent."""
    if verdict.acceptance is Acceptance.REJECTED:
        return 0
    return unit.promised if verdict.percent is None else verdict.percent


async def _opened(tx: Tx, actor: Actor, return_id: UUID) -> tuple[Return, Sequence[Unit]]:
    """A return that was agreed to with its units, locked, for the warehouse, staff and the system."""
    if not (actor.is_staff or actor.role in {Role.WAREHOUSE, Role.SYSTEM}):
        raise invisible()
    async with tx.acting(SYSTEM):
        of = await queries.access_return(tx, SYSTEM, return_id, lock=True)
        if of.stage is not Stage.AGREED:
            raise Refused("return_not_open", 409)
        return of, await queries.units_of(tx, return_id, lock=True)
