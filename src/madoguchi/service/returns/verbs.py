"""What becomes of a return and its units. Never commits, and moves no money: `settling` does, by its own request."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.rules import Said, Wish, said
from madoguchi.core.carriers.consignments import verbs as consignments
from madoguchi.core.carriers.consignments.queries import dispatch_numbered
from madoguchi.core.ledger.advances.queries import access_advance
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.core.ledger.returning.verbs import come_back, drop_return, open_return
from madoguchi.core.ledger.verbs import lines
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.people.queries import store
from madoguchi.core.policy.believed.verbs import believe, forget
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import Address, TrackingState
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import pack
from madoguchi.service.returns import early, folding, queries, rules, sending
from madoguchi.service.returns.events import ReturnMoved, ReturnOpened
from madoguchi.service.returns.plans import ReturnPlan, units_of
from madoguchi.service.returns.queries import Parcel, Return
from madoguchi.service.returns.rules import (
    RECEPTION,
    UNFOUND,
    Booked,
    Doubt,
    Reception,
    ReturnState,
    Stage,
    Why,
    may_go,
)
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, counted, goes_to_stock

SETTLE = "returns.settle"
RESTOCK = "returns.restock"
_TOLD = frozenset({ReturnState.RECEIVED, ReturnState.EXPIRED})
_MOVING = frozenset(
    {
        TrackingState.IN_TRANSIT,
        TrackingState.OUT_FOR_DELIVERY,
        TrackingState.ATTEMPT_FAILED,
        TrackingState.AVAILABLE_FOR_PICKUP,
        TrackingState.DELIVERED,
    }
)

log = logging.getLogger(__name__)


class Settle(msgspec.Struct, frozen=True):
    """Arguments of the jobs that settle what is due of a return, and put back into stock what is as new."""

    return_id: UUID


# --- it begins


async def insert(tx: Tx, wish: Wish, plan: ReturnPlan) -> None:
    """Note a return that was confirmed, with its units."""
    stage = Stage.REVIEW if plan.approval else Stage.REQUESTED
    await tx.execute(
        """insert into returns (id, store_id, customer_id, order_id, wish, reason, fault, condition, method, refund_to,
             refund_on, outward, postage, restocking, kept, stage, state, send_until, made_at, changed_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            wish.id,
            wish.store_id,
            wish.customer_id,
            wish.order_id,
            plan.wish,
            plan.reason,
            plan.fault,
            plan.condition,
            plan.method,
            plan.refund_to,
            plan.refund_on,
            plan.outward,
            plan.postage,
            plan.restocking,
            plan.kept,
            stage,
            stage,
            plan.send_until,
            tx.now,
            tx.now,
        ],
    )
    assert wish.order_id
    await unit_rows.insert(tx, wish.id, wish.order_id, units_of(plan, wish.id))
    if plan.kept:
        await believe(tx, wish.id, wish.customer_id, plan.kept)


async def agree(tx: Tx, return_id: UUID, number: str) -> None:
    """The return stands, under a number for people; what need not come back is the customer's from now on."""
    await tx.execute(
        "update returns set stage = 'agreed', number = %s, agreed_at = %s where id = %s", [number, tx.now, return_id]
    )
    await unit_rows.keep(tx, return_id)
    await sending.announce(tx, return_id)
    await events.record(tx, ReturnOpened(return_id=return_id))
    await refold(tx, return_id)


async def refuse(tx: Tx, return_id: UUID) -> None:
    """Somebody did not agree, or it was taken back before anybody could; its units are free again."""
    before = await queries.access_return(tx, SYSTEM, return_id, lock=True)
    decided = await tx.value("select decided_at is not null from requests where id = %s", [return_id])
    stage = Stage.DECLINED if before.stage is Stage.REVIEW and decided else Stage.CANCELLED
    units = await queries.units_of(tx, return_id)
    await move(tx, units, Reception.CANCELLED)
    await unit_rows.free(tx, units)
    await forget(tx, return_id)
    await tx.execute("update returns set stage = %s where id = %s", [stage, return_id])
    await refold(tx, return_id)


