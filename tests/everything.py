"""An action that exists in tests only and asks for every kind of field, to try the doors with.

`everything(monkeypatch, catalogue)` puts it among the actions; it is about an order and does nothing but tell, in its
slip, what it was given.
"""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from madoguchi.core.access.rules import Actor, Level, Need
from madoguchi.core.actions.catalogue import Action, Catalogue, Change
from madoguchi.core.actions.fields import About, BankAccount, Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.rules import Draft, Effect, Outcome, Refusal, Said, Settled, Slip, Wish
from madoguchi.core.photos import queries as photos
from madoguchi.core.shop.port import Address, Operation, OperationState, StorePort
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import i18n
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money

NAME = "test.everything"
REASON = "order.change"  # the contact reason that it ends, instead of any other action
GONE = Refusal("units_taken")


class Everything(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was filled in."""

    order_id: UUID
    size: str
    extras: tuple[str, ...] = ()
    lines: dict[str, int] = {}
    items: dict[str, str] = {}
    title: str = ""
    note: str = ""
    amount: Money | None = None
    address: Address | None = None
    bank: BankAccount | None = None
    photos: tuple[UUID, ...] = ()


FIELDS = (
    Field(
        name="size",
        kind=FieldKind.CHOICE,
        options=(
            FieldOption(value="small", label="小さい", amount=Money(100, "JPY")),
            FieldOption(value="large", label="大きい", note="2営業日"),
            FieldOption(value="huge", label="特大", refusal=GONE),
        ),
    ),
    Field(
        name="extras",
        kind=FieldKind.CHOICES,
        required=False,
        options=(FieldOption(value="ribbon", label="リボン"), FieldOption(value="card", label="カード")),
    ),
    Field(
        name="lines",
        kind=FieldKind.UNITS,
        options=(
            FieldOption(value="1", label="やかん", limit=3, amount=Money(9000, "JPY")),
            FieldOption(value="2", label="カップ", limit=1),
            FieldOption(value="3", label="皿", refusal=GONE),
        ),
    ),
    Field(
        name="items",
        kind=FieldKind.SWAPS,
        required=False,
        options=(
            FieldOption(
                value="1",
                label="やかん",
                options=(
                    FieldOption(value="KT-RED", label="赤", amount=Money(200, "JPY"), note="在庫あり"),
                    FieldOption(value="KT-BLUE", label="青", amount=Money(-300, "JPY")),
                    FieldOption(value="KT-GREEN", label="緑", refusal=GONE),
                ),
            ),
        ),
    ),
    Field(name="title", kind=FieldKind.TEXT, limit=10),
    Field(name="note", kind=FieldKind.NOTE, required=False, limit=50),
    Field(name="amount", kind=FieldKind.MONEY, most=Money(5000, "JPY")),
    Field(
        name="address",
        kind=FieldKind.ADDRESS,
        default={"name": "佐藤 美咲", "postal_code": "150-0001", "region": "東京都", "country": "JP"},
    ),
    Field(name="bank", kind=FieldKind.BANK, required=False),
)


async def _form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    order = await access_order(tx, actor, subject.id)
    return (*FIELDS, await photos.field(tx, actor, order.customer_id, required=False))


async def _offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    return None


async def _draft(tx: Tx, actor: Actor, arguments: Everything) -> Draft:
    order = await access_order(tx, actor, arguments.order_id)
    plan = msgspec.to_builtins(arguments)
    slip = Slip(
        title=Said(f"actions.{NAME}.name"),
        order_ref=order.store_ref,
        lines=(),
        money=(),
        total=Money(0, "JPY"),
        photos=arguments.photos,
    )
    return Draft(slip=slip, plan=plan, order_id=order.id, order_version=order.version)


async def _begin(tx: Tx, wish: Wish) -> None: ...


async def _perform(store: StorePort, wish: Wish) -> Operation:
    return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)


async def _settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    return Outcome(state=Settled.DONE)


def everything(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, **changes: Any) -> Action:
    """Put the action into the catalogue and its words into the texts, until the test ends; `changes` are to it."""
    action = Action(
        name=NAME,
        effect=Effect.CHANGE,
        arguments=Everything,
        need=Need(Level.PROVEN),
        reason=REASON,
        about=About.ORDER,
        form=_form,
        offer=_offer,
        change=Change(draft=_draft, begin=_begin, perform=_perform, settle=_settle),
    )
    action = msgspec.structs.replace(action, **changes)
    keys = [
        "name",
        "lead",
        "done",
        "partly_done",
        "failed",
        *(f"field.{field.name}" for field in FIELDS),
        "field.photos",
    ]
    for lang in i18n.LANGUAGES:
        for key in keys:
            monkeypatch.setitem(i18n.catalogue(lang), f"actions.{NAME}.{key}", f"{NAME} {key}")  # type: ignore[arg-type]
    for other in [name for name, known in catalogue.actions.items() if known.reason == REASON]:
        monkeypatch.delitem(catalogue.actions, other)  # type: ignore[arg-type]
    monkeypatch.setitem(catalogue.actions, NAME, action)  # type: ignore[arg-type]
    return action


def form(*names: str) -> Any:
    """A form with some of the fields only."""

    async def some(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
        return tuple(field for field in FIELDS if field.name in names)

    return some
