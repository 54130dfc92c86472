"""Making an order a present: wrapping, the paper band, a card, no prices in the parcel."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.methods import method_field, method_of
from madoguchi.core.actions.rules import Draft, Refusal, Said, Slip, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import GiftOptions, Operation, StorePort
from madoguchi.core.shop.queries import access_order, terms
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.orders import presents
from madoguchi.service.orders.opening import offered, open_for
from madoguchi.service.orders.presents import CHOICES, NO_NOSHI, NoshiPlace, Prices, Wrapping, word
from madoguchi.service.orders.settling import MoneyPlan, methods_for, settlement

NAME_LIMIT = 20  # characters on the paper band
PRINTED = Reader("ja")  # whoever orders, paper bands speak Japanese


class AddGiftOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an order becomes a present, and the method that pays for it; `noshi` is one of the rules' headings."""

    order_id: UUID
    wrapping: Wrapping
    prices: Prices
    method_ref: str
    noshi: str = NO_NOSHI
    noshi_place: NoshiPlace = NoshiPlace.OUTSIDE
    noshi_name: str = ""
    message: str = ""


class GiftPlan(MoneyPlan, frozen=True, kw_only=True):
    """The options, the signed difference in fees, what of it each tender gives back, and the slip agreed to."""

    options: GiftOptions
    method_ref: str
    difference: Money


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What the shop can do for a present, filled in as the order is; at first wrapped, without prices."""
    order = await access_order(tx, actor, subject.id)
    rules = (await rules_of(tx, order.store_id)).changes
    methods = await methods_for(tx, actor, order)
    told = await terms(tx, order.store_id)
    price = told.wrapping if told else None
    now = order.document.gift or GiftOptions(wrapping=price is not None)
    wrappings = CHOICES["wrapping"] if price else (Wrapping.PLAIN,)
    fields = [
        _choice("wrapping", wrappings, presents.wrapping(now), price),
        _choice("prices", CHOICES["prices"], presents.prices(now)),
    ]
    if rules.noshi:
        fields += [
            _headings(rules.noshi, now.noshi),
            _choice("noshi_place", CHOICES["noshi_place"], presents.noshi_place(now)),
            Field(
                name="noshi_name", kind=FieldKind.TEXT, required=False, limit=NAME_LIMIT, default=now.noshi_name or None
            ),
        ]
    if rules.gift_message:
        limit = rules.gift_message
        fields.append(
            Field(name="message", kind=FieldKind.NOTE, required=False, limit=limit, default=now.message or None)
        )
    return *fields, method_field(methods, order.document)


async def draft(tx: Tx, actor: Actor, arguments: AddGiftOptions) -> Draft:
    """What the order becomes and what that costs; Refused: gift_nothing, gift_same, noshi_missing."""
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.GIFT_OPTIONS)
    order, options = opening.facts, _options(arguments)
    if options == order.gift:
        raise Refused("gift_same", 409)
    told = await terms(tx, opening.order.store_id)
    nothing = Money(0, order.currency)
    fee = (told.wrapping if told and options.wrapping else None) or nothing
    difference = fee - (order.gift_fee or nothing)
    method = method_of(await methods_for(tx, actor, opening.order), arguments.method_ref)
    settled = settlement(opening, await ledger.tenders(tx, opening.order.id), method, difference)
    slip = Slip(
        title=Said("orders.gift.title"),
        order_ref=order.ref,
        lines=(),
        money=settled.money,
        total=settled.back,
        charges=settled.charges,
        facts=(*presents.facts(options), *settled.facts),
        irreversible=(Said("orders.gift.irreversible"),),
        rule=opening.rule,
        notices=("change_done",),
        asked=opening.asked,
        next_step=Said("orders.change.next.asked" if opening.asked else "orders.gift.next"),
    )
    plan = GiftPlan(
        options=options, method_ref=method.method_ref, difference=difference, money=settled.reserve, slip=slip
    )
    return opening.draft(slip, plan)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key; a price that is not the agreed one fails there."""
    plan = _plan(wish)
    return await store.add_gift_options(
        str(wish.id), wish.order_ref or "", wish.order_version or 0, plan.options, plan.method_ref, plan.difference
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether it can still become a present."""
    return await offered(tx, actor, subject, ChangeWish.GIFT_OPTIONS)


def _options(arguments: AddGiftOptions) -> GiftOptions:
    noshi = None if arguments.noshi == NO_NOSHI else _heading(arguments.noshi).to(PRINTED)
    if arguments.noshi_name and not noshi:
        raise Refused("noshi_missing", field="noshi")
    options = GiftOptions(
        wrapping=arguments.wrapping is Wrapping.WRAPPED,
        message=arguments.message,
        noshi=noshi,
        noshi_name=arguments.noshi_name,
        noshi_inside=noshi is not None and arguments.noshi_place is NoshiPlace.INSIDE,
        hide_prices=arguments.prices is Prices.HIDDEN,
    )
    if options == GiftOptions(hide_prices=False):
        raise Refused("gift_nothing", field="wrapping")
    return options


def _choice(name: str, choices: Sequence[str], chosen: str, price: Money | None = None) -> Field:
    """A choice of words; `price` is what the first of them costs."""
    options = tuple(
        FieldOption(value=choice, label=word(name, choice), amount=price if choice is choices[0] else None)
        for choice in choices
    )
    return Field(name=name, kind=FieldKind.CHOICE, options=options, default=chosen)


def _headings(headings: tuple[str, ...], printed: str | None) -> Field:
    """What the paper band says; `printed` is what it says now."""
    options = (
        FieldOption(value=NO_NOSHI, label=word("noshi", NO_NOSHI)),
        *(FieldOption(value=heading, label=_heading(heading)) for heading in headings),
    )
    now = next((heading for heading in headings if _heading(heading).to(PRINTED) == printed), NO_NOSHI)
    return Field(name="noshi", kind=FieldKind.CHOICE, options=options, default=now)


def _heading(heading: str) -> Said:
    return Said(f"policy.option.changes.noshi.{heading}")


def _plan(wish: Wish) -> GiftPlan:
    return msgspec.convert(wish.plan, GiftPlan)
