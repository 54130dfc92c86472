"""What this room can do, for the catalogue."""

from collections.abc import Awaitable, Callable, Set
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import STAFF, Actor, Level, Need, Role
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About, BankAccount, Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.rules import Effect, Refusal, Said, TextCard, said
from madoguchi.core.ledger.advances.queries import advances_of, advances_of_order
from madoguchi.core.ledger.intents.queries import access_intent, intents_of, intents_of_order
from madoguchi.core.ledger.intents.rules import Intent, IntentState, Rail
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.people.queries import store
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import Vault
from madoguchi.service.refunds import advances, verbs
from madoguchi.service.refunds.words import sentences

_NEED = Need(Level.PROVEN)
Form = Callable[[Tx, Actor, Subject], Awaitable[tuple[Field, ...]]]
Offering = Callable[[Tx, Actor, Subject], Awaitable[Refusal | None]]


class ListRefunds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of an order, or of a customer (staff say of whom); without both, one's own."""

    order_id: UUID | None = None
    customer_id: UUID | None = None


class ShowRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which refund."""

    refund_id: UUID


class GiveAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To which account the refunds of an order that wait for one are paid."""

    order_id: UUID
    account: BankAccount


class ChangeWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a refund of an order goes that failed, or waits for an account."""

    order_id: UUID
    refund: UUID
    to: Destination


async def list_refunds(tx: Tx, actor: Actor, arguments: ListRefunds) -> TextCard:
    """Where each refund is, newest first."""
    if arguments.order_id:
        await access_order(tx, actor, arguments.order_id)
        found = await intents_of_order(tx, actor, arguments.order_id)
        early = await advances_of_order(tx, actor, arguments.order_id)
    else:
        owner = arguments.customer_id or actor.id
        if owner is None:
            raise Refused("identity_needed", 403, level=int(Level.PROVEN))
        found = await intents_of(tx, actor, owner)
        early = await advances_of(tx, actor, owner)
    lines = [line for intent in found for line in await _said(tx, intent)]
    lines += [line for advance in early for line in advances.sentences(advance)]
    return TextCard(lines=tuple(lines) or (Said("refunds.none"),), nothing=not lines)


async def show_refund(tx: Tx, actor: Actor, arguments: ShowRefund) -> TextCard:
    """Where one refund is."""
    return TextCard(lines=await _said(tx, await access_intent(tx, actor, arguments.refund_id)))


async def account_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """A bank account."""
    await access_order(tx, actor, subject.id)
    return (Field(name="account", kind=FieldKind.BANK),)


async def offer_account(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether a refund of the order waits for an account, or may still get another."""
    return None if await _payable(tx, actor, subject.id) else Refusal("refund_needs_no_account", unrelated=True)


async def way_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which refund, and where to."""
    movable = await _movable(tx, actor, subject.id)
    which = tuple(
        FieldOption(
            value=str(intent.id),
            label=said(f"refunds.to.{intent.destination}", amount=intent.amount, label=intent.tender_label),
        )
        for intent in movable
    )
    where = dict.fromkeys(way for intent in movable for way in intent.detours)
    ways = tuple(FieldOption(value=way, label=Said(f"orders.refund_to.{way}")) for way in where)
    return (
        Field(name="refund", kind=FieldKind.CHOICE, options=which, default=which[0].value if len(which) == 1 else None),
        Field(name="to", kind=FieldKind.CHOICE, options=ways),
    )


async def offer_way(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether a refund of the order can go another way."""
    return None if await _movable(tx, actor, subject.id) else Refusal("refund_not_open", unrelated=True)


async def change_way(tx: Tx, actor: Actor, arguments: ChangeWay) -> TextCard:
    """Send it another way."""
    intent = await access_intent(tx, actor, arguments.refund)
    if intent.order_id != arguments.order_id:
        raise Refused("refund_not_open", 409)
    made = await verbs.go_another_way(tx, actor, arguments.refund, arguments.to)
    return TextCard(lines=await _said(tx, await access_intent(tx, actor, made)))


def actions(vault: Vault) -> tuple[Action, ...]:
    """This room's entries; accounts are sealed in the vault, so no quote may keep one."""
    return (
        Action(
            name="refund.list",
            effect=Effect.READ,
            arguments=ListRefunds,
            need=_NEED,
            reason="refund.status",
            about=About.CUSTOMER,
            read=list_refunds,
        ),
        Action(name="refund.show", effect=Effect.READ, arguments=ShowRefund, need=_NEED, read=show_refund),
        Action(
            name="refund.give_account",
            effect=Effect.ACT,
            arguments=GiveAccount,
            need=_NEED,
            also=("refund.status",),
            about=About.ORDER,
            form=account_form,
            offer=offer_account,
            act=_give_account(vault),
        ),
        Action(
            name="refund.change_way",
            effect=Effect.ACT,
            arguments=ChangeWay,
            need=_NEED,
            also=("refund.status",),
            about=About.ORDER,
            form=way_form,
            offer=offer_way,
            act=change_way,
        ),
        Action(
            name="advance.pay",
            effect=Effect.CHANGE,
            arguments=advances.PayAdvance,
            need=_NEED,
            also=("refund.status",),
            about=About.ORDER,
            form=advances.pay_form,
            offer=advances.offer,
            change=Change(draft=advances.draft, begin=advances.begin, perform=None, settle=advances.settle),
        ),
        _ending("advance.receive", advances.receive, advances.receive_form, advances.offer_receiving, STAFF),
        _ending("advance.forgive", advances.forgive, advances.forgive_form, advances.offer, STAFF - {Role.ASSOCIATE}),
    )


def _ending(
    name: str, act: Callable[[Tx, Actor, Any], Awaitable[TextCard]], form: Form, offer: Offering, staff: Set[Role]
) -> Action:
    """What the shop's people decide about an advance."""
    return Action(
        name=name,
        effect=Effect.ACT,
        arguments=advances.EndAdvance,
        need=Need(Level.PROVEN, frozenset(staff), customers=False),
        about=About.ORDER,
        form=form,
        offer=offer,
        act=act,
    )


def _give_account(vault: Vault) -> Callable[[Tx, Actor, GiveAccount], Awaitable[TextCard]]:
    async def act(tx: Tx, actor: Actor, arguments: GiveAccount) -> TextCard:
        waiting = await _payable(tx, actor, arguments.order_id)
        if not waiting:
            raise Refused("refund_needs_no_account", 409)
        for intent in waiting:
            await verbs.give_account(tx, vault, actor, intent.id, arguments.account)
        lines = [line for intent in waiting for line in await _said(tx, await access_intent(tx, actor, intent.id))]
        return TextCard(lines=tuple(lines))

    return act


async def _payable(tx: Tx, actor: Actor, order_id: UUID) -> list[Intent]:
    found = await intents_of_order(tx, actor, order_id)
    open_to = {IntentState.PLANNED, IntentState.RESERVED}
    return [intent for intent in found if intent.rail is Rail.BANK and intent.state in open_to]


async def _movable(tx: Tx, actor: Actor, order_id: UUID) -> list[Intent]:
    found = await intents_of_order(tx, actor, order_id)
    open_to = {IntentState.PLANNED, IntentState.FAILED}
    return [intent for intent in found if intent.state in open_to and intent.detours]


async def _said(tx: Tx, intent: Intent) -> tuple[Said, ...]:
    shop = await store(tx, intent.store_id)
    return sentences(intent, tx.now, shop.time_zone, shop.country)