async def of_gift(tx: Tx, return_id: UUID, gift_id: UUID) -> None:
    """It is sent back by whoever got it as a present."""
    await tx.execute("update returns set gift_id = %s where id = %s", [gift_id, return_id])


async def goes_out(tx: Tx, return_id: UUID, out_ref: str) -> None:
    """What goes out for it in an exchange: the store's order."""
    await tx.execute("update returns set out_ref = %s where id = %s", [out_ref, return_id])


async def call_off(tx: Tx, return_id: UUID, units: Sequence[Unit]) -> None:
    """Nothing goes out for these units any more: their price is given back, once they were looked at."""
    await unit_rows.call_off(tx, units)
    if all(unit.called_off for unit in await queries.units_of(tx, return_id)):
        await tx.execute("update returns set wish = 'refund', refund_on = 'inspected' where id = %s", [return_id])
    await refold(tx, return_id)


# --- it does not come


async def cancel(tx: Tx, request_id: UUID, of: Return) -> None:
    """The customer keeps what is not on its way; Refused("return_on_its_way") when all of it is, or is paid."""
    units = [unit for unit in await _awaited(tx, of.id) if unit.booked is Booked.OPEN]
    if not units:
        raise Refused("return_on_its_way", 409)
    await _call_off(tx, request_id, of, units, Reception.CANCELLED)


async def let_go(tx: Tx, order_id: UUID, wanted: Mapping[str, int]) -> None:
    """So many units are to be made good wherever they are: what its customer has not sent yet need not come."""
    held = await lines(tx, order_id, lock=True)
    left = {ref: n - held[ref].free for ref, n in wanted.items()}
    for one in await queries.returns_of_order(tx, SYSTEM, order_id):
        of = await queries.access_return(tx, SYSTEM, one.id, lock=True)
        if of.stage is not Stage.AGREED or of.gift_id:
            continue
        waiting = [unit for unit in await _awaited(tx, of.id) if unit.booked is Booked.OPEN]
        for ref in counted(waiting):
            units = [unit for unit in waiting if unit.line_ref == ref][: max(left.get(ref, 0), 0)]
            if units:
                left[ref] -= len(units)
                await _call_off(tx, ids.uuid7(), of, units, Reception.CANCELLED)


async def expire(tx: Tx, return_id: UUID) -> None:
    """Its time has ended: what was not sent is free again. What was given before is called back by its advance."""
    of = await queries.access_return(tx, SYSTEM, return_id, lock=True)
    await _call_off(tx, ids.uuid7(), of, await _awaited(tx, return_id), Reception.EXPIRED)


async def ends_at(tx: Tx, of: Return) -> datetime:
    """Until when it may be sent: to the last day of the label, and the days of grace after it."""
    return of.send_until + timedelta(days=(await rules_of(tx, of.store_id)).returns.grace_days)


async def turn_up(tx: Tx, of: Return, units: Sequence[Unit]) -> None:
    """Of units (locked) that are here now, those that were made good as lost are the shop's."""
    found = [unit for unit in units if unit.reception is Reception.LOST and unit.booked is Booked.KEPT]
    await come_back(tx, ids.uuid7(), of.order_id, counted(found))
    await unit_rows.come_back(tx, found)


async def take_up_again(tx: Tx, of: Return, units: Sequence[Unit]) -> None:
    """Units (locked) that were done with are to be settled once more: they come after all, or an objection is granted.

    Refused("units_taken") where something else was done with those that were the customer's again.
    """
    free = [unit for unit in units if unit.booked is Booked.FREE]
    await open_return(tx, ids.uuid7(), of.order_id, counted(free))
    await unit_rows.take_up_again(tx, free)


async def lose(tx: Tx, return_id: UUID, template: str = "return_lost") -> None:
    """What was on its way is lost: the customer is paid and told, and keeps what was paid before."""
    of = await queries.access_return(tx, SYSTEM, return_id, lock=True)
    units = await queries.units_of(tx, return_id, lock=True)
    lost = [unit for unit in units if unit.reception is Reception.IN_TRANSIT]
    await move(tx, lost, Reception.LOST)
    if await queries.fees_of(tx, return_id):  # the customer owes none for what the carrier lost
        for unit in lost:
            await unit_rows.reopen(tx, unit.id)
    await tell(tx, of, template)
    await refold(tx, return_id)


