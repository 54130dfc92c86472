"""Other variants of what was ordered: another colour, size or material, with the difference in price."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, Subject, refusal
from madoguchi.core.actions.methods import method_field, method_of
from madoguchi.core.actions.rules import Draft, Refusal, Said, Slip, Wish
from madoguchi.core.actions.variants import Swap, check_stock, swap, swap_line, swap_option, variants_of
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import LineEdit, Operation, OrderLine, StorePort, Variant
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.orders.opening import open_for, why_not
from madoguchi.service.orders.rules import item_name
from madoguchi.service.orders.settling import MoneyPlan, methods_for, settlement


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


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """For each line the other variants with their difference, and the method for it."""
    order = await access_order(tx, actor, subject.id)
    pack = await rules_of(tx, order.store_id)
    methods = await methods_for(tx, actor, order)
    variants = await variants_of(tx, order, same=pack.changes.same_variant)
    options = tuple(
        swap_option(line, item_name(line), variants[line.ref], line.quantity, _why_not) for line in order.document.lines
    )
    swaps = Field(name="items", kind=FieldKind.SWAPS, options=options)
    return swaps, method_field(methods, order.document)


async def draft(tx: Tx, actor: Actor, arguments: ChangeItems) -> Draft:
    """What the other variants would cost or give back."""
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.ITEMS, tuple(arguments.items))
    order = opening.facts
    variants = await variants_of(tx, opening.order, same=opening.pack.changes.same_variant)
    swaps = [
        _swap(line, variants[line.ref], arguments.items[line.ref])
        for line in order.lines
        if line.ref in arguments.items
    ]
    method = method_of(await methods_for(tx, actor, opening.order), arguments.method_ref)
    difference = total([one.difference for one in swaps], order.currency)
    settled = settlement(opening, await ledger.tenders(tx, opening.order.id), method, difference)
    slip = Slip(
        title=Said("orders.items.title"),
        order_ref=order.ref,
        lines=tuple(swap_line(one) for one in swaps),
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
        edits=tuple(LineEdit(line_ref=one.line.ref, sku=one.variant.sku) for one in swaps),
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
    variants = await variants_of(tx, opening.order, same=opening.pack.changes.same_variant)
    found = [
        _why_not(Swap(line, variant, line.quantity))
        for line in opening.facts.lines
        if line.ref in opening.line_refs
        for variant in variants[line.ref]
    ]
    if not found:
        return Refusal("variant_unavailable", unrelated=True)
    return None if None in found else found[0]


def _swap(line: OrderLine, variants: Sequence[Variant], sku: str) -> Swap:
    _check_whole(line)
    return swap(line, variants, sku, line.quantity)


def _check_whole(line: OrderLine) -> None:
    """Refused("variant_line_cancelled") where a part of the line was cancelled."""
    if 0 < line.cancelled < line.quantity:
        raise Refused("variant_line_cancelled", 409, alternatives=("service.human",))


def _why_not(of: Swap) -> Refusal | None:
    try:
        _check_whole(of.line)
        check_stock(of)
    except Refused as refused:
        return refusal(refused)
    return None


def _plan(wish: Wish) -> ItemsPlan:
    return msgspec.convert(wish.plan, ItemsPlan)
