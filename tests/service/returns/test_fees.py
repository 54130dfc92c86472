"""What is taken off what is given, and what sending it cost: never at the cost of who is not at fault."""

from datetime import timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.service.returns import queries
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import BOWLS, COFFEE, DRINKS, paid

LOST = timedelta(days=22)


@pytest.fixture
def careful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is paid before the goods were looked at."""
    monkeypatch.setattr("madoguchi.service.returns.agreeing.trusted", lambda of, units, at: False)


@pytest.mark.usefixtures("careful")
async def test_what_the_carrier_loses_is_paid_without_fees(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened", method="code")
    assert of.postage
    await yard.on_its_way(of)
    await yard.time_passes(LOST)
    assert await paid(yard, DRINKS) == 2160
    await yard.in_order()


async def test_a_fee_that_was_taken_early_is_given_back_for_what_is_lost(yard: Yard) -> None:
    of = await yard.send_back(COFFEE, lines={"1": 2}, reason="mistake", condition="unopened", method="code")
    await yard.on_its_way(of)
    assert await paid(yard, COFFEE) == 3780 - of.postage < 3780
    await yard.time_passes(LOST)
    assert await paid(yard, COFFEE) == 3780
    assert (await yard.back(of.id)).state == "lost"
    taken = await yard.db.run(SYSTEM, lambda tx: queries.fees_of(tx, of.id))
    assert taken == {"return_postage": 0}
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_what_sending_it_cost_is_given_back_also_when_all_of_it_is_lost(yard: Yard) -> None:
    of = await yard.send_back(BOWLS, lines={"1": 2}, reason="damaged")
    await yard.on_its_way(of)
    await yard.time_passes(LOST)
    assert await paid(yard, BOWLS) == 4840 + 550
    await yard.in_order()


async def test_what_sending_it_cost_is_given_back_when_the_rest_was_claimed_before(yard: Yard) -> None:
    actor, order_id = await yard.actor(BOWLS)
    await yard.agree(BOWLS, await yard.quote(actor, order_id, "item.refund", lines={"1": 1}, problem="damaged"))
    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="damaged")
    await yard.arrives(of)
    await yard.looked_at(of)
    assert await paid(yard, BOWLS) == 4840 + 550
    await yard.in_order()
