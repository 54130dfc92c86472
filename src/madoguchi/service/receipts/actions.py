"""What this room can do, for the catalogue."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Level, Need
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About, Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.rules import DocumentCard, Effect, Refusal, Said
from madoguchi.core.ledger.queries import given_back
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.service.receipts.rules import Kind, is_paid
from madoguchi.service.receipts.verbs import Wanted, issue

LIMIT = 100  # characters of the addressee, and of the note


class AskReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which document of which order, made out to whom and for what."""

    order_id: UUID
    addressee: str
    note: str = ""
    document: Kind = Kind.RECEIPT


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """To whom and for what; once something was given back, also which of the documents."""
    order = await access_order(tx, actor, subject.id)
    options = tuple(FieldOption(value=kind, label=Said(f"receipts.title.{kind}")) for kind in Kind)
    which = (Field(name="document", kind=FieldKind.CHOICE, options=options),)
    returned = sum(part.amount for part in await given_back(tx, order.id))
    return (
        *(which if returned else ()),
        Field(name="addressee", kind=FieldKind.TEXT, limit=LIMIT),
        Field(
            name="note",
            kind=FieldKind.TEXT,
            required=False,
            default=(await rules_of(tx, order.store_id)).receipts.note,
            limit=LIMIT,
        ),
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether anything was paid."""
    order = await access_order(tx, actor, subject.id)
    return None if is_paid(order.document) else Refusal("receipt_unpaid")


async def give(tx: Tx, actor: Actor, wanted: AskReceipt) -> DocumentCard:
    """Issue it."""
    words = Wanted(kind=wanted.document, addressee=wanted.addressee, note=wanted.note)
    return (await issue(tx, actor, wanted.order_id, words)).card


ACTIONS = (
    Action(
        name="order.receipt",
        effect=Effect.ACT,
        arguments=AskReceipt,
        need=Need(Level.PROVEN),
        reason="order.receipt",
        about=About.ORDER,
        form=form,
        offer=offer,
        act=give,
    ),
)
