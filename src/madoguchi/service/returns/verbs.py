"""What becomes of a return and its units. Never commits, and moves no money: `settling` does, by its own request."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.rules import Said, Wish
from madoguchi.core.carriers.consignments import verbs as consignments
from madoguchi.core.ledger.advances.queries import access_advance
from madoguchi.core.ledger.advances.rules import AdvanceState
from madoguchi.core.ledger.returning.verbs import come_back, drop_return, open_return
from madoguchi.core.ledger.verbs import lines
from madoguchi.core.policy.believed.verbs import believe, forget
from madoguchi.core.shop.port import Address
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import clocks, early, folding, queries, rules, sending, telling
from madoguchi.service.returns.events import ReturnMoved, ReturnOpened
from madoguchi.service.returns.plans import ReturnPlan, units_of
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import (
    RECEPTION,
    UNFOUND,
    Booked,
    Doubt,
    Reception,
    ReturnState,
    Stage,
    may_go,
)
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, counted, goes_to_stock

SETTLE = "returns.settle"
RESTOCK = "returns.restock"
_TOLD = frozenset({ReturnState.RECEIVED, ReturnState.EXPIRED})


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
    await telling.tell(tx, of, template)
    await refold(tx, return_id)


async def remind(tx: Tx, return_id: UUID) -> None:
    """The label soon ends, and nothing was sent. Once."""
    await tx.execute("update returns set reminded_at = %s where id = %s", [tx.now, return_id])
    await telling.tell(tx, await queries.access_return(tx, SYSTEM, return_id), "return_due")
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
    await telling.tell_rejected(tx, before, [unit for unit in units if unit.id in rejected], owed)
    after = folding.state(before.stage, units)
    look_at = await clocks.next_look(tx, before, units)
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
            await telling.tell(tx, before, f"return_{after}")
    tx.wake(before.subject)
    if before.told_order:
        tx.wake(f"order:{before.told_order}")


async def _ask_where(tx: Tx, of: Return) -> None:
    """Ask whoever got a present where it goes back to. Once."""
    if of.address_asked_at is None:
        await tx.execute("update returns set address_asked_at = %s where id = %s", [tx.now, of.id])
        await telling.tell(tx, of, "return_address")


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
        missed = await clocks.not_found_at(tx, of)
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
    await telling.tell(tx, of, "return_sent_back", carrier=carrier, parcel=number)
    tx.wake(of.subject)


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
        await telling.tell(tx, of, "return_answered", answer=decided, words=words)


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
