"""Ordering the same things once more, at the price and from the stock of today."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.addresses import written
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, refusal
from madoguchi.core.actions.methods import check_covers, method_field, method_of
from madoguchi.core.actions.rules import Charge, Draft, Fact, Outcome, Refusal, Said, Slip, SlipLine, Wish, said
from madoguchi.core.people import queries as people
from madoguchi.core.policy.decisions import Denied
from madoguchi.core.policy.pack import ChangeWish, RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import ChangeQuestion, about_change
from madoguchi.core.policy.rules import decide_change
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import Address, Operation, OrderLine, Product, StorePort, Variant
from madoguchi.core.shop.queries import Order, access_order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.orders.opening import open_for, why_not
from madoguchi.service.orders.rules import item_name
from madoguchi.service.orders.settling import ended


class Reorder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many units of which lines of an order (line ref → units), where to, and the method that pays."""

    order_id: UUID
    lines: dict[str, int]
    address: Address
    method_ref: str


class ReorderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the store is asked for (units by sku), what that costs with shipping, and the slip that was agreed to."""

    customer_ref: str
    items: dict[str, int]
    address: Address
    method_ref: str
    cost: Money
    slip: Slip


class Ware(msgspec.Struct, frozen=True):
    """A line of the old order and what of it can be had today; `why_not` when nothing can."""

    line: OrderLine
    variant: Variant | None
    why_not: Refusal | None

    @property
    def free(self) -> int:
        """How many units can be ordered: as many as there were, while there are so many."""
        if self.variant is None or self.why_not:
            return 0
        return self.line.quantity if self.variant.stock is None else min(self.line.quantity, self.variant.stock)


class Again(msgspec.Struct, frozen=True):
    """A ware that is ordered again, and how many units of it."""

    line: OrderLine
    variant: Variant
    units: int

    @property
    def cost(self) -> Money:
        """What the units cost today."""
        return self.variant.price * self.units


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The lines with today's prices, as many as there were; where the order went; the method that pays."""
    order = await access_order(tx, actor, subject.id)
    wares = await _wares(tx, order)
    facts = await customer_facts(tx, actor, order.customer_id)
    lines = Field(
        name="lines",
        kind=FieldKind.UNITS,
        options=tuple(_option(ware) for ware in wares),
        default={ware.line.ref: ware.free for ware in wares if ware.free} or None,
    )
    address = Field(name="address", kind=FieldKind.ADDRESS, default=msgspec.to_builtins(order.document.address))
    return lines, address, method_field(facts.methods, order.document)