async def remind(tx: Tx, return_id: UUID) -> None:
    """The label soon ends, and nothing was sent. Once."""
    await tx.execute("update returns set reminded_at = %s where id = %s", [tx.now, return_id])
    await tell(tx, await queries.access_return(tx, SYSTEM, return_id), "return_due")
    await refold(tx, return_id)


async def _awaited(tx: Tx, return_id: UUID) -> Sequence[Unit]:
    units = await queries.units_of(tx, return_id, lock=True)
    return [unit for unit in units if unit.reception is Reception.AWAITING]


async def _call_off(tx: Tx, request_id: UUID, of: Return, units: Sequence[Unit], reception: Reception) -> None:
    await move(tx, units, reception)
    free = [unit for unit in units if unit.booked is Booked.OPEN]
    await unit_rows.free(tx, free)
    await drop_return(tx, request_id, of.order_id, counted(free))
    await _withdraw_if_done(tx, of.id)
    await refold(tx, of.id)


async def _withdraw_if_done(tx: Tx, return_id: UUID) -> None:
    """Nothing more is handed to the carrier: it is not to come for it either."""
    parcels = await queries.parcels_of(tx, return_id)
    coming = any(unit.reception in rules.COMING for unit in await queries.units_of(tx, return_id))
    if not coming and not any(parcel.scanned_at for parcel in parcels):
        await consignments.withdraw(tx, return_id)


# --- it is on its way


async def announced(tx: Tx, return_id: UUID, carrier: str, number: str) -> None:
    """A carrier knows of the parcel under a number; again is as good as once. Refused("parcel_number_taken")."""
    try:
        async with tx.savepoint():
            await tx.execute(
                """insert into return_parcels (id, return_id, carrier, number, state, told_at)
                   values (%s, %s, %s, %s, %s, %s)""",
                [ids.uuid7(), return_id, carrier, number, TrackingState.INFO_RECEIVED, tx.now],
            )
    except errors.UniqueViolation:
        if all(known.return_id != return_id for known in await queries.parcels_numbered(tx, carrier, number)):
            raise Refused("parcel_number_taken", 409) from None
    tx.wake(queries.subject_of(return_id))  # its page waits for the carrier's code


async def told(tx: Tx, of: Return, carrier: str, number: str) -> None:
    """Whoever sends a (locked) return told its parcel's number, in place of what they told before."""
    await tx.execute(
        """insert into return_parcels (id, return_id, carrier, number, state, told_at, told)
           values (%(id)s, %(of)s, %(carrier)s, %(number)s, %(state)s, %(since)s, true)
           on conflict (return_id) where told do update
           set carrier = excluded.carrier, number = excluded.number, state = excluded.state, scanned_at = null,
             told_at = excluded.told_at""",
        {
            "id": ids.uuid7(),
            "of": of.id,
            "carrier": carrier,
            "number": number,
            "state": TrackingState.PENDING,
            "since": of.agreed_at,
        },
    )
    units = await queries.units_of(tx, of.id, lock=True)
    await move(tx, [unit for unit in units if unit.reception is Reception.IN_TRANSIT], Reception.AWAITING)
    await refold(tx, of.id)


async def untold(tx: Tx, of: Return, until: datetime) -> None:
    """What whoever sends a (locked) return told of its parcel is wrong: the goods are waited for, at least so long."""
    await tx.execute("delete from return_parcels where return_id = %s and told", [of.id])
    await tx.execute("update returns set send_until = greatest(send_until, %s) where id = %s", [until, of.id])
    units = await queries.units_of(tx, of.id, lock=True)
    await move(tx, [unit for unit in units if unit.reception is Reception.IN_TRANSIT], Reception.AWAITING)
    await refold(tx, of.id)


async def tracked(tx: Tx, carrier: str, number: str, state: TrackingState, at: datetime) -> bool:
    """A carrier's news of a parcel, in any order and any number of times; False where it is none of ours."""
    known = await queries.parcels_numbered(tx, carrier, number)
    for parcel in known:
        await _moved(tx, parcel, state, at)
    return bool(known) or await _goes_on(tx, carrier, number)


