"""Noting what becomes of units whose return is locked. Never commits and decides nothing."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from madoguchi.kit.db import Tx
from madoguchi.service.returns.rules import Acceptance, Disposition, Fee, Grade, Reception, Why
from madoguchi.service.returns.units.rules import Due, Unit


async def insert(tx: Tx, return_id: UUID, order_id: UUID, units: Sequence[Unit]) -> None:
    """Units that are to come back."""
    await tx.many(
        """insert into return_units (id, return_id, order_id, line_ref, sku, name, promised, if_opened, keep,
             less)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            (
                one.id,
                return_id,
                order_id,
                one.line_ref,
                one.sku,
                one.name,
                one.promised,
                one.if_opened,
                one.keep,
                one.less,
            )
            for one in units
        ],
    )


async def keep(tx: Tx, return_id: UUID) -> None:
    """What need not come back is the customer's."""
    await tx.execute("update return_units set reception = 'kept' where return_id = %s and keep", [return_id])


async def move(tx: Tx, units: Sequence[Unit], reception: Reception) -> None:
    """Where they are now."""
    received = tx.now if reception is Reception.RECEIVED else None
    await tx.execute(
        "update return_units set reception = %s, received_at = coalesce(received_at, %s) where id = any(%s)",
        [reception, received, [unit.id for unit in units]],
    )


async def free(tx: Tx, units: Sequence[Unit]) -> None:
    """The ledger has them as free again, and nothing is given for them."""
    await tx.execute(
        "update return_units set booked = 'free', settled_at = %s where id = any(%s)",
        [tx.now, [unit.id for unit in units]],
    )


async def come_back(tx: Tx, units: Sequence[Unit]) -> None:
    """The ledger has them as returned, which were kept."""
    await tx.execute("update return_units set booked = 'returned' where id = any(%s)", [[unit.id for unit in units]])


async def take_up_again(tx: Tx, units: Sequence[Unit]) -> None:
    """They were free, and are to be settled once more."""
    await tx.execute(
        "update return_units set booked = 'open', settled_at = null where id = any(%s)", [[unit.id for unit in units]]
    )


async def come_late(tx: Tx, units: Sequence[Unit]) -> None:
    """They come after the time for them."""
    await tx.execute("update return_units set late = true where id = any(%s)", [[unit.id for unit in units]])


async def reject_absent(tx: Tx, units: Sequence[UUID], becomes: Disposition, by: UUID | None) -> None:
    """What was not in the parcel is not paid for, and what becomes of whatever was there in its place."""
    await tx.execute(
        """update return_units set acceptance = 'rejected', disposition = %s, inspected_at = %s, inspected_by = %s
           where id = any(%s)""",
        [becomes, tx.now, by, list(units)],
    )


async def decide(tx: Tx, unit_id: UUID, acceptance: Acceptance, percent: int | None, why: Why | None) -> None:
    """What is given for a unit; one for which nothing is given goes back to the customer, any other stays."""
    await tx.execute(
        """update return_units set acceptance = %(acceptance)s, percent = %(percent)s,
             why = case when %(acceptance)s = 'accepted' then null else coalesce(%(why)s, why) end,
             disposition = case when %(acceptance)s = 'rejected' then 'back_to_customer'
                                when disposition = 'back_to_customer' and sent_back is null then null
                                else disposition end
           where id = %(id)s""",
        {"acceptance": acceptance, "percent": percent, "why": why, "id": unit_id},
    )


async def look_at(
    tx: Tx,
    unit_id: UUID,
    grade: Grade,
    disposition: Disposition,
    note: str,
    clauses: Sequence[str],
    by: UUID | None,
) -> None:
    """How a unit was found, what becomes of it, and which clauses of the law had a part in what is given for it."""
    await tx.execute(
        """update return_units
           set grade = %s, disposition = %s, note = %s, clauses = %s, inspected_at = %s, inspected_by = %s
           where id = %s""",
        [grade, disposition, note, list(clauses), tx.now, by, unit_id],
    )


