"""Limits of trust and good faith count what was agreed to before, also in between a quote and its confirmation."""

import pytest

from madoguchi.core.requests.queries import Quote
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
