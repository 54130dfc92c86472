"""Entries and cards as programs are told them: Structs of the public API v1, stable from now on.

They stand here and not in front.api because live streams (feeds) tell them too. Times are UTC; money is in minor units
of its currency; sentences are in the reader's language.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from madoguchi.core.actions import rules as core
from madoguchi.core.actions.fields import words
from madoguchi.core.cases.queries import Entry as CoreEntry
from madoguchi.core.cases.wording import text_of
from madoguchi.front.ui.cards import order_view
from madoguchi.front.ui.links import option_url
from madoguchi.front.ui.timeline import NAMED
from madoguchi.kit import money
from madoguchi.kit.i18n import Reader

Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Money(msgspec.Struct, frozen=True):
    """`amount` in minor units (yen, cents) of the ISO 4217 `currency`."""

    amount: int
    currency: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that the customer has still to make by `label`, and under which `number`, where it has one."""

    label: str
    amount: Money
    until: Time
    number: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order. `ref` names it in arguments; `cancelled` and `shipped` count units so far.

    `sku` is the variant and `product` the product, as the shop calls them.
    """

    ref: str
    sku: str
    product: str
    name: str
    options: dict[str, str]
    quantity: int
    cancelled: int
    shipped: int
    total: Money


class Step(msgspec.Struct, frozen=True):
    """A step of a parcel that was reached: info_received, in_transit, out_for_delivery, delivered and others."""

    state: str
    time: Time
    place: str


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel; `lines` are units by line. `late` when it has not come and what was promised has passed.

    `agreed` is what was arranged with the carrier; it keeps a parcel for the customer, which is not late, until
    `held_until`.
    """

    ref: str
    carrier: str
    number: str
    state: str
    steps: tuple[Step, ...]
    lines: dict[str, int]
    promised_until: Time | None
    first_promised_until: Time | None
    delivered_at: Time | None
    late: bool
    agreed: tuple["Fact", ...]
    held_until: Time | None


class Order(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="order"):
    """An order. `number` is the one people know, `headline` says in one sentence what happens and until when.

    `state` is pending_payment, paid, preparing, partly_shipped, shipped, delivered or cancelled.
    """

    id: UUID
    number: str
    state: str
    headline: str
    late: bool
    placed_at: Time
    total: Money
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...]
    promised_until: Time | None
    pay_by: Time | None
    to_pay: tuple[Due, ...]
    seller: str | None
    is_gift: bool
    time_zone: str


class MoneyBack(msgspec.Struct, frozen=True, kw_only=True):
    """What one payment method gets, in how many days. `void`: nothing had been taken, an authorisation is let go.

    `destination`: original (back the way it came), gift_balance, bank, credit, or recipient (of what came as a present,
    to the customer's own gift balance).
    """

    kind: str
    label: str
    amount: Money
    void: bool
    destination: str
    min_days: int
    max_days: int


class SlipLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a slip: what happens to how many units, and what they are worth."""

    ref: str | None
    name: str
    quantity: int
    amount: Money


class Charge(msgspec.Struct, frozen=True):
    """What is taken from a payment method."""

    label: str
    amount: Money


class Fact(msgspec.Struct, frozen=True):
    """What will be so afterwards, such as the address, in words."""

    label: str
    text: str


class Way(msgspec.Struct, frozen=True):
    """A page of the counter that is needed for what comes next."""

    label: str
    url: str


class Slip(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="slip"):
    """A quote, or what was done: lines, the money by payment method, what cannot be undone, the rule, what comes next.

    `money` is given back, `total` in all, with `expected` only once more has happened; `charges` are taken; `facts`
    tell what will be so afterwards. `ways` are needed for what comes next once it was done.

    `asked` means that the warehouse will be asked and may say that it is too late. `photos` are addresses of what was
    shown with the wish; get them with the same bearer token.
    """

    title: str
    order_number: str
    lines: tuple[SlipLine, ...]
    money: tuple[MoneyBack, ...]
    total: Money
    charges: tuple[Charge, ...]
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    rule: str | None
    next: str | None
    ways: tuple[Way, ...]
    expected: bool
    notices: tuple[str, ...]
    asked: bool
    photos: tuple[str, ...]


class Ticket(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ticket"):
    """A place in line for a person (1: the next). `state` is waiting, offered, assigned or left.

    `wait_minutes` is [from, to], null when nobody can say; `opens_at` is set while nobody works.
    """

    chat: UUID
    state: str
    place: int
    wait_minutes: tuple[int, int] | None
    people_online: int
    associate: str | None
    opens_at: Time | None


class Text(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    """Facts as sentences."""

    lines: tuple[str, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="document"):
    """A document that was issued, such as a receipt; get `url` with the same bearer token for its PDF."""

    id: UUID
    number: str
    title: str
    addressee: str
    url: str


Card = Order | Slip | Ticket | Text | Document


class Option(msgspec.Struct, frozen=True):
    """An answer that can be given as `choice`; with a `url` it opens a page of the counter instead."""

    id: str
    label: str
    detail: str
    url: str | None


class File(msgspec.Struct, frozen=True):
    """A photo in a chat; get `url` with the same bearer token. Sizes in pixels."""

    name: str
    url: str
    width: int
    height: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a chat. Numbers grow and may have holes: not every entry is for the customer.

    `kind` is message, choice, card, slip, action, file, status or survey; `author` is customer, bot, associate or
    system, and `name` is an associate's. Clients ignore kinds that they do not know and show the text.
    """

    seq: int
    kind: str
    author: str
    name: str
    text: str
    options: tuple[Option, ...]
    time: Time
    card: Card | None
    file: File | None