async def show(tx: Tx, return_id: UUID, unit_id: UUID, photo_id: UUID) -> bool:
    """A photo of a unit, or of what came in its place, once; False where there is neither."""
    return bool(
        await tx.execute(
            """update return_units set photos = array_append(array_remove(photos, %(photo)s), %(photo)s)
               where id = %(unit)s and return_id = %(return)s
                 and (received_at is not null or reception = 'wrong_item')""",
            {"photo": photo_id, "unit": unit_id, "return": return_id},
        )
    )


async def reopen(tx: Tx, unit_id: UUID) -> None:
    """A unit is to be settled again, since another is its end."""
    await tx.execute("update return_units set settled_at = null where id = %s", [unit_id])


async def take_up(tx: Tx, due: Sequence[Due], request_id: UUID) -> bool:
    """A wish settles them from now on; False where one was settled, or taken up, by another."""
    taken = await tx.execute(
        "update return_units set settling = %s where id = any(%s) and settled_at is null and settling is null",
        [request_id, [one.unit_id for one in due]],
    )
    return taken == len(due)


async def let_go(tx: Tx, request_id: UUID) -> None:
    """The wish did not settle them."""
    await tx.execute("update return_units set settling = null where settling = %s", [request_id])


async def settle(tx: Tx, due: Sequence[Due]) -> None:
    """All was done about them that is to be done."""
    await tx.many(
        """update return_units set booked = %s, worth = %s, paid = paid + %s, replaced = replaced or %s,
             settled_at = %s, settling = null where id = %s""",
        [(one.to, one.worth, one.pay, one.replace, tx.now, one.unit_id) for one in due],
    )


async def go_out(tx: Tx, due: Sequence[Due], out_ref: str) -> None:
    """Other goods go out for them, by this order of the store's."""
    await tx.execute("update return_units set out_ref = %s where id = any(%s)", [out_ref, [one.unit_id for one in due]])


async def call_off(tx: Tx, units: Sequence[Unit]) -> None:
    """The goods that were to go out for them are called off: they are for their price."""
    await tx.execute("update return_units set called_off = true where id = any(%s)", [[unit.id for unit in units]])


async def give_early(tx: Tx, due: Sequence[Due], advance_id: UUID) -> None:
    """They were given for before anybody had looked at them."""
    await tx.execute(
        "update return_units set advance_id = %s where id = any(%s)", [advance_id, [one.unit_id for one in due]]
    )


async def take_again(tx: Tx, unit_id: UUID, amount: int, *, bought: bool) -> None:
    """So much of what was given early for a unit, in minor units, was paid again, or the goods given for it were."""
    await tx.execute(
        """update return_units set paid = paid - %s, replaced = replaced and not %s, advance_id = null
           where id = %s""",
        [amount, bought, unit_id],
    )


async def charge(tx: Tx, return_id: UUID, fees: Mapping[Fee, int], currency: str, request_id: UUID) -> None:
    """What was taken off what is given, in minor units."""
    await tx.many(
        """insert into return_fees (return_id, kind, fault, amount, currency, request_id)
           values (%s, %s, 'customer', %s, %s, %s)""",
        [(return_id, kind, amount, currency, request_id) for kind, amount in fees.items()],
    )


async def send_back(tx: Tx, units: Sequence[Unit], consignment_id: UUID) -> None:
    """They go back to the customer in this consignment."""
    await tx.execute(
        "update return_units set sent_back = %s where id = any(%s)", [consignment_id, [unit.id for unit in units]]
    )


async def stay(tx: Tx, units: Sequence[Unit]) -> None:
    """They were to go back to the customer, and are here still."""
    await tx.execute("update return_units set sent_back = null where id = any(%s)", [[unit.id for unit in units]])


async def restock(tx: Tx, unit_id: UUID) -> None:
    """A unit stands in the shop's shelf again."""
    await tx.execute("update return_units set restocked_at = %s where id = %s", [tx.now, unit_id])
