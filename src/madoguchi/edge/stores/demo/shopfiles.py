"""A shop as three files (orders, products, users; JSON, may be gzipped): their shape, and reading them with care.

Everything is checked before anything is used: each record's shape, that ids are unique and known where they are
mentioned. What is wrong is said in one sentence with the file and the place.
"""

import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import msgspec

from madoguchi.kit.errors import StartupError
from madoguchi.kit.money import from_major

CURRENCY = "USD"
NAMES = ("orders", "products", "users")
LARGEST = 256 * 1024 * 1024  # bytes of one file, unpacked
R = TypeVar("R", bound=msgspec.Struct)

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Options = dict[str, str]


class ImportRefused(StartupError):  # noqa: N818 - a refusal is an answer, not a failure
    """The files cannot be imported; nothing was changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, 65)


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record of which nothing may be lost: a field that is not known is refused."""


class FileAddress(Strict, frozen=True):
    """An address; `state` is the region."""

    address1: str
    address2: str
    city: str
    country: Literal["USA"]
    state: str
    zip: str


class FileItem(Strict, frozen=True):
    """One unit of a variant in an order."""

    name: Word
    product_id: Word
    item_id: Word
    price: Amount
    options: Options


class FileFulfillment(Strict, frozen=True):
    """A parcel."""

    tracking_id: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=1)]
    item_ids: Annotated[list[Word], msgspec.Meta(min_length=1)]


class FilePayment(Strict, frozen=True):
    """Money that moved."""

    transaction_type: Literal["payment", "refund"]
    amount: Amount
    payment_method_id: Word


class FileOrder(Strict, frozen=True):
    """An order; `cancel_reason` stands on those that were cancelled on a customer's wish."""

    order_id: Word
    user_id: Word
    address: FileAddress
    items: Annotated[list[FileItem], msgspec.Meta(min_length=1)]
    fulfillments: list[FileFulfillment]
    status: Literal["pending", "processed", "delivered", "cancelled"]
    payment_history: Annotated[list[FilePayment], msgspec.Meta(min_length=1)]
    cancel_reason: str | None = None


class FileVariant(Strict, frozen=True):
    """What can be bought of a product."""

    item_id: Word
    options: Options
    available: bool
    price: Amount


class FileProduct(Strict, frozen=True):
    """A product with its variants by id."""

    name: Word
    product_id: Word
    variants: dict[str, FileVariant]


class CreditCard(Strict, frozen=True, tag_field="source", tag="credit_card"):
    """A card."""

    id: Word
    brand: Word
    last_four: Word


class GiftCard(Strict, frozen=True, tag_field="source", tag="gift_card"):
    """A gift card with what is left on it."""

    id: Word
    balance: Amount


class Paypal(Strict, frozen=True, tag_field="source", tag="paypal"):
    """A wallet."""

    id: Word


FileMethod = CreditCard | GiftCard | Paypal


class FileName(Strict, frozen=True):
    """A person's name."""

    first_name: str
    last_name: str


class FileUser(Strict, frozen=True):
    """A customer; `orders` from the oldest to the newest."""

    name: FileName
    address: FileAddress
    email: Word
    payment_methods: dict[str, FileMethod]
    orders: list[str]


class ShopFiles(msgspec.Struct, frozen=True):
    """The whole shop, checked; `fingerprint` is the same for the same contents."""

    orders: dict[str, FileOrder]
    products: dict[str, FileProduct]
    users: dict[str, FileUser]
    fingerprint: str


def read_shop(directory: Path) -> ShopFiles:
    """The shop in this folder; ImportRefused when a file is missing, broken, or says what cannot be."""
    texts = {name: _text(directory, name) for name in NAMES}
    records = {name: _objects(file, text) for name, (file, text) in texts.items()}
    files = ShopFiles(
        orders=_convert(texts["orders"][0], records["orders"], FileOrder, "order_id"),
        products=_convert(texts["products"][0], records["products"], FileProduct, "product_id"),
        users=_convert(texts["users"][0], records["users"], FileUser, None),
        fingerprint=hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest(),
    )
    _check_products(texts["products"][0], files)
    _check_users(texts["users"][0], files)
    _check_orders(texts["orders"][0], files)
    return files


def cents(amount: float) -> int:
    """An amount of the files in cents, rounded half up from the digits it is written with."""
    return from_major(Decimal(str(amount)), CURRENCY).amount


def _refuse(file: str, what: str) -> NoReturn:
    raise ImportRefused(f"{file}: {what}.")


