"""What is asked of whoever sends something back; what a shop does not ask is left out."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Said
from madoguchi.core.photos import queries as photos
from madoguchi.core.policy.pack import Asked, Method, ReturnReason, RulePack
from madoguchi.core.shop.port import Balance
from madoguchi.core.shop.queries import Order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import slips
from madoguchi.service.returns.eligibility import (
    Basis,
    basis,
)
from madoguchi.service.returns.narrowing import narrowed
from madoguchi.service.returns.rules import Condition
from madoguchi.service.returns.rules import Wish as Wanted


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which units, why, in what state, what for, and how; what a shop does not ask is left out."""
    try:
        of = await basis(tx, actor, subject.id)
    except Refused as refused:
        if refused.status == 404:
            raise
        return ()
    shown = (await photos.field(tx, actor, of.order.customer_id, required=False),) if _asks_why(of) else ()
    where = (msgspec.structs.replace(field, proposed=True) for field in refund_fields(of.pack, of.document))
    return (
        lines_field(of),
        *why_fields(of, tuple(ReturnReason)),
        *shown,
        *_wish_field(of),
        *where,
        *way_field(of),
        *await _method_field(tx, actor, of),
    )


async def narrow(
    tx: Tx, actor: Actor, subject: Subject, fields: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[Field, ...]:
    """What of it still matters after what was given."""
    of = await basis(tx, actor, subject.id)
    return narrowed(of, actor, fields, given, given.get("lines", {}), tx.now)


def why_fields(of: Basis, asked_for: Sequence[ReturnReason]) -> tuple[Field, ...]:
    """Why (one of these, where the shop knows it), and in what state it is."""
    asked = []
    if _asks_why(of):
        known = reasons(of.pack)
        asked.append(_choice("reason", tuple(reason for reason in asked_for if reason in known)))
    if {Asked.OPENED, Asked.USED, Asked.COMPLETE}.intersection(of.pack.returns.asks):
        asked.append(_choice("condition", _conditions(of)))
    return tuple(asked)


def way_field(of: Basis) -> tuple[Field, ...]:
    """How it comes back."""
    if not _asks_why(of):
        return ()
    way = _choice("method", _methods(of.pack), required=False)
    return (msgspec.structs.replace(way, proposed=True),)


def lines_field(of: Basis) -> Field:
    """How many units of which lines; whoever got them as a present does not hear what they cost."""
    left = {ref: n for ref, n in of.left.items() if n}
    worth = {} if of.gift else of.worth(left)
    options = tuple(
        FieldOption(value=line.ref, label=slips.named(line), amount=worth.get(line.ref), limit=left[line.ref])
        for line in of.document.lines
        if line.ref in left
    )
    only = left if sum(left.values()) == 1 else None
    return Field(name="lines", kind=FieldKind.UNITS, options=options, default=only)


def _wish_field(of: Basis) -> tuple[Field, ...]:
    if not _asks_why(of):
        return ()
    wish = _choice("wish", (Wanted.REFUND, Wanted.REPLACEMENT), default=Wanted.REFUND)
    return (msgspec.structs.replace(wish, proposed=True),)


def _asks_why(of: Basis) -> bool:
    return Asked.REASON in of.pack.returns.asks


def _choice(name: str, values: tuple[str, ...], *, required: bool = True, default: str | None = None) -> Field:
    options = tuple(FieldOption(value=one, label=Said(f"returns.{name}.{one}")) for one in values)
    return Field(name=name, kind=FieldKind.CHOICE, options=options, required=required, default=default)


def reasons(pack: RulePack) -> tuple[ReturnReason, ...]:
    """For what reasons something comes back that was delivered, in the shop's order."""
    known = pack.returns.reasons
    return tuple(reason for reason in ReturnReason if reason in known and reason is not ReturnReason.LOST)


def _conditions(of: Basis) -> tuple[Condition, ...]:
    """Whether tags are on is asked of an order with goods that one tries on."""
    tried_on = any(not set(of.pack.returns.free).isdisjoint(line.flags) for line in of.document.lines)
    asked = tried_on and Asked.TAGS in of.pack.returns.asks
    return tuple(one for one in Condition if asked or one is not Condition.UNTAGGED)


def _methods(pack: RulePack) -> tuple[Method, ...]:
    every = [method for methods in pack.returns.methods.values() for method in methods]
    return tuple(method for method in Method if method in every)


async def _method_field(tx: Tx, actor: Actor, of: Basis) -> tuple[Field, ...]:
    """To which method a store gives the price that does so by itself."""
    if not of.pack.returns.named_method:
        return ()
    options = tuple(
        FieldOption(value=method.method_ref, label=method.label) for method in await ways(tx, actor, of.order)
    )
    return (Field(name="method_ref", kind=FieldKind.CHOICE, options=options, unknown="method_unknown"),)


async def ways(tx: Tx, actor: Actor, order: Order) -> tuple[Balance, ...]:
    """To which methods a store can give the price that does so by itself, those by which it was paid first."""
    facts = await customer_facts(tx, actor, order.customer_id)
    paid_by = {tender.method_ref for tender in order.document.tenders}
    known = tuple(
        Balance(method_ref=tender.method_ref, kind=tender.kind, label=tender.label, balance=None)
        for tender in order.document.tenders
        if tender.method_ref not in {method.method_ref for method in facts.methods}
    )
    return (*known, *sorted(facts.methods, key=lambda one: one.method_ref not in paid_by))
