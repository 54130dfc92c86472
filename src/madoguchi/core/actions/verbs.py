"""What can be done with a thing, what must be filled in, and running look-ups. Changes go through core.requests."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import STAFF, Actor, Role, allowed
from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.reading import counted, read
from madoguchi.core.actions.rules import Card, Effect, Refusal, TextCard
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible

_BY_ID = {About.CASE: "case_id", About.RETURN: "return_id", About.GIFT: "gift_id"}


class Offer(msgspec.Struct, frozen=True):
    """An action on a thing: possible, or refused with a reason and what is possible instead."""

    action: str
    subject: Subject
    refusal: Refusal | None


def find(catalogue: Catalogue, actor: Actor, name: str) -> Action:
    """The action, if it exists for the actor, and role and level allow it."""
    action = catalogue.actions.get(name)
    if action is None or not (action.need.customers or actor.role in {*action.need.staff, *STAFF, Role.SYSTEM}):
        raise Refused("unknown_action", 404)
    if not allowed(actor, action.need):
        raise Refused("identity_needed" if not actor.is_staff else "forbidden", 403, level=int(action.need.level))
    return action


def subject_of(action: Action, actor: Actor, raw: Mapping[str, Any]) -> Subject | None:
    """What plain arguments are about; a customer's own things need not say whose they are."""
    if action.about is None:
        return None
    if action.about in {About.ORDER, About.PARCEL}:
        return Subject(action.about, _id(raw.get("order_id")), str(raw.get("parcel_ref", "")))
    if action.about in _BY_ID:
        return Subject(action.about, _id(raw.get(_BY_ID[action.about])))
    owner = _id(raw.get("customer_id", actor.id))
    if owner != actor.id and not actor.may_see(owner):
        raise invisible()
    return Subject(action.about, owner, str(raw.get("subscription_ref", "")))


async def fields(
    tx: Tx, actor: Actor, action: Action, subject: Subject, given: Mapping[str, Any] | None = None
) -> tuple[Field, ...]:
    """What must be filled in before the action can be quoted or done; nothing for most.

    All that can be asked; or, with what was `given` so far, what is to be asked then.
    """
    every = await action.form(tx, actor, subject) if action.form else ()
    return every if given is None else await _narrowed(tx, actor, action, subject, every, given)


async def _narrowed(
    tx: Tx, actor: Actor, action: Action, subject: Subject, every: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[Field, ...]:
    if action.narrow is None or not every:
        return every
    return await action.narrow(tx, actor, subject, every, counted(every, given))


async def arguments(tx: Tx, actor: Actor, action: Action, raw: Mapping[str, Any]) -> msgspec.Struct:
    """Typed arguments from plain ones, those of its form as its fields ask for them now.

    What is given though it is not asked for is understood too; whether it may be, the action itself tells.
    Refused: as reading.read; invalid_arguments names the first that is wrong beside the form.
    """
    subject = subject_of(action, actor, raw)
    if subject:
        every = await fields(tx, actor, action, subject)
        asked = await _narrowed(tx, actor, action, subject, every, raw)
        names = {field.name for field in asked}
        unasked = [field for field in every if field.name not in names and raw.get(field.name)]
        rest = {name: value for name, value in raw.items() if all(field.name != name for field in every)}
        raw = rest | subject.arguments | read([*asked, *unasked], raw)
    try:
        return msgspec.convert(raw, action.arguments, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("invalid_arguments", detail=str(error)) from error


async def beforehand(
    tx: Tx, catalogue: Catalogue, actor: Actor, action: Action, subject: Subject, filled_in: Mapping[str, Any]
) -> tuple[Mapping[str, Any], TextCard | None]:
    """What a look-up tells before an action is done, and what of the form it goes by; nothing where there is none.

    Refused: as reading.read for what the look-up asks for.
    """
    if action.first is None:
        return {}, None
    asked = await fields(tx, actor, catalogue.actions[action.first], subject)
    given = {field.name: filled_in.get(field.name) for field in asked}
    card = await run(tx, catalogue, actor, action.first, subject.arguments | given)
    return given, card if isinstance(card, TextCard) and card.lines else None


async def run(tx: Tx, catalogue: Catalogue, actor: Actor, name: str, raw: Mapping[str, Any]) -> Card:
    """Do a look-up or a harmless act and give its card."""
    action = find(catalogue, actor, name)
    verb = action.read if action.effect is Effect.READ else action.act
    if verb is None:
        raise Refused("needs_quote", 409)
    return await verb(tx, actor, await arguments(tx, actor, action, raw))


async def offers(tx: Tx, catalogue: Catalogue, actor: Actor, subject: Subject) -> Sequence[Offer]:
    """What can be done with a thing now, and why not otherwise; nothing of what has nothing to do with it.

    The thing must be visible to the actor.
    """
    found = []
    for action in catalogue.actions.values():
        if action.offer and action.about is subject.about and allowed(actor, action.need):
            why_not = await action.offer(tx, actor, subject)
            if why_not is None or not why_not.unrelated:
                found.append(Offer(action.name, subject, why_not))
    return found


def _id(raw: Any) -> UUID:
    try:
        return UUID(str(raw))
    except ValueError as error:
        raise Refused("invalid_arguments", detail=str(error)) from error
