"""Booking units that come back. Never commits.

No money is reserved while a parcel travels, which takes weeks: the units are what nobody can have twice.
"""

from collections.abc import Mapping
from typing import LiteralString
from uuid import UUID

from madoguchi.core.ledger.verbs import lines, write_units
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


async def open_return(tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int]) -> None:
    """Units are to come back; Refused("units_taken") when something else took them first."""
    free = await lines(tx, order_id, lock=True)
    if any(ref not in free or not 0 < count <= free[ref].free for ref, count in units.items()):
        raise Refused("units_taken", 409)
    await tx.many(
        "update ledger_lines set return_open = return_open + %s where order_id = %s and line_ref = %s",
        [(count, order_id, ref) for ref, count in sorted(units.items())],
    )
    await write_units(tx, request_id, "open_return", order_id, units)


async def settle_return(
    tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], refunded: Mapping[str, int]
) -> None:
    """Units are back; of how many the price is given back, by intents."""
    moves = "return_open = return_open - %s, returned = returned + %s, refunded = refunded + %s"
    await _end(tx, moves, order_id, {ref: (n, n, refunded.get(ref, 0)) for ref, n in units.items()})
    await write_units(tx, request_id, "settle_return", order_id, units)


async def keep_return(
    tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int], refunded: Mapping[str, int]
) -> None:
    """Units will never come back, and are made good all the same: lost on their way, or the customer may keep them."""
    moves = "return_open = return_open - %s, kept = kept + %s, refunded = refunded + %s"
    await _end(tx, moves, order_id, {ref: (n, n, refunded.get(ref, 0)) for ref, n in units.items()})
    await write_units(tx, request_id, "keep_return", order_id, units)


async def come_back(tx: Tx, id: UUID, order_id: UUID, units: Mapping[str, int]) -> None:
    """Units that were made good though nothing came are here after all; noted under an id."""
    moves = "kept = kept - %s, returned = returned + %s"
    await _end(tx, moves, order_id, {ref: (n, n) for ref, n in units.items()})
    await write_units(tx, id, "come_back", order_id, units)


async def refund_returned(tx: Tx, order_id: UUID, units: Mapping[str, int]) -> None:
    """The price of units that came back before is given back after all."""
    await _end(tx, "refunded = refunded + %s", order_id, {ref: (n,) for ref, n in units.items()})


async def drop_return(tx: Tx, request_id: UUID, order_id: UUID, units: Mapping[str, int]) -> None:
    """Units are not coming after all, or go back to the customer: free again."""
    moves = "return_open = return_open - %s"
    await _end(tx, moves, order_id, {ref: (n,) for ref, n in units.items()})
    await write_units(tx, request_id, "drop_return", order_id, units)


async def _end(tx: Tx, moves: LiteralString, order_id: UUID, counts: Mapping[str, tuple[int, ...]]) -> None:
    await lines(tx, order_id, lock=True)
    await tx.many(
        f"update ledger_lines set {moves} where order_id = %s and line_ref = %s",
        [(*counts[ref], order_id, ref) for ref in sorted(counts)],
    )
