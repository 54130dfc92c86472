"""Limits of trust and good faith count what was agreed to before, also in between a quote and its confirmation."""

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.requests.queries import Quote, RequestState
from madoguchi.kit.errors import Refused
from madoguchi.service.returns.rules import ReturnState
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import BOWLS, CLOTHES, COFFEE, DRINKS, paid

FAULTY = {"reason": "defective", "condition": "unopened"}


async def quoted(yard: Yard, ref: str, line: str, units: int) -> Quote:
    actor, order_id = await yard.actor(ref)
    return await yard.quote(actor, order_id, "order.return", lines={line: units}, **FAULTY)


async def test_more_is_not_promised_in_advance_by_quoting_side_by_side(yard: Yard) -> None:
    """Two may be open at most."""
    quotes = {ref: await quoted(yard, ref, line, 2) for ref, line in ((CLOTHES, "2"), (COFFEE, "1"), (BOWLS, "1"))}
    assert [quote.draft.plan["refund_on"] for quote in quotes.values()] == ["first_scan"] * 3
    *two, last = quotes
    for ref in two:
        assert (await yard.back((await yard.agree(ref, quotes[ref])).id)).refund_on == "first_scan"
    actor, _ = await yard.actor(last)
    with pytest.raises(Refused, match="order_changed"):
        await yard.confirm(actor, quotes[last])
    assert (await quoted(yard, last, "1", 2)).draft.plan["refund_on"] == "inspected"


async def test_what_need_not_come_back_is_believed_as_often_as_claims_are(yard: Yard) -> None:
    """Then the goods are asked for; one by one is no way around it, nor is quoting first."""
    waiting = await quoted(yard, DRINKS, "1", 1)
    for _ in range(3):
        request = await yard.agree(DRINKS, await quoted(yard, DRINKS, "1", 1))
        assert (await yard.back(request.id)).state is ReturnState.KEPT
    actor, _ = await yard.actor(DRINKS)
    with pytest.raises(Refused, match="order_changed"):
        await yard.confirm(actor, waiting)
    request = await yard.agree(DRINKS, await quoted(yard, DRINKS, "1", 1))
    assert (await yard.back(request.id)).state is ReturnState.APPROVED
    assert await paid(yard, DRINKS) == 3 * 1180
    await yard.in_order()


async def test_claims_and_goods_that_need_not_come_back_count_together(yard: Yard) -> None:
    """Whoever was believed twice in a claim is believed once more, in either way."""
    actor, order_id = await yard.actor(DRINKS)
    claimed = {"lines": {"1": 1}, "problem": "damaged"}
    for _ in range(2):
        await yard.agree(DRINKS, await yard.quote(actor, order_id, "item.refund", **claimed))
    more = await yard.quote(actor, order_id, "item.refund", **claimed)
    request = await yard.agree(DRINKS, await quoted(yard, DRINKS, "1", 1))
    assert (await yard.back(request.id)).state is ReturnState.KEPT
    with pytest.raises(Refused, match="order_changed"):
        await yard.confirm(actor, more)
    with pytest.raises(Refused, match="photo_missing"):
        await yard.quote(actor, order_id, "item.refund", **claimed)
    assert not (await quoted(yard, DRINKS, "1", 1)).draft.plan["kept"]
    await yard.in_order()


async def test_what_came_to_nothing_does_not_count(yard: Yard) -> None:
    actor, order_id = await yard.actor(DRINKS)
    await yard.store_db.run(SYSTEM, lambda tx: tx.execute("update variants set stock = 0 where shop_id = 'demo'"))
    for _ in range(3):
        again = await yard.quote(actor, order_id, "item.replace", lines={"1": 1}, problem="damaged")
        assert (await yard.agree(DRINKS, again)).state is RequestState.FAILED
    request = await yard.agree(DRINKS, await quoted(yard, DRINKS, "1", 1))
    assert (await yard.back(request.id)).state is ReturnState.KEPT
    await yard.in_order()
