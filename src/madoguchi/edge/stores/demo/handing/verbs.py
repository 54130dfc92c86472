"""Taking a carrier's word. Runs in the caller's transaction."""

from madoguchi.core.shop.port import Shipment
from madoguchi.edge.stores.demo import queries
from madoguchi.edge.stores.demo.shops import Shop
from madoguchi.edge.stores.demo.verbs import Step, write
from madoguchi.kit.db import Tx


async def take_news(tx: Tx, shop: Shop, order_ref: str, parcel: Shipment) -> None:
    """Instead of what was planned the parcel goes this way, and comes when it is promised now."""
    key = [shop.id, order_ref, parcel.ref]
    await tx.execute("select from orders where shop_id = %s and ref = %s for update", key[:2])
    await tx.execute(
        """update shipments set promised_from = %s, promised_until = %s, left_at = %s
           where shop_id = %s and order_ref = %s and ref = %s and delivered_at is null""",
        [parcel.promised_from, parcel.promised_until, parcel.left_at, *key],
    )
    await tx.execute("delete from tracking_events where shop_id = %s and order_ref = %s and shipment_ref = %s", key)
    await tx.many(
        """insert into tracking_events (shop_id, order_ref, shipment_ref, at, state, place)
           values (%s, %s, %s, %s, %s, %s)""",
        [(*key, event.at, event.state.value, event.place) for event in parcel.events],
    )
    order = await queries.order(tx, shop.id, order_ref)
    assert order
    await write(tx, shop, [Step(order, order)], tx.now)
