"""What is given for units of a return, when it is time: money by intents, or goods sent again. Asked by the system."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.rules import Draft, Outcome, Settled, Slip, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.advances import verbs as advances
from madoguchi.core.ledger.advances.queries import open_advance
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.ledger.returning.verbs import drop_return, keep_return, refund_returned, settle_return
from madoguchi.core.ledger.rules import BY_PROVIDER, Part, by_tender
from madoguchi.core.policy import paying_back
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import Failure, Operation, OperationState, StorePort
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.returns import clocks, queries, slips, verbs
from madoguchi.service.returns.eligibility import recallable
from madoguchi.service.returns.going_on import paying
from madoguchi.service.returns.outgoing import Next, Outgoing, fates, outgoing
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import COMING, WITHOUT_GOODS, Booked, Fee
from madoguchi.service.returns.rules import Wish as Wanted
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Due, Unit, booking, counted, is_due, share_of, still_wanted

_AGAIN = timedelta(hours=1)


class SettleReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which return."""

    return_id: UUID


class SettlePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is done, the money by tender, and what is taken off.

    `release` is the order that goes out in exchange, `release_lines` how many units of it, where not all do.
    """

    return_id: UUID
    wish: Wanted
    release: str | None = None
    release_lines: dict[str, int] | None = None
    due: tuple[Due, ...]
    money: dict[str, Money]
    fees: dict[Fee, int]
    slip: Slip

    def units(self, before: Booked, to: Booked) -> dict[str, int]:
        """How many units of which lines go this way."""
        return counted([one for one in self.due if (one.before, one.to) == (before, to)])

    def paid(self, before: Booked, to: Booked) -> dict[str, int]:
        """For how many of them money is given, which there was none for before."""
        return counted([one for one in self.due if (one.before, one.to) == (before, to) and one.pay and one.first])

    @property
    def replaced(self) -> dict[str, int]:
        """How many units of which lines are sent again."""
        return counted([one for one in self.due if one.replace])

    @property
    def early(self) -> bool:
        """Whether something is given before it is sure that it is owed."""
        return any(one.early for one in self.due)


async def draft(tx: Tx, actor: Actor, arguments: SettleReturn) -> Draft:
    """What is due now; Refused: change_open, return_nothing_due."""
    of = await queries.access_return(tx, actor, arguments.return_id)
    if await open_request_on(tx, of.order_id):
        raise Refused("change_open", 409)
    order = await access_order(tx, SYSTEM, of.order_id)
    everything = await queries.units_of(tx, of.id)
    due = [unit for unit in everything if is_due(of.refund_on, unit)]
    units = await _ready(tx, of, order, due)
    out = await outgoing(tx, of)
    going: Sequence[Unit] = ()
    if out and out.waits:
        units, going = _with_goods(of, out, everything, units)
    if not units:
        raise Refused("return_nothing_due", 409)
    plan = await plan_for(tx, of, order, units)
    if out and going:
        rest = sum(map(still_wanted, everything)) > len(going)
        plan = msgspec.structs.replace(
            plan, release=out.order.ref, release_lines=out.lines_for(going) if rest else None
        )
    return Draft(
        slip=plan.slip,
        plan=msgspec.to_builtins(plan),
        order_id=order.id,
        order_version=order.version,
        subject=of.subject,
        line_refs=tuple(dict.fromkeys(one.line_ref for one in plan.due)),
        gift=await queries.gift_of(tx, SYSTEM, of),
    )


def _with_goods(
    of: Return, out: Outgoing, everything: Sequence[Unit], ready: Sequence[Unit]
) -> tuple[list[Unit], list[Unit]]:
    """What of these can be settled while goods are set aside: what has none, and those units whose goods go out now."""
    found = fates(of, out, everything)
    going = [unit for unit in ready if found.get(unit.id) is Next.GO]
    if not out.order.by_parts and len(going) < len(found):
        going = []
    return [unit for unit in ready if unit.id not in found or unit in going], going


async def plan_for(tx: Tx, of: Return, order: Order, units: Sequence[Unit]) -> SettlePlan:
    """What is done about units of a return that are as these are; nothing is changed by asking."""
    held = await ledger.lines(tx, order.id)
    settled = {ref: line.settled for ref, line in held.items()}
    again = await _recallable(tx, of, order)
    due = [_due(of, order, unit, settled, again) for unit in units]
    currency = order.document.currency
    fees = await _fees(tx, of, units, due)
    amount = Money(sum(one.pay for one in due) - sum(fees.values()), currency)
    if of.outward and of.wish is Wanted.REFUND:
        amount += slips.outward(order.document, held, counted([one for one in due if one.pay and one.first]))
    money = by_tender(await ledger.tenders(tx, order.id), amount) if amount.amount > 0 else {}
    parts = _parts(await rules_of(tx, order.store_id), of, order, money)
    slip = slips.settlement(of, order.document, units, due, fees, parts)
    return SettlePlan(return_id=of.id, wish=of.wish, due=tuple(due), money=money, fees=fees, slip=slip)


async def begin(tx: Tx, wish: Wish) -> None:
    """Take the units up, and set the money aside; Refused: order_changed where they are not as they were."""
    plan = plan_of(wish)
    assert wish.order_id
    if not await unit_rows.take_up(tx, plan.due, wish.id):
        raise Refused("order_changed", 409)
    await ledger.reserve(tx, wish.id, wish.order_id, {}, plan.money)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store to send goods again, or to let others go out; for all else there is nothing to ask of it."""
    plan = plan_of(wish)
    if plan.release:
        return await store.release(str(wish.id), plan.release, plan.release_lines)
    if plan.wish is Wanted.REPLACEMENT and plan.replaced:
        return await store.create_replacement(str(wish.id), wish.order_ref or "", plan.replaced, None)
    return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Book it: what came back, what is given for it, and what is called back should it not come."""
    plan = plan_of(wish)
    of = await queries.access_return(tx, SYSTEM, plan.return_id, lock=True)
    if operation.state is not OperationState.SUCCEEDED:
        return await _give_up(tx, wish, plan, operation)
    await _book(tx, wish, of.order_id, plan)
    await unit_rows.settle(tx, plan.due)
    out_ref = operation.created or plan.release
    if goes_out := out_ref or of.out_ref:
        await unit_rows.go_out(tx, [one for one in plan.due if one.replace], goes_out)
    await unit_rows.charge(tx, of.id, plan.fees, plan.slip.total.currency, wish.id)
    order = await access_order(tx, SYSTEM, of.order_id)
    parts = _parts(await rules_of(tx, of.store_id), of, order, plan.money)
    await intend(tx, wish.id, of.order_id, parts)
    if plan.early:
        await _pay_in_advance(tx, wish, of, order, plan, parts)
    await verbs.refold(tx, of.id)
    slip = msgspec.structs.replace(slips.settled(plan.slip, out_ref), then=await paying(tx, of))
    return Outcome(state=Settled.DONE, slip=slip)


def plan_of(wish: Wish) -> SettlePlan:
    """What was found to be due."""
    return msgspec.convert(wish.plan, SettlePlan)


async def _ready(tx: Tx, of: Return, order: Order, due: Sequence[Unit]) -> Sequence[Unit]:
    """What can be given now of what is due: early only what can be called back, by one advance at a time.

    What cannot be called back is given for good once the goods are here, and these are ours from then on.
    """
    if not any(unit.is_early for unit in due):
        return due
    if await open_advance(tx, of.order_id, of.subject):
        return [unit for unit in due if not unit.is_early]
    again = await _recallable(tx, of, order)
    return [unit for unit in due if again or unit.reception not in COMING]


async def _recallable(tx: Tx, of: Return, order: Order) -> bool:
    """Whether what is given can be taken again."""
    return recallable(order.document, await ledger.tenders(tx, order.id), of.wish, gift=of.gift_id is not None)


def _due(of: Return, order: Order, unit: Unit, settled: dict[str, int], again: bool) -> Due:
    """What is done about a unit; `settled` counts on, so that each unit of a line has its own share of the price.

    `again`: it can be taken again.
    """
    to = booking(of.refund_on, unit)
    assert to
    worth = unit.worth
    if worth is None and to is not Booked.FREE:
        line = next(line for line in order.document.lines if line.ref == unit.line_ref)
        (worth,) = slips.unit_worths(line, settled[unit.line_ref], 1)
        settled[unit.line_ref] += 1
    whole = unit.given == unit.promised
    goods = of.wish is not Wanted.REFUND and whole and not unit.called_off
    replace = goods and to is not Booked.FREE and not unit.replaced
    owed = 0 if to is Booked.FREE or goods or unit.replaced else share_of(worth or 0, unit.given)
    return Due(
        unit_id=unit.id,
        line_ref=unit.line_ref,
        before=unit.booked,
        to=to,
        worth=worth,
        pay=max(owed - unit.paid, 0) + (unit.less if replace else 0),
        replace=replace,
        early=again and unit.is_early,
        first=not unit.paid,
    )


async def _fees(tx: Tx, of: Return, units: Sequence[Unit], due: Sequence[Due]) -> dict[Fee, int]:
    """What is taken off of this, at most what is given; less than nothing where it was taken off for what is lost now.

    In all it is the postage once and restocking of each unit's price, of those that the carrier did not lose.
    """
    now = {one.unit_id: one for one in due}
    known = {unit.id: unit for unit in (*await queries.units_of(tx, of.id), *units)}
    given = {unit.id: unit.paid + (now[unit.id].pay if unit.id in now else 0) for unit in known.values()}
    ours = [unit for unit in known.values() if given[unit.id] and unit.reception not in WITHOUT_GOODS]
    most = sum(given[unit.id] for unit in ours)
    worths = [(now[unit.id].worth if unit.id in now else unit.worth) or 0 for unit in ours]
    postage = min(of.postage, most)
    restocking = min(sum(share_of(worth, of.restocking) for worth in worths), most - postage)
    taken = await queries.fees_of(tx, of.id)
    left, found = sum(one.pay for one in due), {}
    for kind, amount in ((Fee.RETURN_POSTAGE, postage), (Fee.RESTOCKING, restocking)):
        found[kind] = min(amount - taken.get(kind, 0), left)
        left -= found[kind]
    return {kind: amount for kind, amount in found.items() if amount}


def _parts(pack: RulePack, of: Return, order: Order, money: Mapping[str, Money]) -> list[Part]:
    """Where it goes: the way it came, or to whoever got it as a present."""
    if of.gift_id:
        return paying_back.to_recipient(pack, order.document, money, of.gift_id)
    return paying_back.parts(pack, order.document, money, of.refund_to)


async def _book(tx: Tx, wish: Wish, order_id: UUID, plan: SettlePlan) -> None:
    for verb, to in ((settle_return, Booked.RETURNED), (keep_return, Booked.KEPT)):
        if units := plan.units(Booked.OPEN, to):
            await verb(tx, wish.id, order_id, units, plan.paid(Booked.OPEN, to))
    if units := plan.paid(Booked.RETURNED, Booked.RETURNED):
        await refund_returned(tx, order_id, units)
    if units := plan.units(Booked.OPEN, Booked.FREE):
        await drop_return(tx, wish.id, order_id, units)


async def _pay_in_advance(
    tx: Tx, wish: Wish, of: Return, order: Order, plan: SettlePlan, parts: Sequence[Part]
) -> None:
    """What was given early is called back when the goods do not come, by the one payment that can be charged again."""
    pack = await rules_of(tx, of.store_id)
    goods = bool(plan.replaced)
    if goods:
        worth = Money(sum(one.worth or 0 for one in plan.due), order.document.currency)
        again = max((t for t in order.document.tenders if t.kind in BY_PROVIDER), key=lambda one: one.captured)
        parts = paying_back.parts(pack, order.document, {again.ref: worth}, of.refund_to)
    if not parts:
        return  # what is taken off leaves nothing to give
    (part,) = parts
    until = max(tx.now + timedelta(days=pack.advance.recover_after_days), await clocks.ends_at(tx, of))
    await advances.pay(tx, wish.id, of.order_id, of.subject, part, until, goods=goods)
    await advances.expect_back(tx, wish.id, until)
    await unit_rows.give_early(tx, plan.due, wish.id)


async def _give_up(tx: Tx, wish: Wish, plan: SettlePlan, operation: Operation) -> Outcome:
    """The store cannot send it again: then the price is given back; or it could not now: again later."""
    assert wish.order_id
    await ledger.release(tx, wish.id, wish.order_id, {}, plan.money)
    await unit_rows.let_go(tx, wish.id)
    gone = plan.replaced and operation.code is Failure.UNAVAILABLE
    if gone:
        await verbs.refund_instead(tx, plan.return_id)
    await verbs.enqueue_settlement(tx, plan.return_id, None if gone else tx.now + _AGAIN)
    return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
