"""The form of `order.return` screen by screen, and what is told before the next one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field
from madoguchi.core.policy.decisions import Denied
from madoguchi.kit.db import Tx
from madoguchi.service.returns.eligibility import basis
from madoguchi.service.returns.narrowing import PHOTO, decided


class Screen(StrEnum):
    """The screens, in their order."""

    ITEMS = "items"
    REASON = "reason"
    OUTCOME = "outcome"


_FIELDS = {Screen.ITEMS: ("lines",), Screen.REASON: ("reason", "condition", "photos")}


def screen_of(field: str) -> Screen:
    """Where a field is asked for; what belongs to no earlier screen is on the last."""
    return next((screen for screen, names in _FIELDS.items() if field in names), Screen.OUTCOME)


def asked_on(screen: Screen, fields: Sequence[Field]) -> tuple[Field, ...]:
    """What a screen asks; for a photo only where the rules do."""
    here = (field for field in fields if screen_of(field.name) is screen)
    return tuple(field for field in here if field.required or field.name != "photos")


async def check_told(tx: Tx, actor: Actor, order_id: UUID, given: Mapping[str, Any]) -> None:
    """Denied where the rules do not allow what was told: before anything else is asked. Refused as `basis`."""
    of = await basis(tx, actor, order_id)
    for one in decided(of, given, given["lines"], tx.now, evidence=bool(given.get("photos")) or actor.is_staff):
        if not one.allowed:
            raise Denied(one, "photos" if PHOTO in one.asks else None)
