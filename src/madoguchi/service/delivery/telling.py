"""What a customer hears of a parcel without asking: that nobody was in, and that it lies ready."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.people.queries import store
from madoguchi.core.shop.port import TrackingState
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import events
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import pack

FRESH = timedelta(days=1)  # a letter about anything older helps nobody
LETTERS: Mapping[TrackingState, str] = {
    TrackingState.ATTEMPT_FAILED: "parcel_missed",
    TrackingState.AVAILABLE_FOR_PICKUP: "parcel_ready",
}


async def stepped(tx: Tx, carrier: str, number: str, state: TrackingState, at: datetime) -> None:
    """A parcel has reached a step; once for each."""
    known = await carriers.parcel(tx, carrier, number)
    if known is None or known.order_id is None or state not in LETTERS or tx.now - at > FRESH:
        return
    until = known.document.tracked.held_until
    order = await access_order(tx, SYSTEM, known.order_id)
    zone = ZoneInfo((await store(tx, order.store_id)).time_zone)
    refs = [one.ref for one in order.document.shipments if (one.carrier, one.tracking_number) == (carrier, number)]
    if until is None or not refs:
        return  # it has gone on since
    page, day = f"/orders/{order.id}", until.astimezone(zone).date()
    again = {"redeliver": f"{page}/parcels/{refs[0]}/actions/delivery.redeliver"}
    news = CustomerNews(
        customer_id=known.customer_id,
        order_id=order.id,
        template=LETTERS[state],
        parameters=pack({"order": order.store_ref, "carrier": carrier, "number": number, "until": day}),
        paths=(again if state is TrackingState.ATTEMPT_FAILED else {}) | {"order": page},
    )
    await events.record(tx, news)
