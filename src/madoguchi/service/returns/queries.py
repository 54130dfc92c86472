"""Reading returns. `access_return` is the only way from an id to a row, for an actor."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.gifts.queries import access_gift
from madoguchi.core.gifts.rules import Gift
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.pack import Fault, Method, ReturnReason, Trigger
from madoguchi.core.shop.port import Address, TrackingState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.returns.folding import state
from madoguchi.service.returns.rules import Condition, Doubt, ReturnState, Stage, Wish
from madoguchi.service.returns.units.rules import Unit


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sends back, and how far it is; `number` is for people, `order_ref` the store's name of the order.

    With a `gift_id` the customer got it as a present, and knows it by `gift_number`; the order is somebody else's.

    `refund_on` is what the money waits for, `send_until` until when the parcel must be on its way, `outward` whether
    with all of an order also what sending it cost is given back; `postage` (minor units) and `restocking` (percent of
    the price) are taken off. `out_ref` is the store's order in which the new goods of an exchange are set aside.
    `answer` is what a leader said to what was decided, `doubt` what is not clear of its parcel, which is looked for
    or expected until `doubt_until`. Since `address_asked_at` goods wait until somebody tells where they go back to
    (`back_to`).
    """

    id: UUID
    number: str | None
    store_id: str
    customer_id: UUID
    order_id: UUID
    order_ref: str
    wish: Wish
    reason: ReturnReason
    fault: Fault
    condition: Condition | None
    method: Method | None
    refund_to: Destination | None
    refund_on: Trigger
    outward: bool
    postage: int
    restocking: int
    stage: Stage
    state: ReturnState
    send_until: datetime
    made_at: datetime
    agreed_at: datetime | None
    changed_at: datetime
    reminded_at: datetime | None
    look_at: datetime | None
    out_ref: str | None
    appeal: str | None
    appealed_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    doubt: Doubt | None
    doubt_until: datetime | None
    gift_id: UUID | None = None
    gift_number: str | None = None
    address_asked_at: datetime | None = None
    back_to: Address | None = None

    @property
    def called(self) -> str:
        """By what number its customer knows what it is of."""
        return self.gift_number or self.order_ref

    @property
    def named(self) -> Said:
        """What it is of, in words: the customer's order or, of a present, the gift."""
        return said(f"returns.of.{'gift' if self.gift_id else 'order'}", number=self.called)

    @property
    def is_objected_to(self) -> bool:
        """Whether an objection of the customer's waits for its answer."""
        return self.appealed_at is not None and self.answered_at is None

    @property
    def told_order(self) -> UUID | None:
        """The order, where its customer hears of that."""
        return None if self.gift_id else self.order_id

    @property
    def subject(self) -> str:
        """What wishes and advances about it are about."""
        return subject_of(self.id)


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel in which something comes back, and the carrier's news of it.

    It is `told` where whoever sends it told its number; else a carrier was asked to carry it.
    """

    id: UUID
    return_id: UUID
    carrier: str
    number: str
    state: str
    scanned_at: datetime | None
    told_at: datetime
    arrived_at: datetime | None
    told: bool

    @property
    def handed_over(self) -> bool:
        """Whether the carrier says that the warehouse has it, which has not said so yet."""
        return self.state == TrackingState.DELIVERED and self.arrived_at is None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A return in a list; `handed_over_at`: since when the carrier says that it is here, while nobody has opened it.

    With a `doubt` nobody found it for days.
    """

    id: UUID
    number: str
    state: ReturnState
    units: int
    goods: str
    changed_at: datetime
    send_until: datetime
    handed_over_at: datetime | None
    doubt: Doubt | None


class _Id(msgspec.Struct, frozen=True):
    id: UUID


class _Fee(msgspec.Struct, frozen=True):
    kind: str
    amount: int


class _Said(msgspec.Struct, frozen=True):
    said: str


def subject_of(return_id: UUID) -> str:
    """What wishes and advances about a return are about."""
    return f"return:{return_id}"


def return_of(subject: str) -> UUID | None:
    """The return that a wish or an advance is about, if it is about one."""
    kind, _, ref = subject.partition(":")
    return UUID(ref) if kind == "return" else None


