"""The pure engine: facts of an order and a rule pack in, decisions with reasons out."""

import tomllib
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

from madoguchi.core.shop.port import OrderLine, OrderState, StoreOrder, TenderKind

_PACKS = Path(__file__).parent / "packs"


class Then(StrEnum):
    """What a cancel rule says of a line."""

    AT_ONCE = "at_once"
    ASK_STORE = "ask_store"  # the warehouse has it and may say that it is too late
    DENY = "deny"


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Conditions, all of which must hold; an absent one holds always."""

    stage: tuple[str, ...] | None = None
    status: tuple[str, ...] | None = None  # the store's own word
    flag: tuple[str, ...] | None = None
    gift: bool | None = None
    business: bool | None = None
    after_cut_off: bool | None = None


class CancelRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the cancel matrix. `code` and `instead` belong to a denial."""

    id: str
    when: When
    then: Then
    code: str | None = None
    instead: tuple[str, ...] = ()


class RulePack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a store; `version` is kept with every decision."""

    version: str
    cancel_reasons: tuple[str, ...]
    cancel_lines: bool
    cancel: tuple[CancelRule, ...]
    refund_days: dict[TenderKind, tuple[int, int]]


@cache
def pack(name: str) -> RulePack:
    """The rule pack of this name; FileNotFoundError when there is none."""
    return msgspec.convert(tomllib.loads((_PACKS / f"{name}.toml").read_text()), RulePack)


def stage(order: StoreOrder, line: OrderLine) -> str:
    """Where the units of a line that are not cancelled are; a partly shipped line counts by what is still here."""
    left = line.quantity - line.cancelled
    if left == 0 or order.state is OrderState.CANCELLED:
        return "cancelled"
    if line.shipped < left:
        return "paid" if order.state is OrderState.PARTLY_SHIPPED else str(order.state)
    return "delivered" if line.delivered >= left else "shipped"


def cancel_rule(rules: RulePack, order: StoreOrder, line: OrderLine, now: datetime) -> CancelRule:
    """The first rule that fits the line; LookupError when the pack has a gap."""
    at = stage(order, line)
    late = order.cancel_until is not None and now > order.cancel_until
    for rule in rules.cancel:
        if _fits(rule.when, order, line, at, late):
            return rule
    raise LookupError(f"no cancel rule for {at} ({order.status_text})")


def _fits(when: When, order: StoreOrder, line: OrderLine, at: str, late: bool) -> bool:
    return (
        (when.stage is None or at in when.stage)
        and (when.status is None or order.status_text in when.status)
        and (when.flag is None or not set(when.flag).isdisjoint(line.flags))
        and when.gift in {None, order.is_gift}
        and when.business in {None, order.is_business}
        and when.after_cut_off in {None, late}
    )