async def _moved(tx: Tx, known: Parcel, state: TrackingState, at: datetime) -> None:
    of = await queries.access_return(tx, SYSTEM, known.return_id, lock=True)
    if of.agreed_at is None or (known.told and at < of.agreed_at):
        return  # what went before there was anything to send is something else
    scanned = at if state in _MOVING else None
    await tx.execute(
        """update return_parcels set scanned_at = least(scanned_at, %s), state = case when told_at <= %s then %s
             else state end, told_at = greatest(told_at, %s) where id = %s""",
        [scanned, at, state, at, known.id],
    )
    went_back = known.state == TrackingState.RETURNED_TO_SENDER and at <= known.told_at
    if not went_back:  # the newest step wins
        await _follow(tx, known, state, at)
        if scanned:
            await _sent_in_time(tx, known.return_id, scanned)
    await refold(tx, known.return_id)


async def _goes_on(tx: Tx, carrier: str, number: str) -> bool:
    """What goes back to a customer has moved: who follows it looks again; False where it is none of ours."""
    going = await dispatch_numbered(tx, carrier, number)
    if going is None:
        return False
    tx.wake(queries.subject_of(await queries.return_sent_back(tx, going)))
    return True


async def _follow(tx: Tx, parcel: Parcel, state: TrackingState, at: datetime) -> None:
    units = await queries.units_of(tx, parcel.return_id, lock=True)
    if state in _MOVING:
        await move(tx, [unit for unit in units if unit.reception is Reception.AWAITING], Reception.IN_TRANSIT)
    elif state is TrackingState.RETURNED_TO_SENDER and at >= parcel.told_at:
        await move(tx, [unit for unit in units if unit.reception is Reception.IN_TRANSIT], Reception.AWAITING)
        if parcel.state != state and any(unit.reception is Reception.LOST for unit in units):
            of = await queries.access_return(tx, SYSTEM, parcel.return_id)
            await doubt(tx, of, Doubt.WENT_BACK)
            await tell(tx, of, "return_went_back")


async def _sent_in_time(tx: Tx, return_id: UUID, scanned: datetime) -> None:
    """What had expired was on its way before; it stays called off where something else was done with it."""
    of = await queries.access_return(tx, SYSTEM, return_id)
    expired = [one for one in await queries.units_of(tx, return_id, lock=True) if one.reception is Reception.EXPIRED]
    if not expired or scanned > await ends_at(tx, of):
        return
    try:
        await take_up_again(tx, of, expired)
        await move(tx, expired, Reception.IN_TRANSIT)
    except Refused as refused:
        log.info("return %s was sent in time and stays called off: %s", return_id, refused.code)


async def lost_at(tx: Tx, return_id: UUID) -> datetime | None:
    """When what is on its way is given up as lost by itself.

    None where its carrier says that it was handed over, or is none that we asked to carry it.
    """
    parcels = await queries.parcels_of(tx, return_id)
    scans = [parcel.scanned_at for parcel in parcels if parcel.scanned_at]
    if not scans or any(parcel.handed_over or parcel.told for parcel in parcels):
        return None
    return max(scans) + rules.LOST_AFTER


async def missed_at(tx: Tx, of: Return) -> datetime | None:
    """When a parcel is looked for, and then a leader asked: it was handed over, or sent on a way that nobody tells of.

    So with one that is expected once more. None where that is not so, and where a leader was asked.
    """
    return of.doubt_until if of.doubt else await _missed(tx, of)


async def _missed(tx: Tx, of: Return) -> datetime | None:
    parcels = await queries.parcels_of(tx, of.id)
    handed_over = [parcel.told_at for parcel in parcels if parcel.handed_over]
    if handed_over:
        return min(handed_over) + timedelta(days=(await rules_of(tx, of.store_id)).returns.search_after_days)
    return max((one.told_at + rules.LOST_AFTER for one in parcels if one.told and one.scanned_at), default=None)


async def doubt(tx: Tx, of: Return, what: Doubt | None, until: datetime | None = None) -> None:
    """What is not clear of a (locked) return's parcel from now on; what is looked for or expected, `until` when."""
    await tx.execute(
        "update returns set doubt = %s, doubt_until = %s, changed_at = %s where id = %s", [what, until, tx.now, of.id]
    )


