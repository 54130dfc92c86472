"""Where a return is, in sentences."""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import About, Subject, Thing
from madoguchi.core.actions.rules import Said, TextCard, said
from madoguchi.core.ledger.advances.queries import open_advance
from madoguchi.core.ledger.advances.rules import AdvanceState
from madoguchi.core.photos.queries import Photo, access_photo
from madoguchi.core.policy.pack import Fault
from madoguchi.core.policy.queries import grounds_of
from madoguchi.core.policy.returning import LESS
from madoguchi.core.requests.queries import access_request
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.returns import going_on, queries, sending
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ENDED, Acceptance, Reception
from madoguchi.service.returns.sending import SentBack
from madoguchi.service.returns.slips import because
from madoguchi.service.returns.units.rules import Unit, goes_back


class ShowReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which return."""

    return_id: UUID


async def status(tx: Tx, actor: Actor, arguments: ShowReturn) -> TextCard:
    """How far it is, what comes next and until when, and what was decided about which goods."""
    of = await queries.access_return(tx, actor, arguments.return_id)
    return TextCard(lines=await sentences(tx, of))


async def photo(tx: Tx, actor: Actor, return_id: UUID, photo_id: UUID) -> Photo:
    """What the warehouse shows whoever gets less than was promised; else invisible."""
    await queries.access_return(tx, actor, return_id)
    if photo_id not in await queries.photos_of_less(tx, return_id):
        raise invisible()
    async with tx.acting(SYSTEM):
        return await access_photo(tx, SYSTEM, photo_id)


async def things(tx: Tx, actor: Actor, customer_id: UUID) -> Sequence[Thing]:
    """A customer's returns, those that are open first."""
    found = sorted(await queries.returns_of(tx, actor, customer_id), key=lambda one: one.state in ENDED)
    return [
        Thing(Subject(About.RETURN, one.id, str(one.id)), await _called(tx, one), one.told_order, one.state in ENDED)
        for one in found
        if one.number
    ]


async def _called(tx: Tx, of: Return) -> str:
    names = dict.fromkeys(unit.name for unit in await queries.units_of(tx, of.id))
    return f"{of.number} {', '.join(names)}"


async def sentences(tx: Tx, of: Return) -> tuple[Said, ...]:
    """The same of a return that the actor was found to see."""
    units = await queries.units_of(tx, of.id)
    lines = [said("returns.status.what", number=of.number or "", order=of.named)]
    here = said(f"returns.state.{of.state}", until=of.send_until)
    lines.append(Said(f"returns.status.{of.doubt.said}") if of.doubt else here)
    lines += await _less(tx, of)
    lines += await _to_come(tx, of, units)
    for unit in units:
        if unit.why and unit.acceptance is not Acceptance.MANUAL:
            lines.append(said(f"returns.line.{unit.acceptance}", name=unit.name, percent=unit.given))
            lines.append(Said(f"returns.why.{unit.why}"))
        elif unit.acceptance is Acceptance.MANUAL:
            lines.append(said("returns.line.manual", name=unit.name, percent=unit.given))
        elif unit.reception in {Reception.SHORT, Reception.WRONG_ITEM}:
            lines.append(said(f"returns.line.{unit.reception}", name=unit.name, percent=0))
    unpaid = await going_on.paying(tx, of)
    lines += [*_goes_out(of, units), *(unpaid.steps if unpaid else ())]
    if of.answer:
        lines.append(said("returns.status.answer", words=of.answer))
    lines += [
        said("returns.status.told" if one.told else "returns.status.parcel", carrier=one.carrier, number=one.number)
        for one in await queries.parcels_of(tx, of.id)
    ]
    if sending.lacks_address(of, units):
        lines.append(said("returns.back.where", goods=_lying([unit for unit in units if goes_back(unit)])))
    lines += [line for going in await sending.sent_back(tx, SYSTEM, units) for line in _goes_back(going)]
    return (*lines, *([] if unpaid else await _given_early(tx, of)))


async def _less(tx: Tx, of: Return) -> list[Said]:
    """Why less than the price was promised, or nothing was yet, where that is so."""
    if of.fault is not Fault.CUSTOMER:
        return []
    agreed = await grounds_of(tx, (await access_request(tx, SYSTEM, of.id)).quote_id)
    reasons = [reason for one in agreed for reason in one.reasons if reason.rule in LESS]
    return [said("returns.status.because", why=one) for one in because(reasons)]


def _goes_out(of: Return, units: Sequence[Unit]) -> list[Said]:
    """Where the new goods of an exchange are; unit by unit where these are not all in the same place."""
    if of.out_ref is None:
        return []
    places = {unit: "off" if unit.called_off else "gone" if unit.out_ref else "held" for unit in units}
    refs = {unit.out_ref or of.out_ref for unit in units}
    if len(refs) == 1 and "off" not in places.values():
        return [said("returns.status.out", number=next(iter(refs)))]
    groups = Counter((place, unit.name, unit.out_ref or of.out_ref) for unit, place in places.items())
    return [said(f"returns.out.{place}", name=name, n=n, number=ref) for (place, name, ref), n in groups.items()]


async def _to_come(tx: Tx, of: Return, units: Sequence[Unit]) -> list[Said]:
    """What is given if all is as it was told, and when, as long as none of it was."""
    outcome = (await access_request(tx, SYSTEM, of.id)).outcome
    if outcome is None or outcome.slip is None or of.state in ENDED or any(unit.settled_at for unit in units):
        return []
    agreed = outcome.slip
    refund = [said("returns.status.refund", amount=agreed.total)] if agreed.total else []
    when = [fact.words for fact in agreed.facts if fact.label == Said("returns.fact.when")]
    return [*refund, *(said("returns.status.when", when=words) for words in when)]


def _lying(units: Sequence[Unit]) -> list[str | Said]:
    """Goods that lie in the warehouse, by name, and what came in their place as what it is."""
    names = dict.fromkeys(unit.name for unit in units if unit.reception is Reception.RECEIVED)
    instead = any(unit.reception is Reception.WRONG_ITEM for unit in units)
    return [*names, *([Said("returns.back.instead")] if instead else [])]


def _goes_back(going: SentBack) -> Iterator[Said]:
    """What goes back, and how: the goods by name, what came in their place as what it is."""
    what = [", ".join(dict.fromkeys(going.goods))] if going.goods else []
    for goods in (*what, *([Said("returns.back.instead")] if going.instead else [])):
        if going.parcel is None:
            yield said("returns.back.held" if going.held else "returns.back.soon", goods=goods)
        else:
            yield said("returns.back.parcel", goods=goods, carrier=going.parcel.carrier, number=going.parcel.number)


async def _given_early(tx: Tx, of: Return) -> list[Said]:
    """What was given early: until when the goods are expected for it, that they are looked at, or that it is owed."""
    advance = await open_advance(tx, of.order_id, of.subject)
    if advance is None:
        return []
    what = "goods" if advance.goods else "money"
    if advance.state is AdvanceState.RECHARGE_DUE:
        return [said(f"returns.owed.{what}", amount=advance.owed)]
    if advance.state is AdvanceState.UNDER_WAY:
        return [said(f"returns.early_under_way.{what}", amount=advance.owed)]
    return [said(f"returns.given_early.{what}", amount=advance.owed, until=advance.due_at)]
