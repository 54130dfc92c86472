"""Objecting to what was decided about a return, and deciding what the warehouse left to a leader."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role, outranks
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.ledger.verbs import lines
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.kit.security import clean_text
from madoguchi.service.returns import queries, sending, verbs
from madoguchi.service.returns.inspecting import Verdict
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Acceptance, Booked, ReturnState, Why, Wish
from madoguchi.service.returns.settling import plan_for
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, counted

NOTE = Field(name="note", kind=FieldKind.NOTE, limit=1000)
_OBJECTED_TO = frozenset({Acceptance.REDUCED, Acceptance.REJECTED})
KEPT = Field(
    name="goods",
    kind=FieldKind.CHOICE,
    options=(FieldOption(value="kept", label=Said("returns.goods.kept")),),
    required=False,
)
ANSWERS = (Acceptance.ACCEPTED, Acceptance.REDUCED, Acceptance.REJECTED)
_AS_WISHED = Said("returns.answer.goods")
_SHARES = range(10, 100, 10)  # of the price, in percent


class AppealReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which return, and why what was decided is wrong."""

    return_id: UUID
    note: str


class ReviewReturn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given after all for everything of a return that somebody has to decide, or that was objected to.

    `note` is said to the customer. `goods` where they are on their way to the customer again: they keep them.
    """

    return_id: UUID
    answer: Acceptance
    percent: int | None = None
    goods: Literal["kept"] | None = None
    note: str


async def appeal_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Why."""
    await queries.access_return(tx, actor, subject.id)
    return (NOTE,)


async def appeal(tx: Tx, actor: Actor, arguments: AppealReturn) -> TextCard:
    """Have a leader look at it again, once; what was to go back to the customer stays until then.

    Refused: return_not_decided, return_appealed, return_appeal_late.
    """
    of = await _appealable(tx, actor, arguments.return_id, lock=True)
    await verbs.object_to(tx, of, clean_text(arguments.note))
    await sending.hold(tx, await queries.units_of(tx, of.id))
    return TextCard(lines=(Said("returns.appeal.taken"),))