# --- what all of it comes down to


async def move(tx: Tx, units: Sequence[Unit], reception: Reception) -> None:
    """Take units (locked) on in their reception; ValueError where one cannot go there."""
    if wrong := [unit.reception for unit in units if not may_go(RECEPTION, unit.reception, reception)]:
        raise ValueError(f"{wrong} cannot become {reception}")
    await unit_rows.move(tx, units, reception)


async def refold(tx: Tx, return_id: UUID, rejected: Collection[UUID] = ()) -> None:
    """Derive a (locked) return's state from its units, account for what was given early, and settle what can be.

    Of units that were just `rejected` though something was given for them, the customer is told here.
    """
    before = await _cleared(tx, await queries.access_return(tx, SYSTEM, return_id))
    owed = await early.account(tx, before, told=bool(rejected))
    units = await queries.units_of(tx, return_id)
    await _tell_rejected(tx, before, [unit for unit in units if unit.id in rejected], owed)
    after = folding.state(before.stage, units)
    look_at = await _next_look(tx, before, units)
    await tx.execute(
        """update returns set state = %(state)s, look_at = %(look_at)s,
             changed_at = case when state = %(state)s then changed_at else %(now)s end where id = %(id)s""",
        {"state": after, "look_at": look_at, "now": tx.now, "id": return_id},
    )
    if folding.has_due(before.refund_on, units) or folding.calls_off(before.wish, units):
        await enqueue_settlement(tx, return_id)
    if any(map(goes_to_stock, units)):
        await jobs.enqueue(tx, RESTOCK, Settle(return_id), key=f"{RESTOCK}:{return_id}")
    if not await sending.send_back(tx, before, units):
        await _ask_where(tx, before)
    if after is not before.state:
        await events.record(tx, ReturnMoved(return_id=return_id, state=after))
        if after in _TOLD:
            await tell(tx, before, f"return_{after}")
    tx.wake(before.subject)
    if before.told_order:
        tx.wake(f"order:{before.told_order}")


async def _ask_where(tx: Tx, of: Return) -> None:
    """Ask whoever got a present where it goes back to. Once."""
    if of.address_asked_at is None:
        await tx.execute("update returns set address_asked_at = %s where id = %s", [tx.now, of.id])
        await tell(tx, of, "return_address")


async def goes_back_to(tx: Tx, of: Return, address: Address) -> None:
    """It was told where the goods of a (locked) return go."""
    await tx.execute("update returns set back_to = %s where id = %s", [Jsonb(msgspec.to_builtins(address)), of.id])
    await refold(tx, of.id)


async def _cleared(tx: Tx, of: Return) -> Return:
    """The (locked) return; without its doubt where the parcel turned up, or is told of again."""
    if of.doubt is None:
        return of
    receptions = {unit.reception for unit in await queries.units_of(tx, of.id)}
    if of.doubt in UNFOUND:
        missed = await _missed(tx, of)
        stands = Reception.IN_TRANSIT in receptions and missed is not None and missed <= tx.now
    else:
        stands = Reception.LOST in receptions
    if stands:
        return of
    await doubt(tx, of, None)
    return await queries.access_return(tx, SYSTEM, of.id)


async def dispatched(tx: Tx, consignment_id: UUID, carrier: str, number: str) -> None:
    """A carrier takes what goes back to the customer, under a number; they are told."""
    of = await queries.access_return(tx, SYSTEM, await queries.return_sent_back(tx, consignment_id))
    await tell(tx, of, "return_sent_back", carrier=carrier, parcel=number)
    tx.wake(of.subject)


async def tell(tx: Tx, of: Return, template: str, **more: Any) -> None:
    """Write to whoever sends it; what is given for it is told when it is settled."""
    shop = await store(tx, of.store_id)
    until = of.send_until.astimezone(ZoneInfo(shop.time_zone)).date()
    paths = {"return": f"/returns/{of.id}"} | _further(of, template)
    facts = pack({"order": of.named, "number": of.number or "", "until": until, **more})
    news = CustomerNews(
        customer_id=of.customer_id, order_id=of.told_order, template=template, parameters=facts, paths=paths
    )
    await events.record(tx, news)


