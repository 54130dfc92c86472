"""Booking: the store's facts come in; units and money are reserved, and settled or released. Never commits."""

from collections.abc import Mapping
from uuid import UUID

from madoguchi.core.ledger.rules import LineUnits, OrderFacts, TenderMoney
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money


async def lines(tx: Tx, order_id: UUID, *, lock: bool = False) -> Mapping[str, LineUnits]:
    """The units of an order by line."""
    columns = "line_ref, ordered, cancelling, cancelled, return_open, returned, kept, refunded"
    rows = await tx.all(
        LineUnits,
        f"select {columns} from ledger_lines where order_id = %s order by line_ref" + (" for update" if lock else ""),
        [order_id],
    )
    return {row.line_ref: row for row in rows}


async def tenders(tx: Tx, order_id: UUID, *, lock: bool = False) -> Mapping[str, TenderMoney]:
    """The money of an order by tender."""
    rows = await tx.all(
        TenderMoney,
        "select tender_ref, currency, captured, reserved, refunded, recharged from ledger_tenders where order_id = %s "
        "order by tender_ref" + (" for update" if lock else ""),
        [order_id],
    )
    return {row.tender_ref: row for row in rows}


async def take_store_facts(tx: Tx, order_id: UUID, facts: OrderFacts) -> None:
    """Ordered units and captured money are the store's; what the store cancelled or refunded by itself is adopted.

    Adoption waits while a request of ours is under way on the order, since that books its own part; the facts are
    taken again when it is settled.
    """
    await _take_ordered(tx, order_id, facts)
    if not await _under_way(tx, order_id):
        await _adopt(tx, order_id, facts)


async def reserve(
    tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], money: Mapping[str, Money]
) -> None:
    """Set units of lines and money of tenders aside for a request; CONFLICT when something else took them first."""
    held = await tenders(tx, order_id, lock=True)
    free = await lines(tx, order_id, lock=True)
    if any(ref not in held or held[ref].free < amount or amount.amount < 0 for ref, amount in money.items()):
        raise Refused("money_taken", 409)
    if any(ref not in free or not 0 < count <= free[ref].free for ref, count in units.items()):
        raise Refused("units_taken", 409)
    await tx.many(
        "update ledger_tenders set reserved = reserved + %s where order_id = %s and tender_ref = %s",
        [(amount.amount, order_id, ref) for ref, amount in sorted(money.items())],
    )
    await tx.many(
        "update ledger_lines set cancelling = cancelling + %s where order_id = %s and line_ref = %s",
        [(count, order_id, ref) for ref, count in sorted(units.items())],
    )
    await _write(tx, request_id, "reserve", order_id, units, money)


async def settle_cancellation(
    tx: Tx,
    request_id: UUID,
    order_id: UUID,
    units: Mapping[str, int],
    money: Mapping[str, Money],
    *,
    owed: bool = False,
) -> None:
    """What was reserved has happened: units are cancelled, money is refunded; `owed`: intents will pay for them."""
    await tenders(tx, order_id, lock=True)
    for ref, amount in sorted(money.items()):
        await tx.execute(
            """update ledger_tenders set reserved = reserved - %s, refunded = refunded + %s
               where order_id = %s and tender_ref = %s""",
            [amount.amount, amount.amount, order_id, ref],
        )
    await lines(tx, order_id, lock=True)
    for ref, count in sorted(units.items()):
        await tx.execute(
            """update ledger_lines set cancelling = cancelling - %s, cancelled = cancelled + %s,
                 refunded = refunded + %s
               where order_id = %s and line_ref = %s""",
            [count, count, count if money or owed else 0, order_id, ref],
        )
    await _write(tx, request_id, "settle", order_id, units, money)


async def settle_given(
    tx: Tx, request_id: UUID, order_id: UUID, reserved: Mapping[str, Money], given: Mapping[str, Money]
) -> None:
    """The store itself gave back what was reserved; ValueError for anything else, which a person must see first."""
    if dict(reserved) != {ref: amount for ref, amount in given.items() if amount}:
        raise ValueError(f"the store gave back {given} where {reserved} was reserved")
    await settle_cancellation(tx, request_id, order_id, {}, reserved)


