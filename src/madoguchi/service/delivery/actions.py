"""What this room can do, for the catalogue."""

from collections.abc import Awaitable, Callable
from typing import Any

from madoguchi.core.access.rules import Actor, Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Draft, Effect, Wish
from madoguchi.core.carriers.port import CarrierPort
from madoguchi.core.shop.port import Operation
from madoguchi.kit.db import Tx
from madoguchi.service.delivery import instruction, pickup, redelivery, redirection, settling

Drafts = Callable[[Tx, Actor, Any], Awaitable[Draft]]
Carries = Callable[[CarrierPort, Wish], Awaitable[Operation]]


def _carried(draft: Drafts, carry: Carries) -> Change:
    return Change(draft=draft, begin=settling.begin, perform=None, carry=carry, settle=settling.settle)


ACTIONS = (
    Action(
        name="delivery.redeliver",
        effect=Effect.CHANGE,
        arguments=redelivery.Redeliver,
        need=Need(Level.PROVEN),
        reason="delivery.redelivery",
        about=About.PARCEL,
        form=redelivery.form,
        offer=redelivery.offer,
        change=_carried(redelivery.draft, redelivery.carry),
    ),
    Action(
        name="delivery.instruct",
        effect=Effect.CHANGE,
        arguments=instruction.Instruct,
        need=Need(Level.PROVEN),
        reason="delivery.instructions",
        about=About.PARCEL,
        form=instruction.form,
        offer=instruction.offer,
        change=_carried(instruction.draft, instruction.carry),
    ),
    Action(
        name="delivery.redirect",
        effect=Effect.CHANGE,
        arguments=redirection.Redirect,
        need=Need(Level.PROVEN),
        also=("order.change_address",),
        about=About.PARCEL,
        form=redirection.form,
        offer=redirection.offer,
        change=_carried(redirection.draft, redirection.carry),
    ),
    Action(
        name="return.pickup",
        effect=Effect.CHANGE,
        arguments=pickup.PickUp,
        need=Need(Level.PROVEN),
        reason="return.pickup",
        about=About.RETURN,
        things=pickup.things,
        form=pickup.form,
        offer=pickup.offer,
        change=_carried(pickup.draft, pickup.carry),
    ),
)