async def draft(tx: Tx, actor: Actor, arguments: Reorder) -> Draft:
    """What it costs today, and what is different from the last time; Refused: address_abroad, balance_too_low."""
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.REORDER, tuple(arguments.lines))
    order = opening.facts
    if arguments.address.country != order.address.country:
        raise Refused("address_abroad", 409, alternatives=("service.human",))
    wares = await _wares(tx, opening.order)
    again = [
        Again(ware.line, ware.variant, arguments.lines[ware.line.ref])
        for ware in wares
        if ware.variant and ware.line.ref in arguments.lines
    ]
    shipping = await _shipping(tx, opening.order, again)
    cost = total([one.cost for one in again], order.currency) + shipping
    facts = await customer_facts(tx, actor, opening.order.customer_id)
    method = method_of(facts.methods, arguments.method_ref)
    check_covers(method, cost)
    slip = Slip(
        title=Said("orders.reorder.title"),
        order_ref=order.ref,
        lines=(*map(_slip_line, again), SlipLine(name=Said("orders.reorder.shipping"), quantity=1, amount=shipping)),
        money=(),
        total=Money(0, order.currency),
        charges=(Charge(method.label, cost),),
        facts=(
            Fact(Said("orders.reorder.address"), written(arguments.address)),
            *(_other_price(one) for one in again if one.variant.price != one.line.unit_price),
            *(Fact(Said("orders.reorder.missing"), item_name(ware.line)) for ware in wares if _is_gone(ware)),
        ),
        rule=opening.rule,
        notices=("change_done",),
        next_step=Said("orders.reorder.next"),
    )
    plan = ReorderPlan(
        customer_ref=order.customer_ref,
        items=_items(again),
        address=arguments.address,
        method_ref=method.method_ref,
        cost=cost,
        slip=slip,
    )
    return opening.draft(slip, plan, arguments.lines)


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing of the old order is set aside."""


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key; another price fails there, and so does what is gone since."""
    plan = _plan(wish)
    return await store.create_order(
        str(wish.id), plan.customer_ref, plan.items, plan.address, plan.method_ref, plan.cost
    )


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """With the number of the new order, and until when it comes."""
    slip, made = _plan(wish).slip, operation.order
    if operation.created:
        facts = [Fact(Said("orders.reorder.number"), operation.created)]
        if made and made.promised_until:
            zone = ZoneInfo((await people.store(tx, wish.store_id)).time_zone)
            day = made.promised_until.astimezone(zone).date()
            facts.append(Fact(Said("orders.reorder.arrives"), said("orders.reorder.until", day=day)))
        slip = msgspec.structs.replace(slip, facts=(*facts, *slip.facts))
    return ended(wish, slip, operation)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something of it can be had again; what the shop does not sell like this is not offered at all."""
    try:
        opening = await open_for(tx, actor, subject.id, ChangeWish.REORDER)
        wares = await _wares(tx, opening.order)
        if not any(ware.variant for ware in wares):
            raise Unrelated("reorder_out_of_stock", 409)
        if not any(ware.free for ware in wares):
            raise Refused("reorder_out_of_stock", 409)
    except Refused as refused:
        return why_not(refused)
    return None


async def _wares(tx: Tx, order: Order) -> Sequence[Ware]:
    lines, pack = order.document.lines, await rules_of(tx, order.store_id)
    known = await shop.products(tx, order.store_id, {line.product_ref for line in lines})
    question = about_change(ChangeWish.REORDER, order.document, tx.now)
    allowed = decide_change(pack, question).lines
    return [
        _ware(line, known.get(line.product_ref), None if line.ref in allowed else _denied(pack, question, line))
        for line in lines
    ]


def _ware(line: OrderLine, product: Product | None, denied: Refusal | None) -> Ware:
    variant = next((one for one in product.variants if one.sku == line.sku), None) if product else None
    gone = variant is None or not variant.available or variant.stock == 0
    return Ware(line, variant, denied or (Refusal("reorder_out_of_stock") if gone else None))


def _denied(pack: RulePack, question: ChangeQuestion, line: OrderLine) -> Refusal:
    """Why this line cannot be had again, whatever the others are."""
    alone = tuple(facts for facts in question.lines if facts.ref == line.ref)
    return refusal(Denied(decide_change(pack, msgspec.structs.replace(question, lines=alone))))


async def _shipping(tx: Tx, order: Order, again: Sequence[Again]) -> Money:
    """What the store takes for sending it; Refused("change_asks_person") where it has not told."""
    nothing = Money(0, order.document.currency)
    if all("digital" in one.line.flags for one in again):
        return nothing
    told = await shop.terms(tx, order.store_id)
    if told is None:
        raise Refused("change_asks_person", 409, alternatives=("service.human",))
    return told.shipping(sum((one.cost for one in again), nothing))


def _items(again: Sequence[Again]) -> dict[str, int]:
    """Units by sku: a product may have stood on two lines."""
    found: dict[str, int] = {}
    for one in again:
        found[one.variant.sku] = found.get(one.variant.sku, 0) + one.units
    return found


def _is_gone(ware: Ware) -> bool:
    return ware.why_not is not None and ware.why_not.code == "reorder_out_of_stock"


def _option(ware: Ware) -> FieldOption:
    price = said("orders.reorder.each", price=ware.variant.price) if ware.variant else ""
    return FieldOption(
        value=ware.line.ref, label=item_name(ware.line), note=price, limit=ware.free, refusal=ware.why_not
    )


def _slip_line(one: Again) -> SlipLine:
    return SlipLine(name=item_name(one.line), quantity=one.units, amount=one.cost, line_ref=one.line.ref)


def _other_price(one: Again) -> Fact:
    prices = said("orders.reorder.price", name=item_name(one.line), old=one.line.unit_price, new=one.variant.price)
    return Fact(Said("orders.reorder.changed"), prices)


def _plan(wish: Wish) -> ReorderPlan:
    return msgspec.convert(wish.plan, ReorderPlan)
