"""A claim on the guarantee and a return of the same goods: either way the money goes once, and neither ends unsaid."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from madoguchi.app import catalogue
from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.ledger.returning.events import ReturnNeedless
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.shop import mirror
from madoguchi.kit import clock, events, jobs
from madoguchi.kit.db import Database
from madoguchi.kit.errors import Refused
from madoguchi.kit.events import Happened
from madoguchi.kit.security import Vault
from madoguchi.service.guarantee import claiming
from madoguchi.service.guarantee.rules import SellerAnswer, State
from madoguchi.service.returns.jobs import Settler
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ReturnState
from tests.service.guarantee.conftest import BOWLS, DAY, HOUR, Bazaar
from tests.service.orders.shop import SIGNER
from tests.service.returns.conftest import Yard

REFUND, REFUSE = SellerAnswer.REFUND, SellerAnswer.REFUSE


class Market(Bazaar):
    """Goods of sellers that are claimed, and sent back."""

    @property
    def yard(self) -> Yard:
        """Where goods come back."""
        return Yard(self.db, self.store_db, self.catalogue)

    async def returned(self, units: int, condition: str = "opened") -> Return:
        """The customer asks to send bowls back which they no longer want."""
        told = {"reason": "no_longer_needed", "condition": condition}
        return await self.yard.send_back(BOWLS, lines={"1": units}, **told)

    async def back(self, of: Return) -> ReturnState:
        """How far a return is now."""
        return (await self.yard.back(of.id)).state

    async def let_go(self) -> None:
        """What is about to be made good need not be sent, and is paid then."""
        settler = Settler(self.db, self.catalogue, SIGNER)
        await jobs.run_due(self.db, {"returns.let_go": jobs.Duty(settler.let_go, Happened)})
        with self.later(2 * HOUR):
            await self.pay()

    async def letters(self) -> list[str]:
        """What rooms told the customer by themselves, the oldest first."""
        query = "select arguments from jobs where name = 'told' order by id"
        told: list[dict[str, Any]] = await self.db.run(SYSTEM, lambda tx: tx.values(query))
        return [one["fact"]["template"] for one in told]

    async def inspected(self, of: Return) -> None:
        """The warehouse has the parcel in hand, looks at all of it, and finds it in order."""
        await self.yard.arrives(of)
        await self.yard.looked_at(of)

    async def rejected(self, of: Return) -> None:
        """The warehouse leaves all of it to a leader, who does not accept it."""
        await self.yard.arrives(of)
        await self.yard.looked_at(of, "back_to_customer", acceptance="rejected", why="damaged")
        leader = await self.hire(Role.LEADER)
        await self.yard.acts(leader, "return.review", return_id=of.id, answer="rejected", note="割れていました")

    async def sound(self) -> None:
        """All books agree, those of returns too."""
        await super().sound()
        await self.yard.in_order()


@pytest.fixture
async def market(shop_dbs: tuple[Database, Database], now: datetime) -> AsyncIterator[Market]:
    """Two bowls of a seller's, who was asked two days ago."""
    events.wire({ReturnNeedless: ["returns.let_go"], CustomerNews: ["told"]})
    found = Market(*shop_dbs, catalogue(Vault(bytes(32))))
    await found.contact()
    with clock.frozen(now + 48 * HOUR):
        await mirror.follow(found.db, found.store)
        yield found
    events.wire({})


async def given_back(market: Market) -> int:
    return sum(one.amount.amount for one in await market.intents(BOWLS))


async def worth(market: Market) -> int:
    order = await market.store.get_order(BOWLS)
    assert order
    return order.total.amount


async def test_a_seller_who_agrees_pays_for_what_was_not_sent_yet(market: Market) -> None:
    await market.claimed()
    back = await market.returned(2)
    of = await market.answer(await market.merchant(), REFUND, "")
    assert of.state is State.SELLER_RESOLVED
    await market.let_go()
    assert (await market.claim_on()).state is State.GRANTED
    assert await market.back(back) is ReturnState.CANCELLED
    assert await given_back(market) == await worth(market)
    assert "guarantee_waits" in await market.letters()
    await market.sound()


