"""Goods that are broken, wrong or incomplete: refunded and kept or sent again, once; above limits people decide."""

import asyncio
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import Said
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.photos import verbs as photos
from madoguchi.core.photos.queries import LATEST, File
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.queries import Quote, Request, RequestState
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.claims.rules import ClaimState
from tests.service.claims.conftest import PLACES, Street

CLOTHES = "MD-10233915"  # a sweater and two T-shirts, by card
BOWLS = "MD-10233871"
DRINKS = "MD-10233702"  # ten cases of water, five tins of tea
COD = "MD-10233650"  # a vacuum cleaner, paid at the door
OPEN, GIFT_CARD = "MD-10234606", "MD-10234421"
MEMBERSHIP, MEMBER_INSTEAD = "MD-10234528", ("subscription.cancel", "service.human")
SHIRTS = {"2": 1}


async def ask(street: Street, ref: str, action: str, lines: dict[str, int], problem: str = "damaged") -> Quote:
    actor, order_id = await street.actor(ref)
    return await street.quote(actor, order_id, action, lines=lines, problem=problem)


async def done(street: Street, ref: str, action: str, lines: dict[str, int]) -> Request:
    return await street.agree(ref, await ask(street, ref, action, lines))


async def field(street: Street, ref: str, action: str, name: str, **given: object) -> Field | None:
    actor, order_id = await street.actor(ref)
    subject, entry = Subject(About.ORDER, order_id), street.catalogue.actions[action]
    found = await street.db.run(actor, lambda tx: actions.fields(tx, actor, entry, subject, given))
    return next((field for field in found if field.name == name), None)


async def test_one_of_two_is_refunded_and_kept(street: Street) -> None:
    order = await street.store.get_order(CLOTHES)
    assert order
    line = next(line for line in order.lines if line.ref == "2")
    request = await done(street, CLOTHES, "item.refund", SHIRTS)
    assert request.state is RequestState.DONE
    (intent,) = await street.intents(CLOTHES)
    assert intent.amount == Money(round(line.total.amount / 2), "JPY")
    held = (await street.held(CLOTHES))["2"]
    assert (held.kept, held.refunded, held.free) == (1, 1, 1)
    lines = await field(street, CLOTHES, "item.refund", "lines")
    assert lines
    shirts = next(option for option in lines.options if option.value == "2")
    assert (shirts.limit, shirts.amount) == (1, line.total - intent.amount)
    await street.balanced()


async def test_unit_by_unit_gives_back_what_was_paid_for_them(street: Street) -> None:
    order = await street.store.get_order(CLOTHES)
    assert order
    for lines in (SHIRTS, SHIRTS, {"1": 1}):
        await done(street, CLOTHES, "item.refund", lines)
    paid = total([line.total for line in order.lines], "JPY")
    assert total([one.amount for one in await street.intents(CLOTHES)], "JPY") == paid
    await street.balanced()


async def test_of_goods_at_hand_nothing_is_said_of_parcels_that_may_turn_up(street: Street) -> None:
    quote = await ask(street, CLOTHES, "item.replace", SHIRTS)
    assert quote.draft.slip.next_step == Said("claims.next.resend.at_hand")


async def test_a_unit_is_made_good_once(street: Street) -> None:
    before = await street.orders(CLOTHES)
    for action in ("item.replace", "item.refund"):
        assert (await done(street, CLOTHES, action, SHIRTS)).state is RequestState.DONE
    for action in ("item.replace", "item.refund"):
        with pytest.raises(Refused) as refused:
            await ask(street, CLOTHES, action, SHIRTS)
        assert refused.value.code == "unknown_line"
    with pytest.raises(Refused) as refused:
        await street.missing(CLOTHES)
    assert refused.value.code == "claim_settled"
    held = (await street.held(CLOTHES))["2"]
    assert (held.kept, held.refunded) == (2, 1)
    assert len(await street.orders(CLOTHES)) == len(before) + 1
    await street.balanced()


@pytest.mark.parametrize("units", [0, 3, -1, "１００", "NaN", 1.5, None])
async def test_a_wrong_number_of_units_is_refused(street: Street, units: object) -> None:
    with pytest.raises(Refused) as refused:
        await ask(street, CLOTHES, "item.refund", {"2": units})  # type: ignore[dict-item]
    assert refused.value.code in {"wrong_quantity", "no_lines"}
    assert (await street.held(CLOTHES))["2"].free == 2


async def test_what_was_not_delivered_cannot_be_faulty(street: Street) -> None:
    actor, order_id = await street.actor(OPEN)
    subject = Subject(About.ORDER, order_id)
    found = await street.db.run(actor, lambda tx: actions.offers(tx, street.catalogue, actor, subject))
    assert {offer.action for offer in found}.isdisjoint({"item.refund", "item.replace"})


