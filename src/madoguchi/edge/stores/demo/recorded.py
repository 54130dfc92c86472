"""The recorded shop's files and the store's contents, mapped into each other. Pure.

The files have no dates: a customer's last order is put on LAST_DAY, each earlier one a day before the next.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Address,
    OrderLine,
    OrderState,
    Product,
    Shipment,
    StoreCustomer,
    StoreOrder,
    Tender,
    TenderKind,
    Variant,
)
from madoguchi.edge.stores.demo.contents import Contents, Method, Payment, Placed
from madoguchi.edge.stores.demo.operations.asked import CreateExchange, CreateReturn
from madoguchi.edge.stores.demo.queries import MethodRow, PaymentRow
from madoguchi.edge.stores.demo.shopfiles import (
    CURRENCY,
    CreditCard,
    FileAddress,
    FileItem,
    FileMethod,
    FileOrder,
    FileProduct,
    FileUser,
    GiftCard,
    ShopFiles,
    cents,
)
from madoguchi.kit.money import Money

LAST_DAY = datetime(2026, 3, 1, 17, tzinfo=UTC)
STATES = {
    "pending": OrderState.PAID,
    "processed": OrderState.PREPARING,
    "delivered": OrderState.DELIVERED,
    "cancelled": OrderState.CANCELLED,
}
SOURCES = {TenderKind.CARD: "credit_card", TenderKind.GIFT_BALANCE: "gift_card", TenderKind.WALLET: "paypal"}
COUNTRY, COUNTRY_IN_FILES = "US", "USA"


# -- files to contents


def without_orders(files: ShopFiles, version: int) -> Contents:
    """The shop's goods and people, these at this version."""
    return Contents(
        products=[_product(product) for product in files.products.values()],
        customers=[_customer(ref, user, version) for ref, user in files.users.items()],
        methods=[_method(ref, one) for ref, user in files.users.items() for one in user.payment_methods.values()],
    )


def orders(files: ShopFiles, version: int) -> list[Placed]:
    """All orders, at this version."""
    return [_placed(order, files.users[order.user_id], version) for order in files.orders.values()]


def _money(amount: float) -> Money:
    return Money(cents(amount), CURRENCY)


def _product(product: FileProduct) -> Product:
    return Product(
        ref=product.product_id,
        name=product.name,
        category="",
        variants=tuple(
            Variant(sku=one.item_id, options=one.options, price=_money(one.price), available=one.available)
            for one in product.variants.values()
        ),
    )


def _full_name(user: FileUser) -> str:
    return f"{user.name.first_name} {user.name.last_name}"


def _customer(ref: str, user: FileUser, version: int) -> StoreCustomer:
    return StoreCustomer(
        ref=ref,
        name=_full_name(user),
        email=user.email,
        locale="en",
        given_name=user.name.first_name,
        family_name=user.name.last_name,
        address=_address(user.address, _full_name(user)),
        version=version,
    )


def _address(address: FileAddress, name: str) -> Address:
    return Address(
        name=name,
        lines=(address.address1, address.address2),
        city=address.city,
        region=address.state,
        postal_code=address.zip,
        country=COUNTRY,
    )


def _method(customer_ref: str, method: FileMethod) -> Method:
    kind, label = _kind(method)
    details = {"brand": method.brand, "last_four": method.last_four} if isinstance(method, CreditCard) else {}
    return Method(
        customer_ref=customer_ref,
        ref=method.id,
        kind=kind,
        label=label,
        balance=cents(method.balance) if isinstance(method, GiftCard) else None,
        details=details,
    )


def _kind(method: FileMethod) -> tuple[TenderKind, str]:
    """What kind of tender it is and what people call it."""
    match method:
        case CreditCard():
            return TenderKind.CARD, f"{method.brand.capitalize()} ···· {method.last_four}"
        case GiftCard():
            return TenderKind.GIFT_BALANCE, "Gift card"
        case _:
            return TenderKind.WALLET, "PayPal"


def _placed(order: FileOrder, user: FileUser, version: int) -> Placed:
    lines = tuple(_line(str(n), item, order.status) for n, item in enumerate(order.items, 1))
    placed_at = LAST_DAY - timedelta(days=len(user.orders) - 1 - user.orders.index(order.order_id))
    tenders, payments = _money_moved(order, user, placed_at)
    zero = Money(0, CURRENCY)
    return Placed(
        order=StoreOrder(
            ref=order.order_id,
            version=version,
            customer_ref=order.user_id,
            state=STATES[order.status],
            status_text=order.status,
            placed_at=placed_at,
            currency=CURRENCY,
            lines=lines,
            tenders=tenders,
            shipments=tuple(_shipments(order, lines)),
            shipping_fee=zero,
            total=sum((line.total for line in lines), zero),
            address=_address(order.address, _full_name(user)),
            cancel_reason=order.cancel_reason,
        ),
        payments=payments,
    )


def _line(ref: str, item: FileItem, status: str) -> OrderLine:
    delivered = int(status == "delivered")
    return OrderLine(
        ref=ref,
        sku=item.item_id,
        product_ref=item.product_id,
        name=item.name,
        options=item.options,
        quantity=1,
        unit_price=_money(item.price),
        total=_money(item.price),
        tax=Money(0, CURRENCY),
        cancelled=int(status == "cancelled"),
        shipped=delivered,
        delivered=delivered,
    )


