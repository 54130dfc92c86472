"""What a customer has subscribed to, and what they hold with the shop, as sentences."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.rules import Said, TextCard, said
from madoguchi.core.shop.queries import customer_facts
from madoguchi.kit.db import Tx
from madoguchi.service.subscriptions.opening import Opening, known
from madoguchi.service.subscriptions.rules import next_plan


class OfCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose."""

    customer_id: UUID


async def subscriptions(tx: Tx, actor: Actor, arguments: OfCustomer) -> TextCard:
    """Each with its state and the next day that matters."""
    facts = await customer_facts(tx, actor, arguments.customer_id)
    lines = [told(await known(tx, actor, arguments.customer_id, one.ref)) for one in facts.subscriptions]
    return TextCard(lines=tuple(lines) or (Said("memberships.none"),))


async def balances(tx: Tx, actor: Actor, arguments: OfCustomer) -> TextCard:
    """What gift balance, points and the like hold now."""
    facts = await customer_facts(tx, actor, arguments.customer_id)
    lines = tuple(
        said("memberships.balance", name=method.label, balance=method.balance)
        for method in facts.methods
        if method.balance is not None
    )
    return TextCard(lines=lines or (Said("memberships.balance.none"),))


def told(opening: Opening) -> Said:
    """A subscription as one sentence."""
    one = opening.one
    if one.state == "ended":
        return said("memberships.told.ended", name=one.name)
    if one.state == "past_due":
        return said("memberships.told.past_due", name=one.name, price=one.price)
    if one.state == "ends_at_renewal" and one.renews_at:
        return said("memberships.told.ends", name=one.name, day=opening.local(one.renews_at))
    if (plan := next_plan(one)) and one.renews_at:
        day = opening.local(one.renews_at)
        return said("memberships.told.next_plan", name=one.name, day=day, plan=plan.name, price=plan.price)
    if one.next_delivery_at:
        return said("memberships.told.delivery", name=one.name, day=opening.local(one.next_delivery_at))
    if one.renews_at:
        return said("memberships.told.renews", name=one.name, day=opening.local(one.renews_at), price=one.price)
    return said("memberships.told", name=one.name)
