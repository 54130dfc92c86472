"""A customer, a seller of the marketplace, and those of the staff who decide; time passes when a test says so."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from madoguchi.app import catalogue
from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.rules import TextCard
from madoguchi.core.people.sellers.queries import Seller, seller_by_ref
from madoguchi.core.people.sellers.verbs import add_person
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.shop import mirror
from madoguchi.core.threads import verbs as threads
from madoguchi.core.threads.rules import Topic, Wanted
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Database
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.security import Vault
from madoguchi.service.guarantee import queries
from madoguchi.service.guarantee.answering import answer
from madoguchi.service.guarantee.jobs import Keeper
from madoguchi.service.guarantee.rules import Claim, SellerAnswer
from madoguchi.service.guarantee.verbs import PAY, Pay
from tests.service.goodwill.desk import Desk
from tests.service.orders.shop import SIGNER

BOWLS = "MD-10233871"  # rice bowls of a seller, delivered, by card
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Bazaar(Desk):
    """Orders of marketplace sellers, and what is said about them."""

    async def seller(self, ref: str = BOWLS) -> Seller:
        """Who sold an order."""
        order = await self.store.get_order(ref)
        assert order
        assert order.seller
        told = order.seller.ref
        found = await self.db.run(SYSTEM, lambda tx: seller_by_ref(tx, DEMO.id, told))
        assert found
        return found

    async def merchant(self, ref: str = BOWLS) -> Actor:
        """Somebody who answers for the seller of an order."""
        seller = await self.seller(ref)
        email = f"{ids.uuid7()}@sellers.example"
        person = await self.db.run(
            SYSTEM, lambda tx: add_person(tx, seller_id=seller.id, email=email, name="山田 太郎", locale="ja")
        )
        return Actor(role=Role.SELLER, id=person, seller_id=seller.id, locale="ja", store_id=DEMO.id)

    async def contact(self, ref: str = BOWLS, topic: Topic = Topic.RETURN, text: str = "返品したいのですが") -> UUID:
        """The customer asks the seller; the case."""
        actor, order_id = await self.actor(ref)
        assert actor.id
        owner, seller = actor.id, await self.seller(ref)
        about = threads.About(store_id=DEMO.id, order_id=order_id)
        asked = await self.db.run(
            actor, lambda tx: threads.ask(tx, actor, owner, seller, about, topic, Wanted.REFUND, text)
        )
        return asked.case_id

    async def ask_for(self, ref: str = BOWLS, **more: Any) -> Quote:
        """What claiming the guarantee for all of an order would be."""
        actor, order_id = await self.actor(ref)
        given = {"ground": "not_as_described", "note": "色が写真と違います"} | more
        return await self.quote(actor, order_id, "guarantee.claim", **given)

    async def claimed(self, ref: str = BOWLS, **more: Any) -> Claim:
        """The same, confirmed and worked on."""
        await self.agree(ref, await self.ask_for(ref, **more))
        return await self.claim_on(ref)

    async def claim_on(self, ref: str = BOWLS) -> Claim:
        """The claim as it is now."""
        _, order_id = await self.actor(ref)
        found = await self.db.run(SYSTEM, lambda tx: queries.claim_of_order(tx, SYSTEM, order_id))
        assert found
        return found

    async def answer(self, merchant: Actor, said: SellerAnswer, words: str = "写真どおりの品です") -> Claim:
        """The seller answers; what needs nobody's word is paid."""
        of = await self.claim_on()
        await self.db.run(merchant, lambda tx: answer(tx, merchant, of.id, said, words))
        await self.pay()
        return await self.claim_on()

    async def pass_time(self) -> Claim:
        """The clocks are looked at, and what they say happens."""
        await Keeper(self.db, self.catalogue, SIGNER).sweep(Nothing())
        await self.pay()
        return await self.claim_on()

    async def pay(self) -> None:
        """Let the worker pay what is due."""
        keeper = Keeper(self.db, self.catalogue, SIGNER)
        await jobs.run_due(self.db, {PAY: jobs.Duty(keeper.pay, Pay)})
        await self.work()

    async def decide(self, actor: Actor, verdict: str, liability: str = "seller") -> Request:
        """One of the staff decides; nothing is done until somebody agrees."""
        _, order_id = await self.actor(BOWLS)
        note = "双方のお話を確認しました"
        quote = await self.quote(actor, order_id, "guarantee.decide", verdict=verdict, liability=liability, note=note)
        return await self.confirm(actor, quote)

    async def sound(self) -> None:
        """Everything adds up, and what was granted was paid once."""
        await super().sound()
        for check in (queries.mispaid, queries.left_lying):
            assert await self.db.run(SYSTEM, check) == []

    async def do(self, actor: Actor, action: str, **more: Any) -> TextCard:
        """Something that is done at once."""
        _, order_id = await self.actor(BOWLS)
        card = await self.db.run(
            actor, lambda tx: actions.run(tx, self.catalogue, actor, action, {"order_id": str(order_id)} | more)
        )
        assert isinstance(card, TextCard)
        return card


@pytest.fixture
def bazaar(shop_dbs: tuple[Database, Database]) -> Bazaar:
    return Bazaar(*shop_dbs, catalogue(Vault(bytes(32))))


@pytest.fixture
async def asked(bazaar: Bazaar, now: datetime) -> AsyncIterator[Bazaar]:
    """The seller was asked two days ago and a return with it, so that the guarantee can be claimed."""
    await bazaar.contact()
    with clock.frozen(now + 48 * HOUR):
        await mirror.follow(bazaar.db, bazaar.store)
        yield bazaar
