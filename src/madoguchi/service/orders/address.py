"""Sending an order, or what is not shipped of it, to another address."""

from collections.abc import Iterator
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.addresses import written
from madoguchi.core.actions.fields import Field, FieldKind, Subject
from madoguchi.core.actions.rules import Draft, Fact, Outcome, Refusal, Said, Slip, Wish, said
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.shop.port import Address, Operation, StorePort
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.orders.opening import Opening, offered, open_for
from madoguchi.service.orders.rules import item_name
from madoguchi.service.orders.settling import ended


class ChangeAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order goes where."""

    order_id: UUID
    address: Address


class AddressPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where to, and the slip that was agreed to."""

    address: Address
    slip: Slip


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The address, filled in as it is now."""
    order = await access_order(tx, actor, subject.id)
    return (Field(name="address", kind=FieldKind.ADDRESS, default=msgspec.to_builtins(order.document.address)),)


async def draft(tx: Tx, actor: Actor, arguments: ChangeAddress) -> Draft:
    """What another address would mean; Refused also for the same one and for another country."""
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.ADDRESS)
    old, new = opening.facts.address, arguments.address
    if new == old:
        raise Refused("address_same", 409)
    if new.country != old.country:
        raise Refused("address_country", 409, alternatives=("order.cancel", "service.human"))
    slip = Slip(
        title=Said("orders.address.title"),
        order_ref=opening.facts.ref,
        lines=(),
        money=(),
        total=Money(0, opening.facts.currency),
        facts=(
            Fact(Said("orders.address.new"), written(new)),
            Fact(Said("orders.address.old"), written(old)),
            *(_where_each_goes(opening) if _has_left(opening) else ()),
        ),
        rule=opening.rule,
        notices=("change_done",),
        asked=opening.asked,
        next_step=_next_step(opening),
    )
    return opening.draft(slip, AddressPlan(address=new, slip=slip))


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside."""


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key."""
    return await store.update_shipping_address(
        str(wish.id), wish.order_ref or "", wish.order_version or 0, _plan(wish).address
    )


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """How it ended."""
    return ended(wish, _plan(wish).slip, operation)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether the address can still be changed."""
    return await offered(tx, actor, subject, ChangeWish.ADDRESS)


def _has_left(opening: Opening) -> bool:
    """Whether a part of it went to the old address already."""
    return any(line.shipped for line in opening.facts.lines)


def _where_each_goes(opening: Opening) -> Iterator[Fact]:
    """What still goes to the new address, and that the rest does not."""
    for line in opening.facts.lines:
        here = line.quantity - line.cancelled - line.shipped
        if here and line.ref in opening.line_refs:
            yield Fact(Said("orders.address.goods"), said("orders.address.units", name=item_name(line), n=here))
    yield Fact(Said("orders.address.sent"), Said("orders.address.sent.old"))


def _next_step(opening: Opening) -> Said:
    if opening.asked:
        return Said("orders.change.next.asked")
    return Said("orders.address.next.rest" if _has_left(opening) else "orders.address.next")


def _plan(wish: Wish) -> AddressPlan:
    return msgspec.convert(wish.plan, AddressPlan)
