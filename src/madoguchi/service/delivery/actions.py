"""What this room can do, for the catalogue."""

from typing import Any, Protocol

import msgspec

from madoguchi.core.access.rules import Actor, Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import Draft, Effect, Refusal, Wish
from madoguchi.core.carriers.port import CarrierPort
from madoguchi.core.shop.port import Operation
from madoguchi.kit.db import Tx
from madoguchi.service.delivery import instruction, options, pickup, redelivery, redirection, settling
from madoguchi.service.delivery.opening import ParcelOf

_CUSTOMERS = Need(Level.PROVEN)


class _Arranging(Protocol):
    """What each module of this room has, for its one thing to arrange."""

    async def form(self, tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]: ...
    async def offer(self, tx: Tx, actor: Actor, subject: Subject) -> Refusal | None: ...
    async def draft(self, tx: Tx, actor: Actor, arguments: Any) -> Draft: ...
    async def carry(self, carrier: CarrierPort, wish: Wish) -> Operation: ...


def _parcel(
    name: str,
    of: _Arranging,
    arguments: type[msgspec.Struct],
    reason: str | None = None,
    also: tuple[str, ...] = (),
) -> Action:
    return Action(
        name=name,
        effect=Effect.CHANGE,
        arguments=arguments,
        need=_CUSTOMERS,
        reason=reason,
        also=also,
        about=About.PARCEL,
        form=of.form,
        offer=of.offer,
        change=_carried(of),
    )


def _carried(of: _Arranging) -> Change:
    return Change(draft=of.draft, begin=settling.begin, perform=None, carry=of.carry, settle=settling.settle)


ACTIONS = (
    Action(
        name="delivery.options",
        effect=Effect.READ,
        arguments=ParcelOf,
        need=_CUSTOMERS,
        also=("delivery.redelivery", "delivery.instructions"),
        about=About.PARCEL,
        offer=options.offer,
        read=options.show,
    ),
    _parcel("delivery.redeliver", redelivery, redelivery.Redeliver, "delivery.redelivery"),
    _parcel("delivery.instruct", instruction, instruction.Instruct, "delivery.instructions"),
    _parcel("delivery.redirect", redirection, redirection.Redirect, also=("order.change_address",)),
    Action(
        name="return.pickup",
        effect=Effect.CHANGE,
        arguments=pickup.PickUp,
        need=_CUSTOMERS,
        reason="return.pickup",
        about=About.RETURN,
        things=pickup.things,
        form=pickup.form,
        offer=pickup.offer,
        change=_carried(pickup),
    ),
)