async def test_money_paid_at_the_door_goes_where_the_customer_says(street: Street) -> None:
    where = await field(street, COD, "item.refund", "refund_to")
    assert where
    assert {option.value for option in where.options} == {"bank", "gift_balance"}
    assert await field(street, CLOTHES, "item.refund", "refund_to") is None
    assert await field(street, COD, "item.replace", "refund_to") is None


@pytest.mark.parametrize(("ref", "instead"), [(GIFT_CARD, ("service.human",)), (MEMBERSHIP, MEMBER_INSTEAD)])
@pytest.mark.parametrize("action", ["item.refund", "item.replace"])
async def test_what_never_came_in_a_parcel_is_not_broken(
    street: Street, ref: str, action: str, instead: tuple[str, ...]
) -> None:
    """I11: a gift card is for a person; a membership is ended by its own action, or it would run on unpaid."""
    actor, order_id = await street.actor(ref)
    subject = Subject(About.ORDER, order_id)
    found = await street.db.run(actor, lambda tx: actions.offers(tx, street.catalogue, actor, subject))
    assert action not in {offer.action for offer in found}
    with pytest.raises(Refused) as refused:
        await ask(street, ref, action, {"1": 1}, "defective")
    assert (refused.value.code, refused.value.parameters["alternatives"]) == ("claim_not_goods", instead)


# --- above the limits


async def leader(street: Street) -> Actor:
    async def work(tx: Tx) -> UUID:
        return await add_staff(
            tx, email="leader@example.jp", name="森", role=Role.LEADER, locale="ja", languages=["ja"]
        )

    return Actor(role=Role.LEADER, id=await street.db.run(SYSTEM, work), name="森", session=ids.uuid7())


async def waiting_for_approval(street: Street) -> Request:
    """A missing parcel that is worth more than what is believed at once."""
    quote = await street.tell(COD, "parcel.not_received", remedy="refund", refund_to="gift_balance", checked=PLACES)
    assert quote.draft.slip.rule
    assert quote.draft.slip.rule.key == "claims.rule.approval"
    request = await street.agree(COD, quote)
    assert request.state is RequestState.NEEDS_APPROVAL
    assert (await street.claim(request)).state is ClaimState.NEEDS_APPROVAL
    assert await street.intents(COD) == []
    return request


async def test_above_the_limit_somebody_agrees(street: Street) -> None:
    request, mori = await waiting_for_approval(street), await leader(street)
    await street.db.run(mori, lambda tx: approvals.approve(tx, street.catalogue, mori, request.id))
    await street.work()
    assert (await street.settled(request)).state is RequestState.DONE
    assert (await street.claim(request)).state is ClaimState.DONE
    (intent,) = await street.intents(COD)
    assert intent.destination is Destination.GIFT_BALANCE
    await street.balanced()


async def test_or_does_not(street: Street) -> None:
    request, mori = await waiting_for_approval(street), await leader(street)
    await street.db.run(
        mori, lambda tx: approvals.decline(tx, street.catalogue, mori, request.id, "別の方法で対応します")
    )
    assert (await street.settled(request)).state is RequestState.FAILED
    assert (await street.claim(request)).state is ClaimState.DENIED
    assert (await street.held(COD))["1"].free == 1
    await street.balanced()


async def test_or_it_is_taken_back(street: Street) -> None:
    request = await waiting_for_approval(street)
    actor, _ = await street.actor(COD)
    await street.db.run(actor, lambda tx: requests.withdraw(tx, street.catalogue, actor, request.id))
    assert (await street.claim(request)).state is ClaimState.WITHDRAWN
    assert (await street.held(COD))["1"].free == 1
    await street.balanced()


async def test_above_the_limit_a_photo_is_asked_for(street: Street) -> None:
    with pytest.raises(Refused) as refused:
        await ask(street, COD, "item.replace", {"1": 1})
    assert (refused.value.code, refused.value.parameters["field"]) == ("photo_missing", "photos")
    mori = await leader(street)
    _, order_id = await street.actor(COD)
    quote = await street.quote(mori, order_id, "item.replace", lines={"1": 1}, problem="damaged")
    assert quote.draft.approval


async def photo(street: Street, actor: Actor, content: str = "broken") -> str:
    """A photo that somebody sent."""
    assert actor.id
    owner, file = actor.id, File(sha=content, name="plate.jpg", media_type="image/jpeg", width=4, height=3, size=9)
    return str(await street.db.run(actor, lambda tx: photos.keep(tx, owner, file)))


