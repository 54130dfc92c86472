"""Finding a parcel by its carrier's number."""

from datetime import datetime, timedelta

from madoguchi.core.shop.port import StoreOrder
from madoguchi.edge.stores.demo import queries
from madoguchi.kit.db import Tx

_ALL_THAT_IS_PLANNED = timedelta(days=365)


async def handed_over(tx: Tx, shop_id: str, carrier: str, number: str, now: datetime) -> StoreOrder | None:
    """The order of the parcel, with all steps of its parcels that are planned."""
    ref = await tx.value(
        "select order_ref from shipments where shop_id = %s and carrier = %s and tracking_number = %s",
        [shop_id, carrier, number],
    )
    return next(iter(await queries.orders(tx, shop_id, [ref], until=now + _ALL_THAT_IS_PLANNED)), None) if ref else None