def _further(of: Return, template: str) -> dict[str, str]:
    """What else a letter leads to: the customer's calendar, or where what is owed is paid."""
    match template:
        case "return_due":
            return {"calendar": f"/returns/{of.id}/calendar"}
        case "return_rejected_due":
            return {"order": f"/orders/{of.told_order}"}
    return {}


async def enqueue_settlement(tx: Tx, return_id: UUID, at: datetime | None = None) -> None:
    """Have what is due of a return settled, now or later."""
    await jobs.enqueue(tx, SETTLE, Settle(return_id), key=f"{SETTLE}:{return_id}", at=at)


async def arrived(tx: Tx, return_id: UUID) -> None:
    """The warehouse has its parcels in hand, however they came."""
    await tx.execute(
        "update return_parcels set arrived_at = coalesce(arrived_at, %s) where return_id = %s", [tx.now, return_id]
    )
    await _withdraw_if_done(tx, return_id)


async def object_to(tx: Tx, of: Return, words: str) -> None:
    """The customer does not agree to what was decided."""
    await tx.execute(
        "update returns set appeal = %s, appealed_at = %s, changed_at = %s where id = %s",
        [words, tx.now, tx.now, of.id],
    )
    tx.wake(of.subject)


async def answer(tx: Tx, of: Return, decided: Said, words: str) -> None:
    """A leader has decided, and says why; where the customer objected, the customer is told."""
    await tx.execute(
        """update returns set answer = %s, answered_at = case when appealed_at is null then null else %s end
           where id = %s""",
        [words, tx.now, of.id],
    )
    if of.appealed_at:
        await tell(tx, of, "return_answered", answer=decided, words=words)


async def _tell_rejected(tx: Tx, of: Return, units: Sequence[Unit], owed: Advance | None) -> None:
    """What was given for units before anybody looked at them was not owed, and is to be paid again once that is due.

    Of all else their settlement tells. One letter for each reason, the last with what is owed.
    """
    whys = list(dict.fromkeys(unit.why or Why.DAMAGED for unit in units))
    for why in whys:
        names = dict.fromkeys(unit.name for unit in units if (unit.why or Why.DAMAGED) is why)
        facts: dict[str, Any] = {"goods": ", ".join(names), "why": Said(f"returns.why.{why}")}
        if owed and why is whys[-1]:
            words = f"returns.pay_again.{'goods' if owed.goods else 'money'}"
            await tell(tx, of, "return_rejected_due", **facts, owed=said(words, amount=owed.owed, number=owed.number))
        else:
            await tell(tx, of, "return_rejected", **facts)


async def advance_moved(tx: Tx, advance_id: UUID) -> None:
    """The provider took what was given early again, or did not: what was found meanwhile counts now."""
    advance = await access_advance(tx, SYSTEM, advance_id)
    return_id = queries.return_of(advance.subject)
    if return_id is None:
        return
    await queries.access_return(tx, SYSTEM, return_id, lock=True)
    units = await queries.units_of(tx, return_id, lock=True)
    if advance.state is AdvanceState.CHARGED and await early.taken_again(tx, advance, units):
        await refund_instead(tx, return_id)
    await refold(tx, return_id)


async def refund_instead(tx: Tx, return_id: UUID) -> None:
    """The goods cannot be sent again: their price is given back."""
    await tx.execute("update returns set wish = 'refund' where id = %s", [return_id])


async def _next_look(tx: Tx, of: Return, units: Sequence[Unit]) -> datetime | None:
    if of.stage is not Stage.AGREED or (await rules_of(tx, of.store_id)).returns.named_method:
        return None  # a store that gives the price back by itself sees to its returns, and to its labels
    sent = any(parcel.told for parcel in await queries.parcels_of(tx, of.id))
    to_remind = of.reminded_at is None and tx.now < of.send_until and not sent
    look_at = folding.next_look(
        units,
        remind_at=of.send_until - rules.REMIND_BEFORE if to_remind else None,
        ends_at=await ends_at(tx, of),
        given_up_at=await lost_at(tx, of.id) or await missed_at(tx, of),
    )
    return min((at for at in (look_at, of.doubt_until) if at), default=None)