_RETURN = """select r.id, r.number, r.store_id, r.customer_id, r.order_id, coalesce(o.store_ref, '') as order_ref,
  r.wish, r.reason, r.fault, r.condition, r.method, r.refund_to, r.refund_on, r.outward, r.postage, r.restocking,
  r.stage, r.state, r.send_until, r.made_at, r.agreed_at, r.changed_at, r.reminded_at, r.look_at, r.out_ref,
  r.appeal, r.appealed_at, r.answered_at, r.answer, r.doubt, r.doubt_until,
  r.gift_id, g.number as gift_number, r.address_asked_at, r.back_to
from returns r left join orders o on o.id = r.order_id left join gifts g on g.id = r.gift_id"""
_UNIT = """select id, return_id, line_ref, sku, name, promised, if_opened, keep, reception, acceptance, percent, why,
  grade, disposition, note, booked, worth, paid, replaced, settled_at, received_at, inspected_at,
  restocked_at, late, clauses, sent_back, advance_id, out_ref, called_off, less from return_units"""
_PARCEL = "select id, return_id, carrier, number, state, scanned_at, told_at, arrived_at, told from return_parcels"


async def access_return(tx: Tx, actor: Actor, return_id: UUID, *, lock: bool = False) -> Return:
    """The return, for whoever sends it, staff and the system; else invisible."""
    if lock:
        found = await tx.maybe(Return, f"{_RETURN} where r.id = %s for update of r", [return_id])
    else:
        found = await tx.maybe(Return, f"{_RETURN} where r.id = %s", [return_id])
    if found is None or not actor.may_see(found.customer_id):
        raise invisible()
    return found


async def order_of(tx: Tx, actor: Actor, of: Return) -> Order:
    """The order of a return that the actor was found to see. Whoever got it as a present is shown nothing of it."""
    if of.gift_id is None:
        return await access_order(tx, actor, of.order_id)
    async with tx.acting(SYSTEM):
        return await access_order(tx, SYSTEM, of.order_id)


async def gift_of(tx: Tx, actor: Actor, of: Return) -> Gift | None:
    """The gift that is sent back, if it is one."""
    return await access_gift(tx, actor, of.gift_id) if of.gift_id else None


async def returns_of_order(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Return]:
    """What is or was sent back of an order, oldest first; what a present brought whoever got it is theirs alone."""
    rows = await tx.all(Return, f"{_RETURN} where r.order_id = %s and r.gift_id is null order by r.id", [order_id])
    return [row for row in rows if actor.may_see(row.customer_id)]


async def returns_of(
    tx: Tx, actor: Actor, customer_id: UUID, limit: int = 20, *, before: UUID | None = None
) -> Sequence[Return]:
    """A customer's returns, newest first; those older than `before`."""
    if not actor.may_see(customer_id):
        raise invisible()
    older = "and r.id < %s" if before else ""
    return await tx.all(
        Return,
        f"{_RETURN} where r.customer_id = %s {older} order by r.id desc limit %s",
        [customer_id, *([before] if before else []), limit],
    )


async def units_of(tx: Tx, return_id: UUID, *, lock: bool = False) -> Sequence[Unit]:
    """The units of a return that the actor was found to see, line by line."""
    ordered = " where return_id = %s order by line_ref, id" + (" for update" if lock else "")
    return await tx.all(Unit, _UNIT + ordered, [return_id])


async def parcels_of(tx: Tx, return_id: UUID) -> Sequence[Parcel]:
    """The parcels of a return that the actor was found to see, oldest first."""
    return await tx.all(Parcel, f"{_PARCEL} where return_id = %s order by id", [return_id])


async def return_sent_back(tx: Tx, consignment_id: UUID) -> UUID:
    """The return of which goods go back to the customer in this consignment (for the system)."""
    found = await tx.value("select return_id from return_units where sent_back = %s limit 1", [consignment_id])
    return UUID(str(found))


async def without_address(tx: Tx, limit: int = 50) -> Sequence[Return]:
    """Returns of which goods may wait to be told where they go back to, the longest waiting first (for the system)."""
    return await tx.all(
        Return,
        f"{_RETURN} where r.address_asked_at is not null and r.back_to is null order by r.address_asked_at limit %s",
        [limit],
    )


async def units_in(tx: Tx, consignment_id: UUID) -> Sequence[Unit]:
    """What goes back to a customer in a consignment."""
    return await tx.all(Unit, f"{_UNIT} where sent_back = %s order by line_ref, id", [consignment_id])


async def fees_of(tx: Tx, return_id: UUID) -> Mapping[str, int]:
    """How much was taken off what was given for a return, by kind, in minor units."""
    query = "select kind, sum(amount)::bigint as amount from return_fees where return_id = %s group by kind"
    return {row.kind: row.amount for row in await tx.all(_Fee, query, [return_id])}


async def fees_taken(tx: Tx, request_id: UUID) -> int:
    """What a settlement took off what it gave, in minor units."""
    return int(await tx.value("select coalesce(sum(amount), 0) from return_fees where request_id = %s", [request_id]))


