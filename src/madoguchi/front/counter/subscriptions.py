"""What a customer has subscribed to: the next day, the price, and the ways to change or end it."""

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject, words
from madoguchi.core.shop.port import Subscription
from madoguchi.core.shop.queries import customer_facts
from madoguchi.front.counter.orders import OfferView, offer_view
from madoguchi.front.counter.page import page
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.subscriptions.rules import interval, next_plan


class SubscriptionView(msgspec.Struct, frozen=True):
    """A subscription in the reader's words; nothing can be done with one that has ended."""

    name: str
    ended: bool
    facts: tuple[tuple[str, str], ...]
    offers: tuple[OfferView, ...]


@get("/subscriptions", access=KNOWN_CUSTOMERS)
async def subscriptions(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """All of them, those that go on first."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[SubscriptionView]:
        assert actor.id
        found = []
        facts = await customer_facts(tx, actor, actor.id)
        for one in sorted(facts.subscriptions, key=lambda one: one.state == "ended"):
            thing = Subject(About.SUBSCRIPTION, actor.id, one.ref)
            offers = await actions.offers(tx, services.catalogue, actor, thing)
            found.append(
                SubscriptionView(
                    name=one.name,
                    ended=one.state == "ended",
                    facts=_facts(one, visitor.reader),
                    offers=tuple(offer_view(offer, visitor.reader) for offer in offers),
                )
            )
        return found

    return page(request, services, visitor, "subscriptions.html", subscriptions=await services.db.run(actor, work))


def _facts(one: Subscription, reader: Reader) -> tuple[tuple[str, str], ...]:
    t = reader.t
    if one.state == "ended":
        return ()
    facts = [
        (t("counter.subscriptions.price"), reader.money(one.price)),
        (t("counter.subscriptions.interval"), words(interval(one.interval), reader)),
    ]
    if one.state == "past_due":
        return ((t("counter.subscriptions.renews"), t("memberships.past_due")), *facts)
    if plan := next_plan(one):
        facts.append((t("memberships.next_plan"), f"{plan.name} {reader.money(plan.price)}"))
    if one.next_delivery_at:
        return ((t("counter.subscriptions.next_delivery"), reader.date(one.next_delivery_at)), *facts)
    if one.renews_at and one.state == "active":
        return ((t("counter.subscriptions.renews"), reader.date(one.renews_at)), *facts)
    return ((t("counter.subscriptions.ends"), reader.date(one.renews_at)), *facts) if one.renews_at else tuple(facts)
