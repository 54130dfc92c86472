"""Until when a return waits, and for what. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from madoguchi.core.policy.queries import rules_of
from madoguchi.kit.db import Tx
from madoguchi.service.returns import folding, queries, rules
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Stage
from madoguchi.service.returns.units.rules import Unit


async def ends_at(tx: Tx, of: Return) -> datetime:
    """Until when it may be sent: to the last day of the label, and the days of grace after it."""
    return of.send_until + timedelta(days=(await rules_of(tx, of.store_id)).returns.grace_days)


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
    return of.doubt_until if of.doubt else await not_found_at(tx, of)


async def not_found_at(tx: Tx, of: Return) -> datetime | None:
    """When its parcels are missed by what is known of them, whatever was asked of a leader."""
    parcels = await queries.parcels_of(tx, of.id)
    handed_over = [parcel.told_at for parcel in parcels if parcel.handed_over]
    if handed_over:
        return min(handed_over) + timedelta(days=(await rules_of(tx, of.store_id)).returns.search_after_days)
    return max((one.told_at + rules.LOST_AFTER for one in parcels if one.told and one.scanned_at), default=None)


async def next_look(tx: Tx, of: Return, units: Sequence[Unit]) -> datetime | None:
    """When time changes something about it next; None where it does not."""
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