async def photos_of(tx: Tx, unit_id: UUID) -> Sequence[UUID]:
    """The photos that the warehouse took of a unit."""
    return list(await tx.value("select photos from return_units where id = %s", [unit_id]) or ())


async def photos_of_less(tx: Tx, return_id: UUID) -> Sequence[UUID]:
    """The photos of those units of a return for which less is given than was promised, or nothing."""
    rows = await tx.all(
        _Id,
        """select unnest(photos) as id from return_units
           where return_id = %s and acceptance in ('reduced', 'rejected') order by line_ref, id""",
        [return_id],
    )
    return [row.id for row in rows]


async def is_of_goods(tx: Tx, photo_id: UUID) -> bool:
    """Whether a photo is one that the warehouse took of something that came back."""
    return bool(await tx.value("select exists (select from return_units where %s = any(photos))", [photo_id]))


async def lines_in(tx: Tx, state: ReturnState, limit: int = 100) -> Sequence[Line]:
    """Returns in a state, first what must be looked for, then the longest there (for the warehouse)."""
    return await tx.all(
        Line,
        """select r.id, r.number, r.state, r.changed_at, r.send_until, count(*)::int as units,
             string_agg(distinct u.name, '、') as goods, p.handed_over_at, r.doubt
           from returns r join return_units u on u.return_id = r.id and u.reception not in ('cancelled', 'expired')
           left join lateral (
             select min(told_at) as handed_over_at from return_parcels
             where return_id = r.id and state = %s and arrived_at is null) p on true
           where r.state = %s group by r.id, p.handed_over_at
           order by r.doubt is null, p.handed_over_at nulls last, r.changed_at limit %s""",
        [TrackingState.DELIVERED, state, limit],
    )


async def parcels_numbered(tx: Tx, carrier: str | None, number: str) -> Sequence[Parcel]:
    """What comes back under a carrier's number, whichever carrier's where none is named (for the system).

    Several returns of one customer may come in one parcel; those that nobody has opened come first.
    """
    return await tx.all(
        Parcel,
        f"""{_PARCEL} where number = %(number)s and (%(carrier)s::text is null or carrier = %(carrier)s)
            order by arrived_at is not null, id""",
        {"carrier": carrier, "number": number},
    )


async def return_numbered(tx: Tx, number: str) -> UUID | None:
    """The id of the return with this number (for the system and the warehouse)."""
    found = await tx.value("select id from returns where number = %s", [number])
    return UUID(str(found)) if found else None


async def returned_since(tx: Tx, customer_id: UUID, since: datetime) -> int:
    """How many returns a customer has made since a moment, but those that came to nothing."""
    query = """select count(*) from returns where customer_id = %s and made_at >= %s
               and state not in ('cancelled', 'declined', 'expired')"""
    return int(await tx.value(query, [customer_id, since]))


async def promised_advances(tx: Tx, customer_id: UUID) -> int:
    """How many returns of a customer are to be paid before they are looked at, and are not paid yet."""
    query = """select count(*) from returns r where r.customer_id = %s and r.refund_on in ('now', 'first_scan')
               and exists (select from return_units u where u.return_id = r.id and not u.keep)
               and r.state in ('requested', 'review', 'approved', 'in_transit')
               and not exists (select from ledger_advances a where a.subject = 'return:' || r.id)"""
    return int(await tx.value(query, [customer_id]))


async def sent_back_again(tx: Tx, order_id: UUID, customer_id: UUID) -> frozenset[str]:
    """Lines of an order of which a unit came back from this customer and was sent to them again."""
    rows = await tx.all(
        _Said,
        """select distinct u.line_ref as said from return_units u join returns r on r.id = u.return_id
           where u.order_id = %s and r.customer_id = %s and u.acceptance = 'rejected' and u.reception = 'received'""",
        [order_id, customer_id],
    )
    return frozenset(row.said for row in rows)


async def to_look_at(tx: Tx, limit: int = 200) -> Sequence[UUID]:
    """Returns that time alone changes by now, the longest waiting first."""
    rows = await tx.all(_Id, "select id from returns where look_at <= %s order by look_at limit %s", [tx.now, limit])
    return [row.id for row in rows]


_TO_DECIDE = """r.doubt in ('missing', 'went_back') or r.appealed_at is not null and r.answered_at is null
  or r.state = 'received' and exists (
    select from return_units u where u.return_id = r.id and u.acceptance = 'manual')"""


async def to_decide(tx: Tx, limit: int = 50) -> Sequence[Return]:
    """What the warehouse left to a leader or cannot find, and what customers object to, the longest waiting first.

    For staff.
    """
    return await tx.all(Return, f"{_RETURN} where {_TO_DECIDE} order by r.changed_at limit %s", [limit])


