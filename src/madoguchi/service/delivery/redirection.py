"""Another address, once the parcel is with the carrier."""

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.addresses import written
from madoguchi.core.actions.fields import Field, FieldKind, Subject, why_not
from madoguchi.core.actions.rules import Draft, Fact, Refusal, Said, Wish
from madoguchi.core.carriers.port import Ability, CarrierPort
from madoguchi.core.policy.decisions import ChangeDecision, Denied, Verdict
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import about_change
from madoguchi.core.policy.rules import decide_change
from madoguchi.core.shop.port import Address, Operation
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.delivery.opening import Opening, ParcelOf, carried, open_for, seen, too_late
from madoguchi.service.delivery.settling import Arrangement, plan_of


class Redirect(ParcelOf, frozen=True, forbid_unknown_fields=True):
    """Which parcel goes where."""

    address: Address


class RedirectPlan(Arrangement, frozen=True, kw_only=True):
    """Where to."""

    address: Address


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The address, filled in as it is now."""
    order, parcel = await seen(tx, actor, subject.id, subject.ref)
    told = await carried(tx, parcel.carrier, parcel.tracking_number)
    now = (told.tracked.agreed.address if told else None) or order.document.address
    return (Field(name="address", kind=FieldKind.ADDRESS, default=msgspec.to_builtins(now)),)


async def draft(tx: Tx, actor: Actor, arguments: Redirect) -> Draft:
    """Where it would go; Refused also for the same address and for another country."""
    opening, decision = await opened(tx, actor, arguments)
    old, new = opening.tracked.agreed.address or opening.order.document.address, arguments.address
    if new == old:
        raise Refused("address_same", 409)
    if new.country != old.country:
        raise Refused("address_country", 409, alternatives=("delivery.instructions", "service.human"))
    facts = (
        Fact(Said("delivery.fact.address"), written(new)),
        Fact(Said("delivery.fact.address.before"), written(old)),
        Fact(Said("delivery.fact.arrives"), Said("delivery.redirect.later")),
    )
    return opening.draft("delivery.redirect.title", facts, {"address": new}, decision)


async def carry(carrier: CarrierPort, wish: Wish) -> Operation:
    """Ask the carrier, under the request's key."""
    plan = plan_of(wish, RedirectPlan)
    return await carrier.redirect(str(wish.id), plan.number, plan.address)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether the carrier can still be asked for it."""
    return await why_not(opened(tx, actor, ParcelOf(subject.id, subject.ref)))


async def opened(tx: Tx, actor: Actor, of: ParcelOf) -> tuple[Opening, ChangeDecision]:
    """The parcel, when the shop's rules let it be sent on and the carrier still can.

    Refused as `open_for`, Denied with the rule's reason, and carrier_too_late.
    """
    opening = await open_for(tx, actor, of, Ability.REDIRECT)
    pack = await rules_of(tx, opening.order.store_id)
    wish = about_change(ChangeWish.ADDRESS, opening.order.document, tx.now, opening.line_refs)
    decision = decide_change(pack, wish)
    if decision.verdict is not Verdict.ALLOW:
        raise Denied(decision)
    until = opening.tracked.redirect_by
    if until is None or until <= tx.now:
        raise too_late()
    return opening, decision
