"""What the form of a return asks after what was told so far: nothing that follows from it is asked before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.policy.decisions import ReturnDecision
from madoguchi.core.policy.pack import Fault, Method, Payer, ReturnReason
from madoguchi.kit.money import Money
from madoguchi.service.returns.eligibility import Basis, Told, decide
from madoguchi.service.returns.rules import Condition, Wish

PHOTO = "photo"
_FOLLOW = frozenset({"wish", "method"})


def narrowed(
    of: Basis,
    actor: Actor,
    fields: Sequence[Field],
    given: Mapping[str, Any],
    units: Mapping[str, int],
    at: datetime,
    *,
    free: bool = False,
) -> tuple[Field, ...]:
    """The fields that matter for these units: photos where the rules ask for them, other goods only for a fault, ways
    that there are (with `free`, those that cost nothing), and where money goes only where money does.
    """
    if all(field.name != "reason" for field in fields):
        return tuple(fields)
    told = decided(of, given, units, at, evidence=actor.is_staff)
    if not told:
        return tuple(field for field in fields if field.name not in _FOLLOW)
    shown = _Shown(
        of=of,
        photo=any(PHOTO in one.asks for one in told),
        decisions=decided(of, given, units, at, evidence=True),
        replaced=given.get("wish") == Wish.REPLACEMENT,
        free=free,
    )
    return tuple(kept for field in fields if (kept := shown.narrow(field)))


def decided(
    of: Basis, given: Mapping[str, Any], units: Mapping[str, int], at: datetime, *, evidence: bool
) -> list[ReturnDecision]:
    """What the rules say to what was told so far, line by line; nothing before it is told what comes back, and why."""
    if not given.get("reason"):
        return []
    told = Told(
        reason=ReturnReason(given["reason"]),
        condition=Condition(given.get("condition") or Condition.UNOPENED),
        evidence=evidence,
    )
    return [decide(of, ref, count, told, at, trusted=False) for ref, count in units.items() if of.left.get(ref)]


class _Shown(msgspec.Struct, frozen=True):
    """What the rules say once photos are shown, and whether they ask for them."""

    of: Basis
    photo: bool
    decisions: Sequence[ReturnDecision]
    replaced: bool
    free: bool

    def narrow(self, field: Field) -> Field | None:
        """A field as it is asked now; None when it does not matter."""
        match field.name:
            case "photos":
                return msgspec.structs.replace(field, required=self.photo)
            case "condition":  # what is wrong with it anyway need not be told twice
                return msgspec.structs.replace(field, required=self._wished)
            case "wish":
                return None if self._wished else field
            case "method":
                return self._ways_back(field)
            case "refund_to":
                return None if self.replaced else field
        return field

    @property
    def _wished(self) -> bool:
        """Whether it comes back because the customer wishes it."""
        return any(one.fault is Fault.CUSTOMER for one in self.decisions)

    def _ways_back(self, field: Field) -> Field | None:
        """The ways for all that comes back in one parcel; nothing to choose where it is one, or none."""
        coming = [one for one in self.decisions if not one.keep]
        known = {option.value: option for option in field.options}
        options = tuple(
            msgspec.structs.replace(known[way], note=self._cost(way, coming))
            for way in common_ways(coming)
            if not (self.free and postage(way, coming))
        )
        if len(options) < 2:
            return None
        way = msgspec.structs.replace(field, options=options, unknown="return_method")
        return msgspec.structs.replace(way, required=True, default=options[0].value)

    def _cost(self, way: Method, coming: Sequence[ReturnDecision]) -> Said:
        """Who pays for a way, and how much of it is taken off."""
        if off := postage(way, coming):
            return said("returns.method.costs", amount=Money(off, self.of.document.currency))
        ours = all(one.postage is Payer.SHOP for one in coming)
        return Said("returns.method.free" if ours else "returns.method.yours")


def common_ways(coming: Sequence[ReturnDecision]) -> tuple[Method, ...]:
    """How all of it can come back in one parcel, as the rules order it."""
    first = coming[0].methods if coming else ()
    return tuple(way for way in first if all(way in one.methods for one in coming))


def postage(way: Method | None, coming: Sequence[ReturnDecision]) -> int:
    """What a way takes off the refund, in minor units."""
    return max((one.postage_by(way) for one in coming), default=0) if way else 0
