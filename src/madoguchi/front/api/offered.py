"""What can be done with things, as programs are told it."""

from collections.abc import Iterable

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import fields as core
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.fields import Subject
from madoguchi.core.actions.rules import Refusal as Why
from madoguchi.front.api.structs import Field, FieldOption, OfferedAction, Refusal
from madoguchi.front.api.words import refusal
from madoguchi.front.ui import told
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader


async def offered(
    tx: Tx, catalogue: Catalogue, actor: Actor, subjects: Iterable[Subject], reader: Reader
) -> list[OfferedAction]:
    """What can be done with each of the things now, with the fields to fill in, and why not otherwise."""
    found = []
    for subject in subjects:
        for offer in await actions.offers(tx, catalogue, actor, subject):
            asked = () if offer.refusal else await actions.fields(tx, actor, catalogue.actions[offer.action], subject)
            found.append(
                OfferedAction(
                    action=offer.action,
                    label=reader.t(f"actions.{offer.action}.name"),
                    possible=offer.refusal is None,
                    refusal=_refusal(offer.refusal, reader),
                    arguments=subject.arguments,
                    fields=tuple(_field(offer.action, field, reader) for field in asked),
                )
            )
    return found


def _field(action: str, of: core.Field, reader: Reader) -> Field:
    return Field(
        name=of.name,
        kind=of.kind,
        label=core.label(action, of, reader),
        help=core.explanation(action, of, reader),
        required=of.required,
        options=tuple(_option(option, reader) for option in of.options),
        default=of.default,
        limit=of.limit,
        most=told.money_of(of.most) if of.most else None,
    )


def _option(of: core.FieldOption, reader: Reader) -> FieldOption:
    return FieldOption(
        value=of.value,
        label=core.words(of.label, reader),
        note=core.words(of.note, reader),
        amount=told.money_of(of.amount) if of.amount is not None else None,
        limit=of.limit,
        options=tuple(_option(option, reader) for option in of.options),
        refusal=_refusal(of.refusal, reader),
    )


def _refusal(why: Why | None, reader: Reader) -> Refusal | None:
    return refusal(why.code, reader, why.parameters, why.alternatives) if why else None