async def count_to_decide(tx: Tx) -> int:
    """How many those are."""
    return int(await tx.value(f"select count(*) from returns r where {_TO_DECIDE}"))


# --- what must never be


async def misfolded(tx: Tx) -> Sequence[str]:
    """Returns whose state is not what their units say."""
    units: dict[UUID, list[Unit]] = {}
    for unit in await tx.all(Unit, _UNIT):
        units.setdefault(unit.return_id, []).append(unit)
    wrong = [one for one in await tx.all(Return, _RETURN) if state(one.stage, units.get(one.id, [])) is not one.state]
    return [f"{one.number or one.id}: {one.state}" for one in wrong[:20]]


async def _breaches(tx: Tx, query: LiteralString) -> Sequence[str]:
    return [row.said for row in await tx.all(_Said, query)]


async def uncounted(tx: Tx) -> Sequence[str]:
    """Lines of which the ledger counts other units on their way back, returned or kept than the returns have."""
    return await _breaches(
        tx,
        """select 'order ' || l.order_id || ' line ' || l.line_ref as said
           from ledger_lines l
           left join lateral (
             select count(*) filter (where u.booked = 'open' and u.reception not in ('cancelled', 'expired')
                                     and r.stage <> 'declined') as open,
                    count(*) filter (where u.booked = 'returned') as returned
             from return_units u join returns r on r.id = u.return_id
             where u.order_id = l.order_id and u.line_ref = l.line_ref) u on true
           where (l.return_open, l.returned) <> (u.open, u.returned) limit 20""",
    )


async def unpaid(tx: Tx) -> Sequence[str]:
    """Returns of which the units were paid otherwise than their refunds say."""
    return await _breaches(
        tx,
        """select r.number as said from returns r
           join lateral (select coalesce(sum(u.paid), 0) as paid from return_units u where u.return_id = r.id) u on true
           join lateral (
             select coalesce(sum(i.amount), 0) as owed from refund_intents i
             where i.state <> 'rerouted' and i.request_id in (
               select q.id from requests q where q.subject = 'return:' || r.id or q.id = r.id)) i on true
           left join lateral (select coalesce(sum(f.amount), 0) as fees from return_fees f where f.return_id = r.id) f
             on true
           left join lateral (
             select coalesce(sum(coalesce(a.owed, a.amount)), 0) as amount from ledger_advances a
             where a.subject = 'return:' || r.id and a.state = 'charged' and not a.goods) taken on true
           where not r.outward and i.owed - taken.amount <> greatest(u.paid - f.fees, 0) limit 20""",
    )


async def given_for_nothing(tx: Tx) -> Sequence[str]:
    """Returns of which something was given for a unit that did not come, or went back, and nobody calls it back.

    Also those that count as on their way though all their parcels went back to the sender. What somebody decided about
    what was given, with a note or a name, is theirs.
    """
    return await _breaches(
        tx,
        """select distinct r.number as said from return_units u join returns r on r.id = u.return_id
           left join ledger_advances a on a.id = u.advance_id
           where (u.paid > 0 or u.replaced)
             and (u.acceptance = 'rejected' or u.reception in ('awaiting', 'cancelled', 'expired'))
             and (a.id is null or a.state in ('final', 'recovered') and a.decided_by is null and a.note = '')
           union
           select r.number from returns r
           where exists (select from return_units u where u.return_id = r.id and u.reception = 'in_transit')
             and exists (select from return_parcels p where p.return_id = r.id)
             and not exists (select from return_parcels p
                             where p.return_id = r.id and p.state <> 'returned_to_sender')
           limit 20""",
    )


async def misbelieved(tx: Tx) -> Sequence[str]:
    """Returns of which goods need not come back and that do not count as believed, or the other way round."""
    return await _breaches(
        tx,
        """select coalesce(r.number, r.id::text) as said from returns r left join policy_believed b on b.about = r.id
           where (r.kept > 0 and r.stage not in ('cancelled', 'declined')) <> (b.about is not null)
              or b.amount <> r.kept limit 20""",
    )


async def left_lying(tx: Tx) -> Sequence[str]:
    """Returns that should be settled and that nothing will take up."""
    return await _breaches(
        tx,
        """select r.number as said from returns r where r.state = 'inspected'
             and not exists (select from jobs j where j.key = 'returns.settle:' || r.id and j.parked_at is null)
             and not exists (select from requests q where q.subject = 'return:' || r.id and q.settled_at is null)
           limit 20""",
    )
