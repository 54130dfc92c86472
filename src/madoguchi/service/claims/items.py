"""Goods that are broken, wrong or not complete: paid back without a return, or sent again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, refusal
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Draft, Refusal, Said
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import Destination, LineUnits
from madoguchi.core.policy import paying_back
from madoguchi.core.policy.pack import Problem, Remedy
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import OrderLine, StoreOrder
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.claims.deciding import Basis, Facts, basis, claim, photo_fields
from madoguchi.service.claims.rules import AT_HAND

_NO_GOODS = frozenset({"digital", "digital_opened", "gift_card", "membership"})  # never in a parcel


class ItemClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many units of which lines, what is wrong with them, and photos that show it."""

    order_id: UUID
    lines: dict[str, int]
    problem: Problem
    photos: tuple[UUID, ...] = ()


class ItemRefund(ItemClaim, frozen=True, forbid_unknown_fields=True):
    """The same, and where money goes that cannot go back as it came."""

    refund_to: Destination | None = None


class ItemAction(msgspec.Struct, frozen=True):
    """The form, the draft and the offer of one remedy."""

    remedy: Remedy

    async def form(self, tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
        """Which units, what is wrong with them, and photos where they may be asked; Refused("claim_not_goods")."""
        order = await access_order(tx, actor, subject.id)
        _check_goods(order.document)
        pack = await rules_of(tx, order.store_id)
        held = await ledger.lines(tx, order.id)
        left = _left(order.document, held)
        where = refund_fields(pack, order.document) if self.remedy is Remedy.REFUND else ()
        shown = await photo_fields(tx, actor, order, pack, _from_least_to_all(order.document, held, left))
        worth = paying_back.worth(order.document, held, left)
        return lines_field(order.document, left, worth), problem_field(), *shown, *where

    async def narrow(
        self, tx: Tx, actor: Actor, subject: Subject, fields: tuple[Field, ...], given: Mapping[str, Any]
    ) -> tuple[Field, ...]:
        """Photos must be there where the rules ask for them of these units."""
        units = given.get("lines")
        if not units or all(field.name != "photos" for field in fields):
            return fields
        order = await access_order(tx, actor, subject.id)
        pack, held = await rules_of(tx, order.store_id), await ledger.lines(tx, order.id)
        worth = total(list(paying_back.worth(order.document, held, units).values()), order.document.currency)
        required = any(field.required for field in await photo_fields(tx, actor, order, pack, [worth]))
        return tuple(
            msgspec.structs.replace(field, required=required) if field.name == "photos" else field for field in fields
        )

    async def draft(self, tx: Tx, actor: Actor, arguments: ItemClaim) -> Draft:
        """What is done about the units; Refused: claim_not_goods, claim_not_delivered, claim_problem, as in `claim`."""
        if arguments.problem not in AT_HAND:
            raise Refused("claim_problem")
        of, left = await _open(tx, actor, arguments.order_id)
        if any(count > left.get(ref, 0) for ref, count in arguments.lines.items()):
            raise Refused("claim_settled", 409, alternatives=("service.human",))
        facts = Facts(
            problem=arguments.problem,
            units=dict(arguments.lines),
            remedy=self.remedy,
            delivered_at=_delivered_at(of.order.document, tuple(arguments.lines)),
            refund_to=arguments.refund_to if isinstance(arguments, ItemRefund) else None,
            photos=arguments.photos,
        )
        return await claim(tx, actor, of, facts)

    async def offer(self, tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
        """None when something was delivered and not made good."""
        try:
            await _open(tx, actor, subject.id)
        except Refused as refused:
            return refusal(refused)
        return None


def lines_field(order: StoreOrder, left: Mapping[str, int], worth: Mapping[str, Money]) -> Field:
    """How many units of which lines, at what those that are left cost; of the only unit there is, that one."""
    options = tuple(
        FieldOption(value=line.ref, label=line.name, amount=worth[line.ref], limit=left[line.ref])
        for line in order.lines
        if left[line.ref]
    )
    only = left if sum(left.values()) == 1 else {}
    return Field(
        name="lines", kind=FieldKind.UNITS, options=options, default={ref: n for ref, n in only.items() if n} or None
    )


def problem_field() -> Field:
    """What is wrong."""
    options = tuple(FieldOption(value=one, label=Said(f"claims.problem.{one}")) for one in AT_HAND)
    return Field(name="problem", kind=FieldKind.CHOICE, options=options)


async def _open(tx: Tx, actor: Actor, order_id: UUID) -> tuple[Basis, dict[str, int]]:
    """The order, and units of it that were delivered and not made good; Refused where there are none."""
    order = await access_order(tx, actor, order_id)
    _check_goods(order.document)
    if not any(line.delivered for line in order.document.lines if _is_goods(line)):
        raise Unrelated("claim_not_delivered", 409, alternatives=("service.human",))
    of = await basis(tx, actor, order_id)
    left = _left(of.order.document, of.held)
    if not any(left.values()):
        raise Refused("claim_settled", 409, alternatives=("service.human",))
    return of, left


def _left(order: StoreOrder, held: Mapping[str, LineUnits]) -> dict[str, int]:
    return {line.ref: min(held[line.ref].free, line.delivered) if _is_goods(line) else 0 for line in order.lines}


def _from_least_to_all(order: StoreOrder, held: Mapping[str, LineUnits], left: Mapping[str, int]) -> list[Money]:
    """What the cheapest unit is worth, and what all that can be claimed is."""
    each = paying_back.worth(order, held, {ref: 1 for ref, count in left.items() if count}).values()
    every = paying_back.worth(order, held, left).values()
    return [min(each, key=lambda worth: worth.amount), total(list(every), order.currency)] if each else []


def _is_goods(line: OrderLine) -> bool:
    """Whether it came in a parcel: a membership, a download or a gift card is not broken but ended, or looked into."""
    return _NO_GOODS.isdisjoint(line.flags)


def _check_goods(order: StoreOrder) -> None:
    """A membership is ended by its own action, which gives back what the rules say; the rest is for a person."""
    if any(map(_is_goods, order.lines)):
        return
    members = any("membership" in line.flags for line in order.lines)
    instead = ("subscription.cancel", "service.human") if members else ("service.human",)
    raise Unrelated("claim_not_goods", 409, alternatives=instead)


def _delivered_at(order: StoreOrder, refs: Sequence[str]) -> datetime | None:
    """When the last parcel with one of the lines came."""
    moments = [
        parcel.delivered_at
        for parcel in order.shipments
        if parcel.delivered_at and not parcel.lines.keys().isdisjoint(refs)
    ]
    return max(moments, default=None)


REFUND, REPLACE = ItemAction(Remedy.REFUND), ItemAction(Remedy.RESEND)
