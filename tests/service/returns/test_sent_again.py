"""Goods that were sent in place of faulty ones and are faulty too."""

from datetime import timedelta
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.core.shop.queries import orders_of
from madoguchi.kit.errors import Refused
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import BOWLS

FAULTY = {"lines": {"1": 1}, "reason": "defective", "condition": "unopened"}


async def sent_again(yard: Yard) -> UUID:
    """The order with the goods that were sent again."""
    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="damaged", wish="replacement")
    await yard.arrives(of)
    await yard.looked_at(of, disposition="discard")
    with yard.later(timedelta(days=9)):
        await yard.pass_on()
    owner = await yard.owner(BOWLS)
    orders = await yard.db.run(SYSTEM, lambda tx: orders_of(tx, owner, limit=100))
    return next(order.id for order in orders if order.document.replaces)


async def test_they_are_not_refunded_by_nothing_but_by_a_person(yard: Yard) -> None:
    order_id = await sent_again(yard)
    actor, _ = await yard.actor(BOWLS)
    with yard.later(timedelta(days=9)), pytest.raises(Refused, match="return_nothing_paid") as refused:
        await yard.quote(actor, order_id, "order.return", **FAULTY)
    assert refused.value.parameters["alternatives"] == ("service.human",)


async def test_to_the_rules_they_are_worth_what_the_first_ones_cost(yard: Yard) -> None:
    """Else all that is sent again would be worth so little that it need not come back."""
    order_id = await sent_again(yard)
    actor, _ = await yard.actor(BOWLS)
    with yard.later(timedelta(days=9)):
        quote = await yard.quote(actor, order_id, "order.return", **FAULTY, wish="replacement")
    (part,) = quote.draft.plan["parts"]
    assert quote.draft.decision
    assert isinstance(quote.draft.decision.question, ReturnQuestion)
    assert (part["keep"], quote.draft.decision.question.amount) == (False, 2420)
