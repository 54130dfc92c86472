"""The form of `order.return` screen by screen: which fields still matter after what was filled in on earlier ones."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field
from madoguchi.core.policy.decisions import ReturnDecision
from madoguchi.core.policy.pack import Fault, ReturnReason
from madoguchi.kit.db import Tx
from madoguchi.service.returns.eligibility import Told, basis, decide
from madoguchi.service.returns.rules import Condition

PHOTO = "photo"


class Screen(StrEnum):
    """The screens, in their order."""

    ITEMS = "items"
    REASON = "reason"
    OUTCOME = "outcome"


_FIELDS = {Screen.ITEMS: ("lines",), Screen.REASON: ("reason", "condition", "photos")}


def fields_on(screen: Screen, fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields of a screen; what belongs to no earlier one is asked for on the last."""
    if screen is Screen.OUTCOME:
        earlier = {name for names in _FIELDS.values() for name in names}
        return tuple(field for field in fields if field.name not in earlier)
    return tuple(field for field in fields if field.name in _FIELDS[screen])


def screen_of(field: str) -> Screen:
    """Where a field is asked for."""
    return next((screen for screen, names in _FIELDS.items() if field in names), Screen.OUTCOME)


async def decided(
    tx: Tx, actor: Actor, order_id: UUID, given: Mapping[str, Any], *, evidence: bool
) -> list[ReturnDecision]:
    """What the rules say to what was told so far, line by line; nothing before it is told why. Refused as `basis`."""
    lines, reason = given.get("lines"), given.get("reason")
    if not lines or not reason:
        return []
    of = await basis(tx, actor, order_id)
    told = Told(
        reason=ReturnReason(reason),
        condition=Condition(given.get("condition") or Condition.UNOPENED),
        evidence=evidence,
    )
    return [decide(of, ref, units, told, tx.now, trusted=False) for ref, units in lines.items() if of.left.get(ref)]


def narrowed(fields: Sequence[Field], decisions: Sequence[ReturnDecision]) -> tuple[Field, ...]:
    """The fields that matter: a photo only where it is asked for, other goods only for a fault, ways that there are."""
    kept = (_narrow(field, decisions) for field in fields)
    return tuple(field for field in kept if field)


def _narrow(field: Field, decisions: Sequence[ReturnDecision]) -> Field | None:
    match field.name:
        case "photos":
            asked = any(PHOTO in one.asks for one in decisions)
            return msgspec.structs.replace(field, required=True) if asked else None
        case "condition":  # what is wrong with it anyway need not be told twice
            return msgspec.structs.replace(field, required=not decisions or _wished(decisions))
        case "wish":
            return None if _wished(decisions) else field
        case "method":
            return _ways_back(field, [one for one in decisions if not one.keep])
    return field


def _wished(decisions: Sequence[ReturnDecision]) -> bool:
    """Whether it comes back because the customer wishes it."""
    return any(one.fault is Fault.CUSTOMER for one in decisions)


def _ways_back(field: Field, coming: Sequence[ReturnDecision]) -> Field | None:
    """Only what holds for all that comes back in one parcel; nothing to choose where it is one way, or none."""
    options = tuple(option for option in field.options if all(option.value in one.methods for one in coming))
    if not coming or len(options) < 2:
        return None
    return msgspec.structs.replace(field, options=options, required=True, default=options[0].value)
