"""What comes of an objection: it is paid, or refused with a reason, and never left lying."""

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.kit.errors import Refused
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ReturnState
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import DRINKS, paid, state

BACK = {"reason": "mistake", "condition": "unopened"}


async def objects(yard: Yard, of: Return) -> None:
    actor, _ = await yard.actor(DRINKS)
    await yard.acts(actor, "return.appeal", return_id=of.id, note="2つ入れました")


async def answers(yard: Yard, of: Return, answer: str) -> None:
    await yard.acts(await yard.worker(Role.LEADER), "return.review", return_id=of.id, answer=answer, note="記録を確認")


@pytest.mark.parametrize("missing", ["short", "wrong_item"])
async def test_what_was_not_in_the_parcel_can_be_granted_and_is_paid(yard: Yard, missing: str) -> None:
    of = await yard.send_back(DRINKS, lines={"1": 2}, **BACK)
    first, second = await yard.units(of.id)
    await yard.arrives(of, units={first.id: "received", second.id: missing})
    await yard.looked_at(of)
    assert await paid(yard, DRINKS) == 1180
    await objects(yard, of)
    await answers(yard, of, "accepted")
    assert await paid(yard, DRINKS) == 2360
    assert await state(yard, of) is ReturnState.SETTLED
    held = (await yard.held(DRINKS))["1"]
    assert (held.returned, held.kept, held.return_open) == (1, 1, 0)
    await yard.in_order()


async def test_what_was_made_good_otherwise_in_between_is_not_granted_and_says_why(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, **BACK)
    await yard.arrives(of)
    await yard.looked_at(of, disposition="back_to_customer", found={"grade": "worn"})
    await objects(yard, of)
    actor, order_id = await yard.actor(DRINKS)
    every = {"2": (await yard.held(DRINKS))["2"].free}
    await yard.agree(DRINKS, await yard.quote(actor, order_id, "item.refund", lines=every, problem="damaged"))
    given = await paid(yard, DRINKS)
    with pytest.raises(Refused, match="return_made_good"):
        await answers(yard, of, "accepted")
    await answers(yard, of, "rejected")
    assert (await state(yard, of), await paid(yard, DRINKS)) == (ReturnState.SETTLED, given)
    await yard.in_order()