async def test_a_leader_can_grant_what_is_on_a_return(market: Market) -> None:
    await market.claimed()
    await market.answer(await market.merchant(), REFUSE)
    back = await market.returned(1)
    await market.approve(await market.hire(Role.LEADER), await market.decide(await market.hire(), "grant"))
    assert (await market.claim_on()).state is State.DUE
    await market.pay()
    await market.let_go()
    of = await market.claim_on()
    assert (of.state, of.counts) == (State.GRANTED, True)
    assert await market.back(back) is ReturnState.CANCELLED
    assert await given_back(market) == await worth(market)
    await market.sound()


async def test_what_is_on_its_way_is_paid_once_by_the_return(market: Market) -> None:
    await market.claimed()
    back = await market.returned(2)
    await market.yard.on_its_way(back)
    paid = await given_back(market)
    assert paid  # early: it is asked for again should the goods not be as told
    assert (await market.answer(await market.merchant(), REFUND, "")).state is State.SELLER_RESOLVED
    await market.let_go()
    assert (await market.claim_on()).state is State.SELLER_RESOLVED  # it waits, and nothing is lost
    await market.sound()
    await market.inspected(back)
    with market.later(5 * HOUR):
        assert (await market.pass_time()).state is State.OVERTAKEN
    assert await given_back(market) == paid
    assert (await market.letters())[-1] == "guarantee_overtaken"
    await market.sound()


async def test_a_claim_is_not_over_while_the_return_asks_for_its_money_again(market: Market) -> None:
    await market.claimed()
    back = await market.returned(2)
    await market.yard.on_its_way(back)
    await market.refund()
    await market.answer(await market.merchant(), REFUND, "")
    await market.rejected(back)
    with market.later(5 * HOUR):
        assert (await market.pass_time()).state is State.SELLER_RESOLVED
        await market.sound()


async def test_what_the_return_does_not_pay_the_guarantee_pays(market: Market) -> None:
    await market.claimed()
    back = await market.returned(2, condition="incomplete")
    await market.yard.on_its_way(back)
    await market.answer(await market.merchant(), REFUND, "")
    assert await given_back(market) == 0
    await market.rejected(back)
    with market.later(5 * HOUR):
        await market.pay()
        assert (await market.claim_on()).state is State.GRANTED
    assert await given_back(market) == await worth(market)
    await market.sound()


async def test_a_claim_ends_openly_once_all_was_made_good(market: Market) -> None:
    await market.claimed()
    await market.answer(await market.merchant(), REFUSE)
    back = await market.returned(2)
    await market.yard.on_its_way(back)
    await market.inspected(back)
    assert (await market.pass_time()).state is State.OVERTAKEN
    assert (await market.letters())[-1] == "guarantee_overtaken"
    await market.sound()


async def test_a_return_that_is_not_paid_in_time_can_be_claimed(market: Market) -> None:
    actor, order_id = await market.actor(BOWLS)
    back = await market.returned(1)
    with pytest.raises(Refused) as refused:
        await market.ask_for(lines={"1": 2})
    assert refused.value.code == "guarantee_returning"
    with pytest.raises(Refused) as refused:
        await market.ask_for(lines={"1": 2}, ground="not_refunded")
    assert refused.value.code == "guarantee_refund_due"
    await market.returned(1)
    about = Subject(About.ORDER, order_id)
    told = await market.db.run(actor, lambda tx: claiming.offer(tx, actor, about))
    assert told is not None
    assert told.code == "guarantee_refund_due"  # said before it is asked for, with the day
    with market.later(15 * DAY):
        of = await market.claimed(ground="not_refunded")
        assert of.state is State.WAITING_SELLER
        await market.answer(await market.merchant(), REFUND, "")
        await market.let_go()
        assert (await market.claim_on()).state is State.GRANTED
        assert await market.back(back) is ReturnState.CANCELLED
        assert await given_back(market) == await worth(market)
        await market.sound()
