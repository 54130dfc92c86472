"""What the demo shops hand over to their carriers, and what they are told of it afterwards."""

from collections.abc import Mapping
from typing import Protocol

from madoguchi.core.carriers.port import CarrierUnavailable
from madoguchi.core.shop.port import Shipment, StoreOrder, StoreUnavailable, TenderKind
from madoguchi.edge.carriers.simulated import rules
from madoguchi.edge.carriers.simulated.rules import Parcel, Waybill


class Shop(Protocol):
    """A shop that hands over parcels, and hears what becomes of them."""

    async def handed_over(self, carrier: str, number: str) -> StoreOrder | None:
        """The order of a parcel, with all steps that were planned for it; None when the number is not its own."""
        ...

    async def take_news(self, order_ref: str, parcel: Shipment) -> None:
        """The parcel goes on otherwise than was planned."""
        ...


class Shippers:
    """The shops behind the carriers' counters."""

    def __init__(self, shops: Mapping[str, Shop]) -> None:
        self._shops = shops

    async def waybill(self, carrier: str, number: str) -> Waybill | None:
        """What a shop wrote when it handed the parcel over; None when none did."""
        _, order, parcel = await self._find(carrier, number) or (None, None, None)
        if order is None or parcel is None:
            return None
        cash = any(tender.kind is TenderKind.COD and not tender.captured for tender in order.tenders)
        return Waybill(number=number, address=order.address, way=parcel.events, cash=cash)

    async def tell(self, carrier: str, parcel: Parcel) -> None:
        """Let the shop know how its parcel goes on."""
        shop, order, planned = await self._find(carrier, parcel.number) or (None, None, None)
        if shop and order and planned:
            await shop.take_news(order.ref, rules.as_shipped(planned, parcel))

    async def _find(self, carrier: str, number: str) -> tuple[Shop, StoreOrder, Shipment] | None:
        try:
            for shop in self._shops.values():
                if order := await shop.handed_over(carrier, number):
                    found = (one for one in order.shipments if (one.carrier, one.tracking_number) == (carrier, number))
                    return shop, order, next(found)
        except StoreUnavailable as error:
            raise CarrierUnavailable("the shop that handed it over does not answer") from error
        return None
