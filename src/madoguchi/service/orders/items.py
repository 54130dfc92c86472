"""Other variants of what was ordered: another colour, size or material, with the difference in price."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, refusal
from madoguchi.core.actions.rules import Draft, Refusal, Said, Slip, SlipLine, Wish, said
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.pack import ChangeWish, RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import LineEdit, Operation, OrderLine, StorePort, Variant
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.orders.opening import open_for, why_not
from madoguchi.service.orders.payment import method_field
from madoguchi.service.orders.rules import item_name
from madoguchi.service.orders.settling import MoneyPlan, method_of, methods_for, settlement


class ChangeItems(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which lines become which variant (line ref → sku), and the method that pays or gets the difference."""

    order_id: UUID
    items: dict[str, str]
    method_ref: str


class ItemsPlan(MoneyPlan, frozen=True, kw_only=True):
    """The edits, the signed difference, what of it each tender gives back, and the slip that was agreed to."""

    edits: tuple[LineEdit, ...]
    method_ref: str
    difference: Money


class Swap(msgspec.Struct, frozen=True):
    """A line and the variant it becomes."""

    line: OrderLine
    variant: Variant

    @property
    def difference(self) -> Money:
        """How much dearer it becomes, for all its units; below zero when it becomes cheaper."""
        return (self.variant.price - self.line.unit_price) * self.line.quantity


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """For each line the other variants with their difference, and the method for it."""
    order = await access_order(tx, actor, subject.id)
    pack = await rules_of(tx, order.store_id)
    methods = await methods_for(tx, actor, order)
    variants = await _variants(tx, order, pack)
    options = tuple(
        FieldOption(
            value=line.ref,
            label=item_name(line),
            options=tuple(_option(line, variant) for variant in variants[line.ref]),
        )
        for line in order.document.lines
    )
    swaps = Field(name="items", kind=FieldKind.SWAPS, options=options)
    return swaps, method_field(methods, order.document)


async def draft(tx: Tx, actor: Actor, arguments: ChangeItems) -> Draft:
    """What the other variants would cost or give back."""
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.ITEMS, tuple(arguments.items))
    order = opening.facts
    variants = await _variants(tx, opening.order, opening.pack)
    swaps = [
        _swap(line, variants[line.ref], arguments.items[line.ref])
        for line in order.lines
        if line.ref in arguments.items
    ]
    method = method_of(await methods_for(tx, actor, opening.order), arguments.method_ref)
    difference = total([swap.difference for swap in swaps], order.currency)
    settled = settlement(opening, await ledger.tenders(tx, opening.order.id), method, difference)
    slip = Slip(
        title=Said("orders.items.title"),
        order_ref=order.ref,
        lines=tuple(_slip_line(swap) for swap in swaps),
        money=settled.money,
        total=settled.back,
        charges=settled.charges,
        facts=settled.facts,
        irreversible=(Said("orders.items.irreversible"),),
        rule=opening.rule,
        notices=("change_done",),
        next_step=Said("orders.items.next"),
    )
    plan = ItemsPlan(
        edits=tuple(LineEdit(line_ref=swap.line.ref, sku=swap.variant.sku) for swap in swaps),
        method_ref=method.method_ref,
        difference=difference,
        money=settled.reserve,
        slip=slip,
    )
    return opening.draft(slip, plan, arguments.items)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key; a price that is not the agreed one fails there."""
    plan = _plan(wish)
    return await store.edit_lines(
        str(wish.id), wish.order_ref or "", wish.order_version or 0, plan.edits, plan.method_ref, plan.difference
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether another variant can still be had; what comes in no other is not offered at all."""
    try:
        opening = await open_for(tx, actor, subject.id, ChangeWish.ITEMS)
    except Refused as refused:
        return why_not(refused)
    variants = await _variants(tx, opening.order, opening.pack)
    found = [
        _why_not(line, variant)
        for line in opening.facts.lines
        if line.ref in opening.line_refs
        for variant in variants[line.ref]
    ]
    if not found:
        return Refusal("variant_unavailable", unrelated=True)
    return None if None in found else found[0]


def _swap(line: OrderLine, variants: Sequence[Variant], sku: str) -> Swap:
    for variant in variants:
        if variant.sku == sku:
            _check(line, variant)
            return Swap(line, variant)
    raise Refused("variant_same" if sku == line.sku else "variant_unavailable", 409)


async def _variants(tx: Tx, order: Order, pack: RulePack) -> dict[str, tuple[Variant, ...]]:
    """What each line could become, by its ref."""
    known = await shop.products(tx, order.store_id, {line.product_ref for line in order.document.lines})
    return {
        line.ref: tuple(
            variant
            for variant in (known[line.product_ref].variants if line.product_ref in known else ())
            if variant.sku != line.sku or pack.changes.same_variant
        )
        for line in order.document.lines
    }


def _check(line: OrderLine, variant: Variant) -> None:
    """Refused: variant_line_cancelled where a part of the line was cancelled, variant_unavailable."""
    if 0 < line.cancelled < line.quantity:
        raise Refused("variant_line_cancelled", 409, alternatives=("service.human",))
    if not variant.available or (variant.stock is not None and variant.stock < line.quantity):
        raise Refused("variant_unavailable", 409)


def _option(line: OrderLine, variant: Variant) -> FieldOption:
    return FieldOption(
        value=variant.sku,
        label=" / ".join(variant.options.values()) or variant.sku,
        amount=Swap(line, variant).difference,
        refusal=_why_not(line, variant),
    )


def _why_not(line: OrderLine, variant: Variant) -> Refusal | None:
    try:
        _check(line, variant)
    except Refused as refused:
        return refusal(refused)
    return None


def _slip_line(swap: Swap) -> SlipLine:
    line, variant = swap.line, swap.variant
    new = " / ".join(variant.options.values())
    return SlipLine(
        name=said("orders.items.line", name=line.name, old=" / ".join(line.options.values()), new=new),
        quantity=line.quantity,
        amount=swap.difference,
        line_ref=line.ref,
    )


def _plan(wish: Wish) -> ItemsPlan:
    return msgspec.convert(wish.plan, ItemsPlan)