async def settle_kept(tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], *, refunded: bool) -> None:
    """Reserved units were made good and stay where they are; `refunded`: by money that intents pay, else by others."""
    await lines(tx, order_id, lock=True)
    for ref, count in sorted(units.items()):
        await tx.execute(
            """update ledger_lines set cancelling = cancelling - %s, kept = kept + %s, refunded = refunded + %s
               where order_id = %s and line_ref = %s""",
            [count, count, count if refunded else 0, order_id, ref],
        )
    await _write(tx, request_id, "keep", order_id, units, {})


async def release(
    tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], money: Mapping[str, Money]
) -> None:
    """What was reserved will not happen."""
    await tenders(tx, order_id, lock=True)
    for ref, amount in sorted(money.items()):
        await tx.execute(
            "update ledger_tenders set reserved = reserved - %s where order_id = %s and tender_ref = %s",
            [amount.amount, order_id, ref],
        )
    await lines(tx, order_id, lock=True)
    for ref, count in sorted(units.items()):
        await tx.execute(
            "update ledger_lines set cancelling = cancelling - %s where order_id = %s and line_ref = %s",
            [count, order_id, ref],
        )
    await _write(tx, request_id, "release", order_id, units, money)


async def _take_ordered(tx: Tx, order_id: UUID, facts: OrderFacts) -> None:
    await tx.many(
        """insert into ledger_tenders (order_id, tender_ref, currency, captured) values (%s, %s, %s, %s)
           on conflict (order_id, tender_ref) do update set captured = excluded.captured""",
        [(order_id, tender.ref, facts.currency, tender.captured) for tender in facts.tenders],
    )
    await tx.many(
        """insert into ledger_lines (order_id, line_ref, ordered) values (%s, %s, %s)
           on conflict (order_id, line_ref) do update set ordered = excluded.ordered""",
        [(order_id, line.ref, line.ordered) for line in facts.lines],
    )


async def _under_way(tx: Tx, order_id: UUID) -> bool:
    held = await tx.value(
        """select exists (select 1 from ledger_tenders where order_id = %(order)s and reserved > 0)
               or exists (select 1 from ledger_lines where order_id = %(order)s and cancelling > 0)""",
        {"order": order_id},
    )
    return bool(held)


async def _adopt(tx: Tx, order_id: UUID, facts: OrderFacts) -> None:
    money = await tenders(tx, order_id, lock=True)
    for tender in facts.tenders:
        more = tender.refunded - money[tender.ref].refunded - money[tender.ref].recharged
        if more > 0:
            await tx.execute(
                "update ledger_tenders set refunded = refunded + %s where order_id = %s and tender_ref = %s",
                [more, order_id, tender.ref],
            )
            await _write(tx, None, "store", order_id, {}, {tender.ref: Money(more, facts.currency)})
    units = await lines(tx, order_id, lock=True)
    for line in facts.lines:
        more = min(line.cancelled - units[line.ref].cancelled, units[line.ref].free)
        if more > 0:
            await tx.execute(
                """update ledger_lines set cancelled = cancelled + %s, refunded = least(refunded + %s, ordered)
                   where order_id = %s and line_ref = %s""",
                [more, more, order_id, line.ref],
            )
            await _write(tx, None, "store", order_id, {line.ref: more}, {})


async def write_units(tx: Tx, request_id: UUID, step: str, order_id: UUID, units: Mapping[str, int]) -> None:
    """The entries of units that moved."""
    await _write(tx, request_id, step, order_id, units, {})


async def write_money(
    tx: Tx, request_id: UUID, step: str, order_id: UUID, money: Mapping[str, Money], *, intent_id: UUID | None = None
) -> None:
    """The entries of money that moved."""
    await _write(tx, request_id, step, order_id, {}, money, intent_id=intent_id)


async def _write(
    tx: Tx,
    request_id: UUID | None,
    step: str,
    order_id: UUID,
    units: Mapping[str, int],
    money: Mapping[str, Money],
    *,
    intent_id: UUID | None = None,
) -> None:
    about = (order_id, request_id, intent_id, step)
    rows: list[tuple[object, ...]] = [
        (ids.uuid7(), *about, ref, count, None, None, None, tx.now) for ref, count in units.items()
    ]
    rows += [
        (ids.uuid7(), *about, None, None, ref, amount.amount, amount.currency, tx.now) for ref, amount in money.items()
    ]
    await tx.many(
        """insert into ledger_entries
             (id, order_id, request_id, intent_id, step, line_ref, units, tender_ref, amount, currency, at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        rows,
    )
