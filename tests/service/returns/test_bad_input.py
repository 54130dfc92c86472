"""What must not come back, or not so: more than there is, twice, too late, somebody else's, never taken back."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.policy.pack import ReturnReason, shipped
from madoguchi.core.shop.queries import access_order
from madoguchi.core.shop.verbs import mirror_order
from madoguchi.kit import clock, ids
from madoguchi.kit.errors import Refused
from madoguchi.service.returns.possible import possible
from madoguchi.service.returns.rules import ReturnState
from tests.service.returns.conftest import Yard

CLOTHES, BOWLS, DRINKS = "MD-10233915", "MD-10233871", "MD-10233702"
OPEN = "MD-10234606"  # paid, not sent
MEMBERSHIP, EBOOK, GIFT_CARD = "MD-10234528", "MD-10234418", "MD-10234421"
TOKYO = ZoneInfo("Asia/Tokyo")


async def refused(yard: Yard, ref: str, **told: object) -> str:
    """Why a return of an order is not even quoted."""
    actor, order_id = await yard.actor(ref)
    before = await yard.held(ref)
    with pytest.raises(Refused) as why:
        await yard.quote(actor, order_id, "order.return", **told)
    assert await yard.held(ref) == before
    return why.value.code


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ({"2": 3}, "wrong_quantity"),
        ({"2": -1}, "wrong_quantity"),
        ({"2": "１００"}, "wrong_quantity"),
        ({"2": 1.5}, "wrong_quantity"),
        ({"9": 1}, "unknown_line"),
        ({"2": 0}, "no_lines"),
        ({}, "no_lines"),
        ("all", "field_invalid"),
    ],
)
async def test_no_more_than_was_bought(yard: Yard, lines: object, code: str) -> None:
    assert await refused(yard, CLOTHES, lines=lines, reason="size", condition="unopened") == code


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"reason": None}, "field_missing"),
        ({"reason": "whim"}, "field_unknown"),
        ({"condition": None}, "field_missing"),
        ({"condition": "eaten"}, "field_unknown"),
        ({"wish": "replacement"}, "return_replaces_faults"),
        ({"method": "label"}, "return_method"),
        ({"condition": "used"}, "return_used"),
        ({"photos": [str(ids.uuid7())]}, "photo_unknown"),
        ({"method_ref": "card-9"}, "method_unknown"),
    ],
)
async def test_what_is_told_must_make_sense(yard: Yard, told: dict[str, object], code: str) -> None:
    whole: dict[str, object] = {"lines": {"2": 1}, "reason": "mistake", "condition": "unopened"}
    given = {name: value for name, value in (whole | told).items() if value is not None}
    assert await refused(yard, DRINKS, **given) == code


async def test_a_unit_comes_back_once(yard: Yard) -> None:
    """I2: two who ask at the same moment, and one who asks again later."""
    actor, order_id = await yard.actor(CLOTHES)
    told = {"lines": {"2": 2}, "reason": "size", "condition": "unopened"}
    quotes = [await yard.quote(actor, order_id, "order.return", **told) for _ in range(2)]
    answers = await asyncio.gather(*(yard.confirm(actor, quote) for quote in quotes), return_exceptions=True)
    assert [type(one) for one in answers].count(Refused) == 1
    await yard.work()
    assert (await yard.held(CLOTHES))["2"].return_open == 2
    assert await refused(yard, CLOTHES, **told) == "unknown_line"
    await yard.in_order()


async def test_a_claim_and_a_return_do_not_share_a_unit(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 2}, reason="size", condition="unopened")
    actor, order_id = await yard.actor(CLOTHES)
    with pytest.raises(Refused) as why:
        await yard.quote(actor, order_id, "item.refund", lines={"2": 1}, problem="damaged")
    assert why.value.code == "unknown_line"
    assert of.state is ReturnState.APPROVED


async def test_of_a_strangers_order_nothing_comes_back(yard: Yard) -> None:
    _, order_id = await yard.actor(CLOTHES)
    stranger, _ = await yard.actor(DRINKS)
    with pytest.raises(Refused) as why:
        await yard.quote(stranger, order_id, "order.return", lines={"2": 1}, reason="size", condition="unopened")
    assert why.value.code == "not_found"
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="size", condition="unopened")
    with pytest.raises(Refused) as why:
        await yard.asks(stranger, "return.cancel", return_id=str(of.id))
    assert why.value.code == "not_found"
    for action, raw in (("return.appeal", {"note": "x"}), ("return.status", {})):
        with pytest.raises(Refused) as hidden:
            await yard.acts(stranger, action, return_id=str(of.id), **raw)
        assert hidden.value.code == "not_found", action


@pytest.mark.parametrize("action", ["return.receive", "return.inspect", "return.review", "return.settle"])
async def test_customers_do_not_learn_what_the_shop_does(yard: Yard, action: str) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="size", condition="unopened")
    actor, _ = await yard.actor(CLOTHES)
    with pytest.raises(Refused) as why:
        actions.find(yard.catalogue, actor, action)
    assert why.value.code == "unknown_action"
    warehouse = await yard.worker()
    for forbidden in ("return.review", "order.return", "return.cancel", "item.refund"):
        with pytest.raises(Refused):
            await yard.acts(warehouse, forbidden, return_id=str(of.id), answer="accepted", note="x")


async def test_an_associate_does_not_decide_what_a_leader_has_to(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened")
    await yard.arrives(of)
    await yard.looked_at(of, acceptance="manual")
    clerk = await yard.worker(Role.ASSOCIATE)
    with pytest.raises(Refused) as why:
        await yard.acts(clerk, "return.review", return_id=of.id, answer="accepted", note="x")
    assert why.value.code == "forbidden"


@pytest.mark.parametrize("ref", [OPEN, MEMBERSHIP])
async def test_what_is_not_there_or_ends_otherwise_is_not_offered(yard: Yard, ref: str) -> None:
    actor, order_id = await yard.actor(ref)
    subject = Subject(About.ORDER, order_id)
    found = await yard.db.run(actor, lambda tx: actions.offers(tx, yard.catalogue, actor, subject))
    assert "order.return" not in {offer.action for offer in found}


@pytest.mark.parametrize("ref", [EBOOK, GIFT_CARD])
async def test_what_is_never_taken_back_is_paid_only_by_somebodys_word(yard: Yard, ref: str) -> None:
    """I11."""
    told = {"lines": {"1": 1}, "condition": "unopened"}
    assert await refused(yard, ref, reason="no_longer_needed", **told) == "return_never"
    actor, order_id = await yard.actor(ref)
    quote = await yard.quote(actor, order_id, "order.return", reason="defective", **told)
    assert quote.draft.approval
    request = await yard.agree(ref, quote)
    assert request.state == "needs_approval"
    assert (await yard.back(request.id)).state is ReturnState.REVIEW
    assert await yard.intents(ref) == []


async def test_who_declines_frees_the_units(yard: Yard) -> None:
    actor, order_id = await yard.actor(EBOOK)
    quote = await yard.quote(actor, order_id, "order.return", lines={"1": 1}, reason="defective", condition="opened")
    request = await yard.agree(EBOOK, quote)
    leader = await yard.worker(Role.LEADER)
    await yard.declines(leader, request.id, "読み込めることを確認しました")
    assert (await yard.back(request.id)).state is ReturnState.DECLINED
    assert (await yard.held(EBOOK))["1"].free == 1
    await yard.in_order()


async def test_what_needs_no_parcel_has_a_last_day_too(yard: Yard) -> None:
    """It is there from the order on, and its day does not move with whoever asks."""
    actor, order_id = await yard.actor(EBOOK)
    order = await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))
    (line,) = await yard.db.run(actor, lambda tx: possible(tx, actor, order_id))
    assert line.only_faulty
    assert line.until
    assert (line.until - order.placed_at).days == 365


async def _delivered(yard: Yard, ref: str, at: datetime) -> None:
    """The mirror tells that an order came at a moment."""
    _, order_id = await yard.actor(ref)
    order = (await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))).document
    shipments = tuple(replace(parcel, delivered_at=at) for parcel in order.shipments)
    moved = replace(order, version=order.version + 1, shipments=shipments)
    await yard.db.run(SYSTEM, lambda tx: mirror_order(tx, "demo", moved))


@pytest.mark.parametrize(
    ("delivered", "last"),
    [
        (datetime(2026, 2, 24, 3, 0, tzinfo=TOKYO), datetime(2026, 3, 26, 23, 59, 59, tzinfo=TOKYO)),
        # late in the evening of the 24th in London is the 25th in the shop
        (datetime(2026, 2, 24, 23, 0, tzinfo=UTC), datetime(2026, 3, 27, 23, 59, 59, tzinfo=TOKYO)),
        (datetime(2028, 1, 30, 12, 0, tzinfo=TOKYO), datetime(2028, 2, 29, 23, 59, 59, tzinfo=TOKYO)),
        (datetime(2028, 1, 31, 12, 0, tzinfo=TOKYO), datetime(2028, 3, 1, 23, 59, 59, tzinfo=TOKYO)),
    ],
)
async def test_until_the_end_of_the_last_day_of_the_shop_and_no_second_longer(
    yard: Yard, delivered: datetime, last: datetime
) -> None:
    assert shipped("marketplace-jp").returns.days == 30
    await _delivered(yard, DRINKS, delivered)
    actor, order_id = await yard.actor(DRINKS)
    told = {"lines": {"2": 1}, "reason": ReturnReason.MISTAKE, "condition": "unopened"}
    with clock.frozen(last):
        quote = await yard.quote(actor, order_id, "order.return", **told)
        assert quote.draft.slip.total.amount == 2160
    with clock.frozen(last + timedelta(seconds=1)):
        assert await refused(yard, DRINKS, **told) == "return_late"


async def test_a_label_leads_to_one_return(yard: Yard) -> None:
    first = await yard.send_back(CLOTHES, lines={"2": 1}, reason="size", condition="unopened")
    second = await yard.send_back(BOWLS, lines={"1": 1}, reason="damaged")
    await yard.on_its_way(first)
    with pytest.raises(Refused) as why:
        await yard.on_its_way(second)
    assert why.value.code == "parcel_number_taken"
    await yard.arrives(first)
    worker = await yard.worker()
    with pytest.raises(Refused) as again:
        await yard.acts(worker, "return.receive", return_id=first.id)
    assert again.value.code == "return_already_here"


async def test_an_order_that_changed_is_quoted_again(yard: Yard) -> None:
    """I6."""
    actor, order_id = await yard.actor(DRINKS)
    quote = await yard.quote(actor, order_id, "order.return", lines={"2": 1}, reason="mistake", condition="unopened")
    await _delivered(yard, DRINKS, datetime(2026, 2, 20, tzinfo=TOKYO))
    with pytest.raises(Refused) as why:
        await yard.confirm(actor, quote)
    assert why.value.code == "order_changed"
    assert (await yard.held(DRINKS))["2"].return_open == 0
