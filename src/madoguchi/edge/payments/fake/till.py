"""What the demo shops' tills took through this provider."""

from collections.abc import Mapping

from madoguchi.core.shop.port import StorePort, StoreUnavailable
from madoguchi.edge.payments.fake.rules import Payment
from madoguchi.service.refunds.port import ProviderUnavailable


class ShopTills:
    """Looks a payment up in its shop; payments are named `<store>/<order>/<tender>`."""

    def __init__(self, stores: Mapping[str, StorePort]) -> None:
        self._stores = stores

    async def __call__(self, ref: str) -> Payment | None:
        """The payment; None when nothing was taken under this name."""
        store_id, _, rest = ref.partition("/")
        order_ref, _, tender_ref = rest.rpartition("/")
        store = self._stores.get(store_id)
        try:
            order = await store.get_order(order_ref) if store else None
        except StoreUnavailable as error:
            raise ProviderUnavailable("the shop's till does not answer") from error
        for tender in order.tenders if order else ():
            if order and tender.ref == tender_ref and tender.captured:
                return Payment(ref=ref, kind=tender.kind, captured=tender.captured, taken_at=order.placed_at)
        return None
