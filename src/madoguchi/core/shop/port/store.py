"""The port itself: what every adapter of a store implements."""

from collections.abc import Sequence
from typing import Protocol

from madoguchi.core.shop.port.facts import Address, Changes, GiftOptions, Product, StoreCustomer, StoreOrder
from madoguchi.core.shop.port.writes import (
    Capability,
    End,
    LineEdit,
    LineExchange,
    Operation,
    RefundTo,
    SubscriptionChange,
)
from madoguchi.kit.money import Money


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world
    """The store did not answer, or not in time; nothing is known about what it did."""


class StorePort(Protocol):
    """What we can ask of a store. `store_id` says which shop of ours it is.

    Every write has a `key`: repeated with the same request it gives the first answer and has no second effect, with
    another request it fails as invalid. Where a write takes a `version`, the order must still have it.
    """

    store_id: str

    def capabilities(self) -> frozenset[Capability]:
        """What may be asked at all."""
        ...

    async def changes_since(self, cursor: str, limit: int = 200) -> Changes:
        """Products, customers (with balances and subscriptions) and orders changed after the cursor ("" = all)."""
        ...

    async def get_order(self, ref: str) -> StoreOrder | None:
        """One order as it is now."""
        ...

    async def get_customer(self, ref: str) -> StoreCustomer | None:
        """One customer, with payment methods, subscriptions and coupons."""
        ...

    async def find_customers(self, email: str) -> Sequence[StoreCustomer]:
        """Customers with this mail address (case does not count)."""
        ...

    async def search_products(self, text: str, limit: int = 20) -> Sequence[Product]:
        """Products by a part of their name."""
        ...

    async def get_product(self, ref: str) -> Product | None:
        """One product with its variants and stock."""
        ...

    async def cancel(self, key: str, ref: str, version: int, lines: dict[str, int] | None, reason: str) -> Operation:
        """Cancel the whole order (lines None) or units of lines; what was not captured is no longer asked for.

        A store with Capability.REFUNDS gives captured money back itself and says so in `refunds`.
        """
        ...

    async def update_shipping_address(self, key: str, ref: str, version: int, address: Address) -> Operation:
        """Send what was not shipped yet to another address; while the order is prepared the warehouse is asked."""
        ...

    async def edit_lines(
        self, key: str, ref: str, version: int, edits: tuple[LineEdit, ...], method_ref: str, expected: Money
    ) -> Operation:
        """Make other variants of lines; `expected` is the signed difference in price, for all edits together.

        More is charged to the method at once. Less is given to it at once, booked as refunded on the tenders of that
        method first, then on the others in their order. What was not captured yet is asked for or not instead.
        """
        ...

    async def change_payment(self, key: str, ref: str, version: int, method_ref: str) -> Operation:
        """Pay the order by another method on file, and give back or void what was paid; only one tender may be open."""
        ...

    async def add_gift_options(
        self, key: str, ref: str, version: int, options: GiftOptions, method_ref: str, expected: Money
    ) -> Operation:
        """Make the order a present, or another kind of present; while it is prepared the warehouse is asked.

        `expected` is the signed difference in its fees, settled as in `edit_lines`.
        """
        ...

    async def apply_coupon(self, key: str, ref: str, version: int, code: str) -> Operation:
        """Take a coupon of the customer's off the order's lines, before it is shipped.

        What was not captured is no longer asked for; a store with Capability.REFUNDS gives the rest back itself.
        """
        ...

    async def refund(self, key: str, ref: str, tender_ref: str, amount: Money, to: RefundTo) -> Operation:
        """Book a refund on a captured tender.

        The store gives back what it holds itself (gift balance, points, store credit), and notes what a provider or
        a bank paid.
        """
        ...

    async def refund_gift(self, key: str, ref: str, tender_ref: str, amount: Money, customer_ref: str) -> Operation:
        """Book a refund on a captured tender of a present, and give it to the gift balance of whoever got the present.

        Invalid for an order that has no gift code, and for the customer who ordered it.
        """
        ...

    async def issue_credit(self, key: str, customer_ref: str, amount: Money, note: str) -> Operation:
        """Give a customer store credit; `created` is the credit's number."""
        ...

    async def create_replacement(self, key: str, ref: str, lines: dict[str, int], address: Address | None) -> Operation:
        """Send units of lines again at no price, to the order's address or another; `created` is the new order."""
        ...

    async def create_return(
        self, key: str, ref: str, version: int, lines: dict[str, int], method_ref: str | None
    ) -> Operation:
        """Note that units of lines that were shipped will come back; no money moves.

        A store with Capability.REFUNDS gives their price to the method when they are there, and needs one: a method by
        which the order was paid, or a balance of the customer's.
        """
        ...

    async def create_exchange(
        self,
        key: str,
        ref: str,
        version: int,
        edits: tuple[LineExchange, ...],
        method_ref: str,
        expected: Money,
        hold: bool,
    ) -> Operation:
        """Note that delivered units will come back, and put other variants of them aside as a new order, `created`.

        `expected` is the signed difference in their list prices. More is charged to the method at once, or asked for
        where it is one of Terms.pay_later; less is ours to give back when the goods are there. What was paid for the
        units pays for the new order from the moment when it is released; with `hold` it waits for that, without it is
        released at once. A store that does all of it itself makes no order of it.

        A store with Capability.RELEASE_LINES tells each line's `exchange`, unless one costs more and another less, or
        something is still to be paid: then the order goes out, or is cancelled, as a whole.
        """
        ...

    async def release(self, key: str, ref: str, lines: dict[str, int] | None = None) -> Operation:
        """Let an order go out that was held; what was paid for the goods that come back pays for it from now on.

        Of an order that tells its lines' `exchange`, units can go before the others: they are an order of their own,
        `created`, with their part of the money, and the rest is held on. All that is left is the order itself.
        """
        ...

    async def restock(self, key: str, ref: str, lines: dict[str, int]) -> Operation:
        """Put units of lines that came back into the stock again."""
        ...

    async def create_order(
        self,
        key: str,
        customer_ref: str,
        items: dict[str, int],
        address: Address,
        method_ref: str,
        expected: Money,
    ) -> Operation:
        """Order units by sku, paid at once by a method on file; `expected` is the total with shipping."""
        ...

    async def change_subscription(self, key: str, ref: str, change: SubscriptionChange) -> Operation:
        """Skip the next delivery, or change the interval or the plan."""
        ...

    async def cancel_subscription(self, key: str, ref: str, when: End) -> Operation:
        """End a subscription now or at its renewal; the money of the period is not touched."""
        ...

    async def get_operation(self, key: str) -> Operation | None:
        """What became of a write, by its key; None when the store never saw it."""
        ...
