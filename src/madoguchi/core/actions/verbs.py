"""Running look-ups and harmless acts. Changes go through core.requests."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, allowed
from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.rules import Card, Effect, Refusal
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


class Offer(msgspec.Struct, frozen=True):
    """An action on an order: possible, or refused with a reason and what is possible instead."""

    action: str
    refusal: Refusal | None


def find(catalogue: Catalogue, actor: Actor, name: str) -> Action:
    """The action, if it exists and the actor's role and level allow it."""
    action = catalogue.actions.get(name)
    if action is None:
        raise Refused("unknown_action", 404)
    if not allowed(actor, action.need):
        raise Refused("identity_needed" if not actor.is_staff else "forbidden", 403, level=int(action.need.level))
    return action


def arguments(action: Action, raw: Mapping[str, Any]) -> msgspec.Struct:
    """Typed arguments from plain ones; Refused("invalid_arguments") names the first that is wrong."""
    try:
        return msgspec.convert(raw, action.arguments, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("invalid_arguments", detail=str(error)) from error


async def run(tx: Tx, catalogue: Catalogue, actor: Actor, name: str, raw: Mapping[str, Any]) -> Card:
    """Do a look-up or a harmless act and give its card."""
    action = find(catalogue, actor, name)
    verb = action.read if action.effect is Effect.READ else action.act
    if verb is None:
        raise Refused("needs_quote", 409)
    return await verb(tx, actor, arguments(action, raw))


async def offers(tx: Tx, catalogue: Catalogue, actor: Actor, order_id: UUID) -> Sequence[Offer]:
    """What can be done with an order now, and why not otherwise. The order must be visible to the actor."""
    found = []
    for action in catalogue.actions.values():
        if action.offer and (allowed(actor, action.need) or actor.is_staff):
            found.append(Offer(action.name, await action.offer(tx, actor, order_id)))
    return found
