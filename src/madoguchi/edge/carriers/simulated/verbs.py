"""Taking parcels, doing what is asked, and what time brings. Each runs in a transaction of the carriers' own."""

from datetime import datetime

from msgspec import to_builtins
from psycopg.types.json import Jsonb

from madoguchi.core.shop.port import Address, Failure
from madoguchi.edge.carriers.simulated import queries, rules
from madoguchi.edge.carriers.simulated.answers import answer
from madoguchi.edge.carriers.simulated.asked import Asked
from madoguchi.edge.carriers.simulated.brands import Brand
from madoguchi.edge.carriers.simulated.queries import OperationRow
from madoguchi.edge.carriers.simulated.rules import Direction, Parcel, Temper, Waybill
from madoguchi.kit.db import Tx


async def take(tx: Tx, brand: Brand, waybill: Waybill) -> Parcel:
    """Take a parcel that was handed over, unless it is here; what it passed before anybody asked for it is no news."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 2))", [f"{brand.name}/{waybill.number}"])
    if known := await queries.parcel(tx, brand.name, waybill.number):
        return known.document
    parcel = Parcel(
        number=waybill.number,
        direction=Direction.OUTWARD,
        address=waybill.address,
        way=waybill.way,
        cash=waybill.cash,
    )
    await _put(tx, brand, parcel, told=len(rules.reached(parcel, tx.now)))
    return parcel


async def perform(tx: Tx, brand: Brand, temper: Temper, key: str, wish: Asked) -> OperationRow:
    """Do what is asked, once however often it comes; the same key with another request fails as invalid."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{brand.name}/{key}"])
    known = await queries.operation(tx, brand.name, key)
    if known is not None:
        return known if known.arguments == wish else OperationRow(key, wish, wish.number, "failed", Failure.INVALID)
    late = rules.happens(temper, temper.pending, key)
    made = OperationRow(key, wish, wish.number, "pending", None)
    if not late:
        made = await _decided(tx, brand, temper, made, tx.now)
    await tx.execute(
        """insert into operations (carrier, key, arguments, number, state, code, made_at, decide_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            brand.name,
            key,
            Jsonb(to_builtins(wish)),
            made.number,
            made.state,
            made.code,
            tx.now,
            tx.now + rules.DECIDES_WITHIN if late else None,
        ],
    )
    return made


async def pass_time(tx: Tx, brand: Brand, temper: Temper, now: datetime, limit: int = 500) -> int:
    """Decide what was left open, and tell what parcels have reached; how many steps were told. One clock at a time."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [brand.name])
    for row in await queries.undecided(tx, brand.name, now):
        decided = await _decided(tx, brand, temper, row, now)
        await tx.execute(
            "update operations set state = %s, code = %s, decide_at = null where carrier = %s and key = %s",
            [decided.state, decided.code, brand.name, decided.key],
        )
    until, count = now - temper.late, 0
    for due in await queries.due_parcels(tx, brand.name, until, limit):
        steps = rules.reached(due.document, until)
        await tx.many(
            "insert into news (carrier, number, at, state, place) values (%s, %s, %s, %s, %s)",
            [(brand.name, due.document.number, e.at, e.state.value, e.place) for e in steps[due.told :]],
        )
        await _put(tx, brand, due.document, told=len(steps))
        count += len(steps) - due.told
    return count


async def hand_in(tx: Tx, brand: Brand, temper: Temper, number: str) -> bool:
    """The sender brings an announced parcel to a depot; False when there is none, or it was sent or taken back."""
    held = await queries.parcel(tx, brand.name, number, lock=True)
    if held is None or not rules.awaited(held.document, tx.now):
        return False
    await _put(tx, brand, rules.handed_in(temper, held.document, tx.now), told=0)
    return True


async def bring_in(tx: Tx, brand: Brand, temper: Temper, number: str, sender: Address) -> bool:
    """A parcel that nobody announced is brought to a depot; False when there is one with its number."""
    if await queries.parcel(tx, brand.name, number, lock=True):
        return False
    parcel = Parcel(number=number, direction=Direction.BACK, address=sender, way=())
    await _put(tx, brand, rules.handed_in(temper, parcel, tx.now), told=0)
    return True


async def heard(tx: Tx, brand: Brand, parcel: Parcel) -> None:
    """The shop knows how the parcel goes on; what was changed since, it hears the next time."""
    await tx.execute(
        """delete from changed c using parcels p
           where (c.carrier, c.number) = (%(carrier)s, %(number)s) and (p.carrier, p.number) = (c.carrier, c.number)
             and p.document = %(document)s""",
        {"carrier": brand.name, "number": parcel.number, "document": Jsonb(to_builtins(parcel))},
    )


async def _decided(tx: Tx, brand: Brand, temper: Temper, row: OperationRow, now: datetime) -> OperationRow:
    held = await queries.parcel(tx, brand.name, row.number, lock=True)
    after = answer(brand, temper, held.document if held else None, row.arguments, now)
    if isinstance(after, Failure):
        return OperationRow(row.key, row.arguments, row.number, "failed", after)
    await _put(tx, brand, after, told=held.told if held else 0)
    if after.direction is Direction.OUTWARD:
        await tx.execute(
            "insert into changed (carrier, number) values (%s, %s) on conflict do nothing", [brand.name, row.number]
        )
    return OperationRow(row.key, row.arguments, row.number, "succeeded", None)


async def _put(tx: Tx, brand: Brand, parcel: Parcel, *, told: int) -> None:
    await tx.execute(
        """insert into parcels (carrier, number, document, told, tell_at) values (%s, %s, %s, %s, %s)
           on conflict (carrier, number) do update
           set document = excluded.document, told = excluded.told, tell_at = excluded.tell_at""",
        [
            brand.name,
            parcel.number,
            Jsonb(to_builtins(parcel)),
            told,
            parcel.way[told].at if told < len(parcel.way) else None,
        ],
    )