def _text(directory: Path, name: str) -> tuple[str, str]:
    for file in (f"{name}.json.gz", f"{name}.json"):
        path = directory / file
        try:
            with gzip.open(path) if file.endswith(".gz") else path.open("rb") as stream:
                raw = stream.read(LARGEST + 1)
        except FileNotFoundError:
            continue
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            _refuse(file, f"is not a whole gzip file ({error})")
        except OSError as error:
            _refuse(file, f"cannot be read ({error.strerror})")
        if len(raw) > LARGEST:
            _refuse(file, f"is larger than {LARGEST // 1024**2} MB")
        try:
            return file, raw.decode()
        except UnicodeDecodeError as error:
            _refuse(file, f"is not UTF-8 at byte {error.start}")
    raise ImportRefused(f"{directory}: there is neither {name}.json.gz nor {name}.json.")


def _objects(file: str, text: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twice:
            _refuse(file, f"has {twice[0]} twice in one object")
        return dict(pairs)

    def not_a_number(word: str) -> NoReturn:
        _refuse(file, f"has {word} where a number must stand")

    try:
        found = json.loads(text, object_pairs_hook=unique, parse_constant=not_a_number)
    except json.JSONDecodeError as error:
        _refuse(file, f"is not JSON at line {error.lineno}, column {error.colno} ({error.msg})")
    except (RecursionError, ValueError) as error:
        _refuse(file, f"is not JSON that can be read ({error})")
    if not isinstance(found, dict):
        _refuse(file, "must be one object with a record for each id")
    return found


def _convert(file: str, records: Mapping[str, Any], kind: type[R], id_field: str | None) -> dict[str, R]:
    converted = {}
    for key, record in records.items():
        try:
            converted[key] = msgspec.convert(record, kind)
        except msgspec.ValidationError as error:
            _refuse(file, f"{key}: {error}")
        if id_field and getattr(converted[key], id_field) != key:
            _refuse(file, f"{key}: its {id_field} is {getattr(converted[key], id_field)}")
    return converted


def _check_products(file: str, files: ShopFiles) -> None:
    seen: dict[str, str] = {}
    for key, product in files.products.items():
        for item_id, variant in product.variants.items():
            if variant.item_id != item_id:
                _refuse(file, f"{key}: the variant {item_id} has the item_id {variant.item_id}")
            if item_id in seen:
                _refuse(file, f"{key}: the variant {item_id} also belongs to {seen[item_id]}")
            seen[item_id] = key


def _check_users(file: str, files: ShopFiles) -> None:
    placed: dict[str, set[str]] = {key: set() for key in files.users}
    for order in files.orders.values():
        placed.setdefault(order.user_id, set()).add(order.order_id)
    for key, user in files.users.items():
        if len(user.orders) != len(set(user.orders)):
            _refuse(file, f"{key}: an order stands twice in orders")
        if wrong := placed[key] ^ set(user.orders):
            _refuse(file, f"{key}: the order {min(wrong)} stands in only one of this list and the orders' file")
        for method_id, method in user.payment_methods.items():
            if method.id != method_id:
                _refuse(file, f"{key}: the payment method {method_id} has the id {method.id}")


def _check_orders(file: str, files: ShopFiles) -> None:
    for key, order in files.orders.items():
        user = files.users.get(order.user_id)
        if user is None:
            _refuse(file, f"{key}: there is no user {order.user_id}")
        for item in order.items:
            product = files.products.get(item.product_id)
            if product is None or item.item_id not in product.variants:
                _refuse(file, f"{key}: there is no item {item.item_id} of the product {item.product_id}")
        sent = Counter(item_id for parcel in order.fulfillments for item_id in parcel.item_ids)
        if too_many := sent - Counter(item.item_id for item in order.items):
            _refuse(file, f"{key}: the item {min(too_many)} is in a parcel but not in the order")
        _check_payments(file, order, user)


def _check_payments(file: str, order: FileOrder, user: FileUser) -> None:
    """Known methods only, and each refund has a payment of the same method that it can be a part of."""
    left: dict[str, list[int]] = {}
    for payment in order.payment_history:
        method, amount = payment.payment_method_id, cents(payment.amount)
        if method not in user.payment_methods:
            _refuse(file, f"{order.order_id}: the payment method {method} is not one of {order.user_id}")
        paid = left.setdefault(method, [])
        if payment.transaction_type == "payment":
            paid.append(amount)
        elif covering := [n for n, rest in enumerate(paid) if rest >= amount]:
            paid[covering[0]] -= amount
        else:
            _refuse(file, f"{order.order_id}: a refund to {method} is not covered by a payment with it")