def _shipments(order: FileOrder, lines: Sequence[OrderLine]) -> Iterator[Shipment]:
    """The parcels; of two lines of the same item the first that is not in a parcel yet is meant."""
    loose = list(lines)
    for n, parcel in enumerate(order.fulfillments, 1):
        packed = {}
        for item_id in parcel.item_ids:
            line = next(line for line in loose if line.sku == item_id)
            loose.remove(line)
            packed[line.ref] = 1
        yield Shipment(ref=f"S{n}", lines=packed, carrier="", tracking_number=parcel.tracking_id[0])


def _money_moved(order: FileOrder, user: FileUser, at: datetime) -> tuple[tuple[Tender, ...], tuple[Payment, ...]]:
    """A tender for each payment, and all that moved; a refund goes to the first tender of its method with room."""
    tenders: list[Tender] = []
    payments = []
    for one in order.payment_history:
        money = _money(one.amount)
        if one.transaction_type == "payment":
            tender = _tender(str(len(tenders) + 1), user.payment_methods[one.payment_method_id], money)
            tenders.append(tender)
        else:
            room = next(n for n, t in enumerate(tenders) if _has_room(t, one.payment_method_id, money))
            tender = tenders[room]
            tenders[room] = replace(tender, refunded=tender.refunded + money)
        payments.append(
            Payment(
                tender_ref=tender.ref,
                kind=one.transaction_type,
                method_ref=tender.method_ref,
                amount=money.amount,
                at=at,
            )
        )
    return tuple(tenders), tuple(payments)


def _has_room(tender: Tender, method_ref: str, money: Money) -> bool:
    return tender.method_ref == method_ref and tender.refunded + money <= tender.captured


def _tender(ref: str, method: FileMethod, money: Money) -> Tender:
    kind, label = _kind(method)
    nothing = Money(0, CURRENCY)
    return Tender(ref=ref, kind=kind, method_ref=method.id, label=label, amount=money, captured=money, refunded=nothing)


# -- contents to files


def order_record(
    order: StoreOrder, payments: Sequence[PaymentRow], back: CreateReturn | CreateExchange | None = None
) -> dict[str, Any]:
    """An order as its file says it; `back` is what was announced to come back."""
    record = {
        "order_id": order.ref,
        "user_id": order.customer_ref,
        "address": _address_record(order.address),
        "items": [
            {
                "name": line.name,
                "product_id": line.product_ref,
                "item_id": line.sku,
                "price": float(line.unit_price.decimal()),
                "options": line.options,
            }
            for line in order.lines
        ],
        "fulfillments": [
            {
                "tracking_id": [parcel.tracking_number],
                "item_ids": [line.sku for line in order.lines if line.ref in parcel.lines],
            }
            for parcel in order.shipments
        ],
        "status": order.status_text,
        "payment_history": [
            {
                "transaction_type": payment.kind,
                "amount": float(Money(payment.amount, CURRENCY).decimal()),
                "payment_method_id": payment.method_ref,
            }
            for payment in payments
        ],
    }
    if order.cancel_reason is not None:
        record["cancel_reason"] = order.cancel_reason
    return record | _coming_back(order, back) if back else record


def _coming_back(order: StoreOrder, back: CreateReturn | CreateExchange) -> dict[str, Any]:
    """What comes back and goes out, each unit by its item; the files list them in the order of their ids."""
    items = {line.ref: line.sku for line in order.lines}
    if isinstance(back, CreateReturn):
        units = [items[ref] for ref, count in back.lines.items() for _ in range(count)]
        return {"return_items": sorted(units), "return_payment_method_id": back.method_ref}
    return {
        "exchange_items": sorted(items[edit.line_ref] for edit in back.edits for _ in range(edit.units)),
        "exchange_new_items": sorted(edit.sku for edit in back.edits for _ in range(edit.units)),
        "exchange_payment_method_id": back.method_ref,
        "exchange_price_difference": float(back.expected.decimal()),
    }


def product_record(product: Product) -> dict[str, Any]:
    """A product as its file says it."""
    return {
        "name": product.name,
        "product_id": product.ref,
        "variants": {
            variant.sku: {
                "item_id": variant.sku,
                "options": variant.options,
                "available": variant.available,
                "price": float(variant.price.decimal()),
            }
            for variant in product.variants
        },
    }


def user_record(customer: StoreCustomer, methods: Sequence[MethodRow], order_refs: Sequence[str]) -> dict[str, Any]:
    """A customer as its file says it; order numbers from the oldest to the newest."""
    assert customer.address
    return {
        "name": {"first_name": customer.given_name, "last_name": customer.family_name},
        "address": _address_record(customer.address),
        "email": customer.email,
        "payment_methods": {method.ref: _method_record(method) for method in methods},
        "orders": list(order_refs),
    }


def _method_record(method: MethodRow) -> dict[str, Any]:
    record: dict[str, Any] = {"source": SOURCES[method.kind], "id": method.ref, **method.details}
    if method.balance is not None:
        record["balance"] = float(Money(method.balance, CURRENCY).decimal())
    return record


def _address_record(address: Address) -> dict[str, str]:
    return {
        "address1": address.lines[0],
        "address2": address.lines[1],
        "city": address.city,
        "country": COUNTRY_IN_FILES,
        "state": address.region,
        "zip": address.postal_code,
    }
