"""Parcels that should be here and are not: looked for, or expected again, until a day that the customer is told.

Then a leader decides; also on one that was made good as lost, and went back to whoever sent it.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role, outranks
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.carriers import verbs as following
from madoguchi.core.people.queries import store
from madoguchi.core.policy.queries import rules_of
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import queries, telling, verbs
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Doubt


class Answer(StrEnum):
    """What is done about a parcel that nobody found, or that went back."""

    BELIEVE = "believe"  # it was sent: what was promised is given
    SEARCH = "search"  # once more
    NOT_OURS = "not_ours"  # the number that the customer told is of another parcel
    EXPECT = "expect"  # the customer has it again, and is asked to send it
    LEAVE = "leave"  # the customer keeps it, and what was given


class DecideMissing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of a return of which a parcel is not found, or went back."""

    return_id: UUID
    answer: Answer


async def pass_on(tx: Tx, of: Return) -> None:
    """A (locked) return's parcel is missed: have it looked for; once that was in vain, have a leader decide."""
    if of.doubt is None:
        await _wait(tx, of, Doubt.SEARCH)
    else:
        await verbs.doubt(tx, of, Doubt.MISSING if of.doubt is Doubt.SEARCH else Doubt.WENT_BACK)
        await verbs.refold(tx, of.id)


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What can be done about it."""
    of = await queries.access_return(tx, actor, subject.id)
    options = tuple(FieldOption(value=one, label=Said(f"returns.missing.{one}")) for one in await _answers(tx, of))
    return (Field(name="answer", kind=FieldKind.CHOICE, options=options),)


async def decide(tx: Tx, actor: Actor, arguments: DecideMissing) -> TextCard:
    """Do it; Refused: forbidden, return_not_missing."""
    of = await _missing(tx, actor, arguments.return_id, lock=True)
    match arguments.answer:
        case Answer.BELIEVE:
            await verbs.lose(tx, of.id, "return_believed")
        case Answer.SEARCH:
            await _wait(tx, of, Doubt.SEARCH)
        case Answer.NOT_OURS:
            await _take_back_number(tx, of)
        case Answer.EXPECT:
            await _wait(tx, of, Doubt.EXPECTED)
        case Answer.LEAVE:
            await verbs.doubt(tx, of, None)
            await telling.tell(tx, of, "return_left")
            await verbs.refold(tx, of.id)
    return TextCard(lines=(said("returns.desk.reviewed", number=of.number or ""),))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether a parcel of it is missing, or went back though it was made good."""
    return await why_not(_missing(tx, actor, subject.id))


async def _missing(tx: Tx, actor: Actor, return_id: UUID, *, lock: bool = False) -> Return:
    if actor.role is not Role.SYSTEM and not outranks(actor, Role.LEADER):
        raise Refused("forbidden", 403)
    of = await queries.access_return(tx, actor, return_id, lock=lock)
    if of.doubt is None:
        raise Unrelated("return_not_missing", 409)
    return of


async def _answers(tx: Tx, of: Return) -> tuple[Answer, ...]:
    if of.doubt in {Doubt.WENT_BACK, Doubt.EXPECTED}:
        return Answer.EXPECT, Answer.LEAVE
    told = any(parcel.told for parcel in await queries.parcels_of(tx, of.id))
    return (Answer.BELIEVE, Answer.SEARCH, *((Answer.NOT_OURS,) if told else ()))


async def _wait(tx: Tx, of: Return, doubt: Doubt) -> None:
    """Look for it, or expect it (once more), and tell until when."""
    until, day = await _in_some_days(tx, of)
    await verbs.doubt(tx, of, doubt, until)
    await telling.tell(tx, of, "return_searched" if doubt is Doubt.SEARCH else "return_expected", day=day)
    await verbs.refold(tx, of.id)


async def _take_back_number(tx: Tx, of: Return) -> None:
    """The customer is asked which parcel it is."""
    until, day = await _in_some_days(tx, of)
    told = [parcel for parcel in await queries.parcels_of(tx, of.id) if parcel.told]
    await parcels.untold(tx, of, until)
    for parcel in told:
        await telling.tell(tx, of, "return_not_ours", carrier=parcel.carrier, parcel=parcel.number, day=day)
        async with tx.acting(SYSTEM):
            if not await queries.parcels_numbered(tx, parcel.carrier, parcel.number):
                await following.forget(tx, parcel.carrier, parcel.number)


async def _in_some_days(tx: Tx, of: Return) -> tuple[datetime, date]:
    """When it was looked for long enough, and the day of that where the shop is."""
    until = tx.now + timedelta(days=(await rules_of(tx, of.store_id)).returns.search_days)
    return until, until.astimezone(ZoneInfo((await store(tx, of.store_id)).time_zone)).date()
