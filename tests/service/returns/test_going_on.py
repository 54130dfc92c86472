"""What goes on once a return is agreed to: it is paid first, sent in a way and by a day, and where that is seen to."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.owing import to_pay
from madoguchi.core.actions.rules import Slip
from madoguchi.core.requests.queries import RequestState, access_request
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit.i18n import Reader
from madoguchi.kit.mail import plain
from madoguchi.service.notices import letters, rules
from madoguchi.service.returns.reading import sentences
from tests.service.notices.world import HEAD
from tests.service.returns.conftest import Yard

CLOTHES = "MD-10233915"
SHIRT: dict[str, Any] = {"lines": {"2": 1}, "reason": "size", "condition": "unopened"}
DEARER: dict[str, Any] = {
    "items": {"1": "SWEATER-XL"},
    "method_ref": "konbini",
    "reason": "size",
    "condition": "unopened",
}
TOKYO = ZoneInfo("Asia/Tokyo")
STEPS = """select outcome -> 'slip' -> 'then' -> 'steps' from requests where subject = %s and action = 'return.settle'
           order by settled_at desc limit 1"""


async def agreed(yard: Yard, action: str, **told: Any) -> tuple[Slip, str]:
    """The slip of what was agreed to, and the letter about it in Japanese."""
    actor, order_id = await yard.actor(CLOTHES)
    made = await yard.agree(CLOTHES, await yard.quote(actor, order_id, action, **told))
    assert made.state is RequestState.DONE, made.outcome
    request = await yard.db.run(SYSTEM, lambda tx: access_request(tx, SYSTEM, made.id))
    assert request.outcome
    assert request.outcome.slip
    template = rules.template(action, request.outcome.state, goes_on=True)
    letter = letters.settled(Reader("ja"), template, action, CLOTHES, request.outcome, HEAD.links, order_id)
    return request.outcome.slip, plain((*letter.blocks, *letter.ways), "ja")


@pytest.mark.parametrize(
    ("method", "page"),
    [("label", "slip"), ("code", "code"), ("pickup", "actions/return.pickup"), ("own", "actions/return.sent")],
)
async def test_whoever_sends_it_is_told_how_by_when_and_where(yard: Yard, method: str, page: str) -> None:
    reason = "no_longer_needed" if method == "own" else "size"
    slip, letter = await agreed(yard, "order.return", **SHIRT | {"reason": reason}, method=method)
    assert slip.then
    assert slip.expected
    back = await yard.back(_id(slip))
    assert Reader("ja").date(back.send_until.astimezone(TOKYO).date()) in letter
    assert f"/returns/{back.id}\n" in letter
    assert f"/returns/{back.id}/{page}" in letter
    assert "返金予定額の合計" in letter
    assert "ございません" not in letter
    assert "完了" not in letter


async def test_what_is_to_be_paid_first_stands_first_with_the_number_it_is_paid_under(yard: Yard) -> None:
    slip, letter = await agreed(yard, "order.exchange", **DEARER)
    assert slip.then
    back = await yard.back(_id(slip))
    new = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, back.store_id, back.out_ref or ""))
    assert new
    (due,) = to_pay((await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, new))).document)
    assert due.number
    first, second = (said.to(Reader("ja")) for said in slip.then.steps)
    assert "600円" in first
    assert due.number in first
    assert Reader("ja").date(due.until) in first
    assert "お送りください" in second
    assert f"/orders/{new}" in letter


def _id(slip: Slip) -> UUID:
    assert slip.then
    return UUID(slip.then.paths["return"].rpartition("/")[2])


async def test_an_exchange_is_not_told_as_sent_while_its_payment_is_waited_for(yard: Yard) -> None:
    slip, _ = await agreed(yard, "order.exchange", **DEARER)
    back = await yard.back(_id(slip))
    await yard.arrives(back)
    await yard.looked_at(back)
    said = [line.key for line in await yard.db.run(SYSTEM, lambda tx: sentences(tx, back))]
    assert "orders.then.pay.number" in said
    assert "returns.given_early.goods" not in said
    steps = await yard.db.run(SYSTEM, lambda tx: tx.value(STEPS, [back.subject]))
    assert [step["key"] for step in steps] == ["orders.then.pay.number"]