def entry(of: CoreEntry, reader: Reader) -> Entry:
    """An entry for this reader."""
    body = of.body or {}
    raw = body.get("card")
    return Entry(
        seq=of.seq,
        kind=of.kind,
        author=of.author,
        name=of.name if of.author in NAMED else "",
        text=text_of(of, reader),
        options=tuple(_option(o, of.case_id) for o in body.get("options", ())),
        time=of.at,
        card=card(msgspec.convert(raw, core.Card, strict=False), reader) if raw else None,
        file=_file(of.case_id, of.seq, body.get("file")),
    )


def card(of: core.Card, reader: Reader) -> Card:
    """A card for this reader."""
    match of:
        case core.OrderCard():
            return order(of, reader)
        case core.Slip():
            return slip(of, reader)
        case core.TextCard():
            return Text(tuple(line.to(reader) for line in of.lines))
        case core.DocumentCard():
            return Document(
                id=of.id,
                number=of.number,
                title=of.title.to(reader),
                addressee=of.addressee,
                url=f"/api/v1/{'returns' if of.paper is core.Paper.RETURN_SLIP else 'receipts'}/{of.id}/pdf",
            )
        case core.QueueTicket():
            return Ticket(
                chat=of.case_id,
                state=of.state,
                place=of.place,
                wait_minutes=of.wait_minutes,
                people_online=of.people_online,
                associate=of.associate,
                opens_at=of.opens_at,
            )


def order(of: core.OrderCard, reader: Reader) -> Order:
    """An order for this reader."""
    return Order(
        id=of.id,
        number=of.ref,
        state=of.state,
        headline=order_view(of, reader).headline,
        late=of.late,
        placed_at=of.placed_at,
        total=money_of(of.total),
        lines=tuple(
            Line(
                ref=line.ref,
                sku=line.sku,
                product=line.product_ref,
                name=line.name,
                options=line.options,
                quantity=line.quantity,
                cancelled=line.cancelled,
                shipped=line.shipped,
                total=money_of(line.total),
            )
            for line in of.lines
        ),
        parcels=tuple(_parcel(parcel, reader) for parcel in of.parcels),
        promised_until=of.promised_until,
        pay_by=of.pay_by,
        to_pay=tuple(
            Due(label=one.label, amount=money_of(one.amount), until=one.until, number=one.number) for one in of.to_pay
        ),
        seller=of.seller,
        is_gift=of.is_gift,
        time_zone=of.time_zone,
    )


def slip(of: core.Slip, reader: Reader) -> Slip:
    """A slip for this reader."""
    return Slip(
        title=of.title.to(reader),
        order_number=of.order_ref,
        lines=tuple(
            SlipLine(
                ref=line.line_ref,
                name=words(line.name, reader),
                quantity=line.quantity,
                amount=money_of(line.amount),
            )
            for line in of.lines
        ),
        money=tuple(
            MoneyBack(
                kind=back.kind,
                label=back.label,
                amount=money_of(back.amount),
                void=back.void,
                destination=back.destination,
                min_days=back.min_days,
                max_days=back.max_days,
            )
            for back in of.money
        ),
        total=money_of(of.total),
        charges=tuple(Charge(charge.label, money_of(charge.amount)) for charge in of.charges),
        facts=_facts(of.facts, reader),
        warnings=tuple(warning.to(reader) for warning in of.irreversible),
        rule=of.rule.to(reader) if of.rule else None,
        next=" ".join(said.to(reader) for said in _next(of)) or None,
        ways=tuple(Way(reader.t(f"notices.link.{name}"), path) for name, path in (of.then.ways if of.then else ())),
        expected=of.expected,
        notices=of.notices,
        asked=of.asked,
        photos=tuple(f"/api/v1/photos/{photo}" for photo in of.photos),
    )


def _next(of: core.Slip) -> Sequence[core.Said]:
    """What goes on once it was done, else what confirming does."""
    if of.then:
        return of.then.steps
    return (of.next_step,) if of.next_step else ()


def _option(of: dict[str, Any], chat: UUID) -> Option:
    return Option(of["id"], of["label"], of.get("detail", ""), option_url(of["id"], chat) or None)


def _parcel(of: core.Parcel, reader: Reader) -> Parcel:
    return Parcel(
        ref=of.ref,
        carrier=of.carrier,
        number=of.number,
        state=of.state,
        steps=tuple(Step(step.state, step.at, step.place) for step in of.steps),
        lines=of.lines,
        promised_until=of.promised_until,
        first_promised_until=of.first_promised_until,
        delivered_at=of.delivered_at,
        late=of.late,
        agreed=_facts(of.agreed, reader),
        held_until=of.held_until,
    )


def _facts(facts: Sequence[core.Fact], reader: Reader) -> tuple[Fact, ...]:
    return tuple(Fact(fact.label.to(reader), words(fact.words, reader)) for fact in facts)


def money_of(of: money.Money) -> Money:
    """An amount as programs are told it."""
    return Money(of.amount, of.currency)


def _file(chat: UUID, seq: int, file: dict[str, Any] | None) -> File | None:
    if not file:
        return None
    return File(file["name"], f"/api/v1/chats/{chat}/entries/{seq}/file", file["width"], file["height"])