async def test_with_a_photo_somebody_agrees(street: Street) -> None:
    actor, order_id = await street.actor(COD)
    shown = await photo(street, actor)
    assert await photo(street, actor) == shown, "the same photo is the same"
    wanted = {"lines": {"1": 1}, "problem": "damaged", "photos": [shown]}
    quote = await street.quote(actor, order_id, "item.replace", **wanted)
    assert quote.draft.slip.photos == (UUID(shown),), "who decides sees it"
    request = await street.agree(COD, quote)
    assert request.state is RequestState.NEEDS_APPROVAL
    mori = await leader(street)
    await street.db.run(mori, lambda tx: approvals.approve(tx, street.catalogue, mori, request.id))
    await street.work()
    settled = await street.settled(request)
    assert settled.state is RequestState.DONE
    assert settled.outcome
    assert settled.outcome.slip
    assert settled.outcome.slip.photos == (UUID(shown),)
    await street.balanced()


@pytest.mark.parametrize("shown", ["00000000-0000-0000-0000-000000000000", "of somebody else", 7])
async def test_only_photos_of_ones_own_count(street: Street, shown: object) -> None:
    actor, order_id = await street.actor(COD)
    if shown == "of somebody else":
        other, _ = await street.actor(CLOTHES)
        shown = await photo(street, other)
    with pytest.raises(Refused) as refused:
        await street.quote(
            actor, order_id, "item.replace", lines={"1": 1}, problem="damaged", photos=[shown] if shown != 7 else shown
        )
    assert refused.value.code == ("photo_unknown" if shown != 7 else "field_invalid")
    assert refused.value.parameters["field"] == "photos"


async def test_photos_are_asked_where_the_rules_may_ask(street: Street) -> None:
    """Good faith is the normal stance: a form asks for no photo that would never be needed."""
    assert await field(street, BOWLS, "item.replace", "photos") is None
    needed = await field(street, COD, "item.replace", "photos")
    assert needed
    assert needed.required, "whatever is claimed of it is above the limit"
    for lines in (SHIRTS, SHIRTS, {"1": 1}):
        await done(street, CLOTHES, "item.replace", lines)
    often = await field(street, BOWLS, "item.replace", "photos")
    assert often
    assert often.required


async def test_a_photo_must_be_there_for_what_is_dear_together(street: Street) -> None:
    few = await field(street, DRINKS, "item.refund", "photos", lines={"1": 1})
    many = await field(street, DRINKS, "item.refund", "photos", lines={"1": 10, "2": 5})
    assert few
    assert many
    assert (few.required, many.required) == (False, True)


async def test_old_photos_are_not_offered_again(street: Street) -> None:
    actor, _ = await street.actor(COD)
    await photo(street, actor)
    shown = await field(street, COD, "item.refund", "photos")
    assert shown
    assert len(shown.options) == 1
    with street.later(LATEST):
        shown = await field(street, COD, "item.refund", "photos")
    assert shown
    assert shown.options == ()


async def test_who_claims_often_is_asked_for_more(street: Street) -> None:
    """Three claims are believed; the fourth is not, even where it is small."""
    for lines in (SHIRTS, SHIRTS, {"1": 1}):
        await done(street, CLOTHES, "item.replace", lines)
    with pytest.raises(Refused) as refused:
        await ask(street, BOWLS, "item.replace", {"1": 1})
    assert (refused.value.code, refused.value.parameters["field"]) == ("photo_missing", "photos")


async def test_quotes_together_grant_no_more_than_one_by_one(street: Street) -> None:
    """What is confirmed and not carried out yet counts as well."""
    late = await ask(street, BOWLS, "item.replace", {"1": 1})
    actor, _ = await street.actor(CLOTHES)
    for lines in (SHIRTS, SHIRTS):
        await done(street, CLOTHES, "item.replace", lines)
    third = await street.confirm(actor, await ask(street, CLOTHES, "item.replace", {"1": 1}))
    with pytest.raises(Refused) as refused:
        await street.confirm(actor, late)
    assert refused.value.code == "order_changed"
    await street.work()
    assert (await street.settled(third)).state is RequestState.DONE
    assert (await street.held(BOWLS))["1"].free == (await street.held(BOWLS))["1"].ordered
    await street.balanced()


async def test_two_quotes_confirmed_at_once_are_granted_one_by_one(street: Street) -> None:
    for lines in (SHIRTS, SHIRTS):
        await done(street, CLOTHES, "item.replace", lines)
    quotes = [await ask(street, ref, "item.replace", {"1": 1}) for ref in (CLOTHES, BOWLS)]
    actor, _ = await street.actor(CLOTHES)
    found = await asyncio.gather(*(street.confirm(actor, quote) for quote in quotes), return_exceptions=True)
    assert sorted(one.code if isinstance(one, Refused) else "" for one in found) == ["", "order_changed"]
