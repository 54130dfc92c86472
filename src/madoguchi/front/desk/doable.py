"""What can be done with the things of a case's customer: offered, or refused with a reason, and what it asks for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import Effect, Refusal
from madoguchi.core.actions.verbs import Offer, fields, offers
from madoguchi.core.cases.queries import Case
from madoguchi.core.gifts.queries import gifts_of
from madoguchi.core.people.queries import Customer
from madoguchi.core.shop.queries import Order, customer_facts
from madoguchi.front.desk.board import reason_label
from madoguchi.front.desk.given import Ask
from madoguchi.front.ui.fields import FieldView, field_views, filled_in_again, mistakes
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns.queries import returns_of, returns_of_order


class Doable(msgspec.Struct, frozen=True):
    """An action on a thing of the customer's, with the fields it asks for; `thing` names what is not an order."""

    offer: Offer
    fields: Sequence[Field]
    effect: Effect
    thing: str = ""


class ActionView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done with a thing, or why not and what instead.

    `about` are the hidden fields that name the thing. It is `ready` when one click is enough; `opened` when its form
    is shown again; done `at_once` where no slip comes first.
    """

    name: str
    label: str
    thing: str
    about: Mapping[str, str]
    fields: Sequence[FieldView]
    wrong: Sequence[tuple[str, str]]
    ready: bool
    opened: bool
    at_once: bool
    refusal: str
    instead: Sequence[str]


async def on_order(tx: Tx, actor: Actor, catalogue: Catalogue, order: Order, wanted: Ask | None) -> list[Doable]:
    """What can be done with an order, its parcels, and what comes back of it. `wanted` is a form shown again."""
    found = await _doable(tx, actor, catalogue, wanted, Subject(About.ORDER, order.id))
    for parcel in order.document.shipments:
        subject = Subject(About.PARCEL, order.id, parcel.ref)
        found += await _doable(tx, actor, catalogue, wanted, subject, parcel.tracking_number)
    for one in await returns_of_order(tx, actor, order.id):
        subject = Subject(About.RETURN, one.id, str(one.id))
        found += await _doable(tx, actor, catalogue, wanted, subject, one.number or "")
    return found


async def on_customer(
    tx: Tx, actor: Actor, catalogue: Catalogue, customer: Customer, case: Case, wanted: Ask | None
) -> list[Doable]:
    """What can be done in the case, for the customer, with their subscriptions, and with what they got as presents."""
    found = await _doable(tx, actor, catalogue, wanted, Subject(About.CASE, case.id))
    found += await _doable(tx, actor, catalogue, wanted, Subject(About.CUSTOMER, customer.id))
    for one in (await customer_facts(tx, actor, customer.id)).subscriptions:
        subject = Subject(About.SUBSCRIPTION, customer.id, one.ref)
        found += await _doable(tx, actor, catalogue, wanted, subject, one.name)
    for about, id, number in await _presents(tx, actor, customer):
        found += await _doable(tx, actor, catalogue, wanted, Subject(about, id, str(id)), number)
    return found


def view(at: int, able: Doable, reader: Reader, wanted: Ask | None) -> ActionView:
    """An action for the template; `at` is its place on the page, by which its fields are told apart."""
    offer, refusal = able.offer, able.offer.refusal
    arguments = offer.subject.arguments
    given = _given(wanted, offer)
    values = None if given is None else filled_in_again(able.fields, given)
    shown = field_views(offer.action, able.fields, reader, values, within=f"{at}-")
    return ActionView(
        name=offer.action,
        label=reader.t(f"actions.{offer.action}.name"),
        thing=able.thing,
        about=arguments,
        fields=shown,
        wrong=mistakes(shown, reader),
        ready=not any(field.asked for field in able.fields),
        opened=values is not None,
        at_once=able.effect is not Effect.CHANGE,
        refusal=reader.t(f"errors.{refusal.code}", **refusal.parameters) if refusal else "",
        instead=_instead(refusal, reader) if refusal else [],
    )


async def _presents(tx: Tx, actor: Actor, customer: Customer) -> list[tuple[About, UUID, str]]:
    """What the customer got as presents, and what of them comes back, with their numbers."""
    gifts = [(About.GIFT, one.id, one.number) for one in await gifts_of(tx, actor, customer.id)]
    found = await returns_of(tx, actor, customer.id)
    return gifts + [(About.RETURN, one.id, one.number or "") for one in found if one.gift_id]


async def _doable(
    tx: Tx, actor: Actor, catalogue: Catalogue, wanted: Ask | None, subject: Subject, thing: str = ""
) -> list[Doable]:
    found = []
    for offer in await offers(tx, catalogue, actor, subject):
        action = catalogue.actions[offer.action]
        given = _given(wanted, offer) or {}
        asked = () if offer.refusal else await fields(tx, actor, action, subject, given)
        found.append(Doable(offer, asked, action.effect, thing))
    return found


def _given(wanted: Ask | None, offer: Offer) -> dict[str, Any] | None:
    """What was filled in for it, where its form is shown again."""
    if wanted is None or wanted.action != offer.action:
        return None
    return wanted.values if offer.subject.arguments.items() >= wanted.about.items() else None


def _instead(refusal: Refusal, reader: Reader) -> list[str]:
    return [label for name in refusal.alternatives if (label := reason_label(name, reader))]