async def offer_appeal(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is something to object to, and time for it."""
    return await why_not(_appealable(tx, actor, subject.id))


async def review_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What is given for it, and whether the customer keeps what is on its way to them again."""
    of = await queries.access_return(tx, actor, subject.id)
    units = [unit for unit in await queries.units_of(tx, of.id) if _is_open(of, unit)]
    shares = [share for share in _SHARES if _may_be(units, share)]
    given = {share: await _given(tx, of, units, Acceptance.REDUCED, share) for share in shares}
    promised = max((unit.promised for unit in units), default=100)
    whole = await _given(tx, of, units, Acceptance.ACCEPTED)
    accepted = said("returns.answer.accepted", percent=promised, amount=whole)
    labels = {
        Acceptance.ACCEPTED: accepted if of.wish is Wish.REFUND else _AS_WISHED,
        Acceptance.REDUCED: Said("returns.answer.reduced"),
        Acceptance.REJECTED: Said("returns.answer.rejected"),
    }
    answers = [one for one in ANSWERS if shares or one is not Acceptance.REDUCED]
    options = tuple(FieldOption(value=one, label=labels[one]) for one in answers)
    parts = tuple(
        FieldOption(value=str(share), label=said("returns.answer.share", percent=share, amount=amount))
        for share, amount in given.items()
    )
    return (
        Field(name="answer", kind=FieldKind.CHOICE, options=options),
        *([Field(name="percent", kind=FieldKind.CHOICE, options=parts, required=False)] if parts else []),
        *((KEPT,) if await sending.gone(tx, await queries.units_of(tx, of.id)) else ()),
        NOTE,
    )


async def review(tx: Tx, actor: Actor, arguments: ReviewReturn) -> TextCard:
    """Decide.

    Refused: forbidden, return_nothing_to_review, return_percent, return_not_above, return_made_good where the goods
    were made good otherwise since, return_being_stopped, return_goods_sent where they are the customer's again and
    nobody has said that they stay so.
    """
    of, units = await _reviewable(tx, actor, arguments.return_id, lock=True)
    verdicts = {unit.id: _verdict(unit, arguments) for unit in units}
    changed = [unit for unit in units if not _stays(unit, verdicts[unit.id])]
    if arguments.answer is Acceptance.REDUCED and not changed:
        raise Refused("return_not_above", field="percent")
    granted = [unit for unit in changed if verdicts[unit.id].acceptance is not Acceptance.REJECTED]
    kept = await sending.gone(tx, granted)
    if kept and arguments.goods is None:
        raise Refused("return_goods_sent", 409, field="goods")
    await sending.take_back(tx, units)
    await _hold(tx, of, granted)
    for unit in changed:
        verdict = verdicts[unit.id]
        await unit_rows.decide(tx, unit.id, verdict.acceptance, verdict.percent, verdict.why)
        await unit_rows.reopen(tx, unit.id)
    decided = said(f"returns.answered.{arguments.answer}", percent=arguments.percent)
    told = said("returns.answered.goods", answer=decided) if kept else decided
    await verbs.answer(tx, of, told, clean_text(arguments.note))
    rejected = [unit.id for unit in changed if verdicts[unit.id].acceptance is Acceptance.REJECTED and unit.settled_at]
    await verbs.refold(tx, of.id, rejected)
    return TextCard(lines=(said("returns.desk.reviewed", number=of.number or ""),))


async def offer_review(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether somebody has to decide something."""
    return await why_not(_reviewable(tx, actor, subject.id))


async def _hold(tx: Tx, of: Return, granted: Sequence[Unit]) -> None:
    """Nothing else can be done with goods for which something is given after all."""
    try:
        await verbs.take_up_again(tx, of, granted)
    except Refused as refused:
        raise Refused("return_made_good", 409) from refused


async def _appealable(tx: Tx, actor: Actor, return_id: UUID, *, lock: bool = False) -> Return:
    of = await queries.access_return(tx, actor, return_id, lock=lock)
    if of.appealed_at:
        raise Refused("return_appealed", 409)
    units = await queries.units_of(tx, of.id)
    if of.state is not ReturnState.SETTLED or not any(unit.acceptance in _OBJECTED_TO for unit in units):
        raise Unrelated("return_not_decided", 409)
    days = (await rules_of(tx, of.store_id)).returns.appeal_days
    last = max(unit.settled_at for unit in units if unit.settled_at)
    if (tx.now - last).days > days:
        raise Refused("return_appeal_late", 409, days=days)
    return of


async def _reviewable(tx: Tx, actor: Actor, return_id: UUID, *, lock: bool = False) -> tuple[Return, list[Unit]]:
    if actor.role is not Role.SYSTEM and not outranks(actor, Role.LEADER):
        raise Refused("forbidden", 403)
    of = await queries.access_return(tx, actor, return_id, lock=lock)
    units = await queries.units_of(tx, of.id, lock=lock)
    found = [unit for unit in units if _is_open(of, unit)]
    if not found:
        raise Unrelated("return_nothing_to_review", 409)
    return of, found


def _is_open(of: Return, unit: Unit) -> bool:
    objected = of.appealed_at is not None and of.answered_at is None
    return unit.acceptance is Acceptance.MANUAL or (objected and unit.acceptance in _OBJECTED_TO)


def _may_be(units: Sequence[Unit], share: int) -> bool:
    """Whether such a part of their price can be given for units, is less than was promised, and gives somebody more."""
    most = max((unit.promised for unit in units), default=0)
    more = any(unit.acceptance is Acceptance.MANUAL or unit.given < share for unit in units)
    return more and share < most and all(share <= unit.promised for unit in units)


async def _given(tx: Tx, of: Return, units: Sequence[Unit], answer: Acceptance, percent: int | None = None) -> Money:
    """What the customer would get now for units on which this is decided, after what is taken off.

    Nothing where they were made good otherwise since, so that it cannot be granted.
    """
    asked = ReviewReturn(return_id=of.id, answer=answer, percent=percent, note="")
    verdicts = [(unit, _verdict(unit, asked)) for unit in units]
    decided = [
        msgspec.structs.replace(
            unit, acceptance=verdict.acceptance, percent=verdict.percent, disposition=None, settled_at=None
        )
        for unit, verdict in verdicts
        if not _stays(unit, verdict)
    ]
    order = await access_order(tx, SYSTEM, of.order_id)
    held, again = await lines(tx, order.id), counted([unit for unit in decided if unit.booked is Booked.FREE])
    if any(n > held[ref].free for ref, n in again.items()):
        return Money(0, order.document.currency)
    plan = await plan_for(tx, of, order, decided)
    return total(list(plan.money.values()), order.document.currency)


def _verdict(unit: Unit, told: ReviewReturn) -> Verdict:
    why = unit.why or Why.DAMAGED
    share = -1 if told.percent is None else told.percent
    objected = unit.acceptance is not Acceptance.MANUAL
    match told.answer:
        case Acceptance.ACCEPTED:
            return Verdict(Acceptance.ACCEPTED)
        case Acceptance.REDUCED if not 0 <= share <= unit.promised:
            raise Refused("return_percent", limit=unit.promised, field="percent")
        case Acceptance.REDUCED if not objected or share > unit.given:
            return Verdict(Acceptance.REDUCED, share, why)
        case Acceptance.REJECTED if not objected:
            return Verdict(Acceptance.REJECTED, None, why)
    return Verdict(unit.acceptance, unit.percent, unit.why)  # an objection takes nothing away


def _stays(unit: Unit, verdict: Verdict) -> bool:
    return verdict.acceptance is unit.acceptance and verdict.percent == unit.percent
