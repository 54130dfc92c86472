"""What an action asks for before it can be quoted: fields that every door shows in its own way. Pure.

A field's words are the texts `actions.<action>.field.<field>` and, where it needs an explanation, `….help`.
"""

from collections.abc import Awaitable
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec

from madoguchi.core.actions.rules import Refusal, Said
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money


class About(StrEnum):
    """Kinds of things that something can be done with."""

    ORDER = "order"
    PARCEL = "parcel"
    SUBSCRIPTION = "subscription"
    CUSTOMER = "customer"
    CASE = "case"
    RETURN = "return"
    GIFT = "gift"


class Subject(msgspec.Struct, frozen=True):
    """The thing an action is about; `id` is its own, of a parcel the order's, of a subscription the customer's.

    `ref` is the store's reference of the parcel or the subscription.
    """

    about: About
    id: UUID
    ref: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """How it stands in the arguments of its actions."""
        match self.about:
            case About.ORDER:
                return {"order_id": str(self.id)}
            case About.PARCEL:
                return {"order_id": str(self.id), "parcel_ref": self.ref}
            case About.SUBSCRIPTION:
                return {"customer_id": str(self.id), "subscription_ref": self.ref}
            case About.CUSTOMER:
                return {"customer_id": str(self.id)}
            case About.CASE:
                return {"case_id": str(self.id)}
            case About.RETURN:
                return {"return_id": str(self.id)}
            case About.GIFT:
                return {"gift_id": str(self.id)}


class Thing(msgspec.Struct, frozen=True):
    """Something that an action can be about, and what it is called.

    `order` is the customer's order that it belongs to, if any; nothing more will happen with one that is `over`.
    """

    subject: Subject
    name: str
    order: UUID | None = None
    over: bool = False


def opening(action: str, subject: Subject) -> str:
    """The id of a button that opens the page of an action on a thing, instead of answering something."""
    return ":".join(("open", action, subject.about, str(subject.id), quote(subject.ref, safe="")))


def opened(button: str) -> tuple[str, Subject] | None:
    """The action and the thing of a button made by `opening`; None for others."""
    match button.split(":"):
        case ["open", action, about, id, ref]:
            return action, Subject(About(about), UUID(id), unquote(ref))
    return None


class FieldKind(StrEnum):
    """What a field takes; its value as JSON."""

    CHOICE = "choice"  # the value of an option
    CHOICES = "choices"  # a list of values of options
    UNITS = "units"  # line ref → how many units
    SWAPS = "swaps"  # line ref → the value of the variant that it becomes
    ADDRESS = "address"  # an object like core.shop.port.Address
    TEXT = "text"  # one line
    NOTE = "note"  # several lines
    MONEY = "money"  # {"amount": minor units, "currency": …}, or the amount as people write it
    BANK = "bank"  # an object like BankAccount
    PHOTOS = "photos"  # a list of ids of photos that were sent before (core.photos), which are its options


class FieldOption(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen, or a line of which units or variants can be chosen.

    `amount` is what it is worth or, for a variant, the difference it makes; `limit` how many units there are to
    choose; `options` the variants of a line. With a `refusal` it is shown and cannot be chosen.
    """

    value: str
    label: str | Said
    note: str | Said = ""
    amount: Money | None = None
    limit: int = 0
    options: tuple["FieldOption", ...] = ()
    refusal: Refusal | None = None


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Something an action asks for.

    `default` is what pages fill in, and what counts for a required field that was not given; of an address only who
    lives there and in which country. One that is `proposed` only is the customer's to choose: they are asked wherever
    somebody can be. `limit` is how many characters a text or note may have, or how many photos there
    may be, `most` the largest amount of money, `unknown` the code of the refusal of what is none of the options,
    `left_out` the refusals of values that could be known and are none of them. `hint` explains with numbers of the day.
    """

    name: str
    kind: FieldKind
    required: bool = True
    options: tuple[FieldOption, ...] = ()
    default: Any = None
    proposed: bool = False
    limit: int = 200
    most: Money | None = None
    unknown: str = "field_unknown"
    left_out: dict[str, Refusal] = {}
    hint: Said | None = None

    @property
    def fallback(self) -> Any:
        """What counts when nothing was given."""
        return self.default if self.required and self.kind is not FieldKind.ADDRESS else None

    @property
    def asked(self) -> bool:
        """Whether somebody must be asked before the action can be quoted."""
        return self.required and (self.proposed or self.fallback is None)


class BankAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account at a Japanese bank; `kind` is ordinary, current or savings, `holder` is written in katakana."""

    bank: str
    branch: str
    kind: str
    number: str
    holder: str


ACCOUNT_KINDS = ("ordinary", "current", "savings")


def words(text: str | Said, reader: Reader) -> str:
    """An option's label or note in the reader's language."""
    return text.to(reader) if isinstance(text, Said) else text


class Unrelated(Refused):
    """The action has nothing to do with the thing: whoever asks is told why, and offers leave it out."""


def refusal(refused: Refused) -> Refusal:
    """Why something cannot be done or chosen, as an offer or an option tells it."""
    shown = {name: value for name, value in refused.parameters.items() if name not in {"alternatives", "rule"}}
    alternatives = tuple(refused.parameters.get("alternatives", ()))
    return Refusal(refused.code, shown, alternatives, isinstance(refused, Unrelated))


async def why_not(asked: Awaitable[object]) -> Refusal | None:
    """What refuses that which is asked, as an offer tells it; None when nothing does."""
    try:
        await asked
    except Refused as refused:
        return refusal(refused)
    return None


def difference(amount: Money | None, reader: Reader) -> str:
    """What a variant costs more or less than what it takes the place of."""
    if amount is None:
        return ""
    if not amount:
        return reader.t("actions.same_price")
    return f"+{reader.money(amount)}" if amount.amount > 0 else reader.money(amount)


def lead(action: str, reader: Reader) -> str:
    """What is asked for, and what happens then."""
    return reader.t(f"actions.{action}.lead")


def label(action: str, field: Field, reader: Reader) -> str:
    """What a field is called."""
    return reader.t(f"actions.{action}.field.{field.name}")


def explanation(action: str, field: Field, reader: Reader) -> str:
    """What helps to fill it in; "" for most."""
    if field.hint:
        return field.hint.to(reader)
    key = f"actions.{action}.field.{field.name}.help"
    return reader.t(key) if reader.has(key) else ""
