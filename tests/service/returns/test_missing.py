"""A parcel that should be here and that nobody finds: looked for, told with its day, and decided by a leader."""

from datetime import timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.shop.port import TrackingState
from madoguchi.edge.carriers.simulated.brands import TSUBASA
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import queries, warehouse
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Doubt, ReturnState
from tests.service.returns.conftest import CARRIER, Yard
from tests.service.returns.test_returns import DRINKS, VACUUM, paid, state
from tests.service.returns.test_sent import NUMBER, SECOND, own, tell
from tests.service.returns.test_telling import due as due
from tests.service.returns.test_telling import told as told

DAY = timedelta(days=1)
LABEL = "440000000015"


async def handed_over(yard: Yard) -> Return:
    """A carrier says that it brought our label's parcel two days from now."""
    of = await yard.send_back(VACUUM, lines={"1": 1}, reason="no_longer_needed", condition="unopened", refund_to="bank")
    await yard.on_its_way(of, LABEL)
    there = clock.now() + 2 * DAY
    with clock.frozen(there):
        await moves(yard, CARRIER, LABEL, TrackingState.DELIVERED)
    return of


async def moves(yard: Yard, carrier: str, number: str, state: TrackingState) -> None:
    await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, carrier, number, state, tx.now))
    await yard.work()


async def decide(yard: Yard, of: Return, answer: str) -> None:
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.decide_missing", return_id=str(of.id), answer=answer)


async def to_decide(yard: Yard) -> list[Return]:
    return list(await yard.db.run(SYSTEM, queries.to_decide))


async def test_it_is_looked_for_then_a_leader_is_asked_and_believes_the_carrier(
    yard: Yard, told: list[CustomerNews]
) -> None:
    of = await handed_over(yard)
    await yard.time_passes(2 * DAY + 2 * DAY)
    assert (await yard.back(of.id)).doubt is None
    await yard.time_passes(2 * DAY + 3 * DAY)
    assert (await yard.back(of.id)).doubt is Doubt.SEARCH
    (news,) = told
    until = (clock.now() + 12 * DAY).date()
    assert (news.template, news.parameters["day"]) == ("return_searched", {"day": until.isoformat()})
    worker = await yard.worker()
    (line,) = await yard.db.run(worker, lambda tx: warehouse.expected(tx, worker))
    assert line.doubt is Doubt.SEARCH
    assert await to_decide(yard) == []
    await yard.time_passes(12 * DAY)
    assert [one.id for one in await to_decide(yard)] == [of.id]
    assert await paid(yard, VACUUM) == 0
    with yard.later(13 * DAY):
        await decide(yard, of, "believe")
        assert (await state(yard, of), (await yard.back(of.id)).doubt) == (ReturnState.LOST, None)
    assert await paid(yard, VACUUM) == 32800
    assert [one.template for one in told] == ["return_searched", "return_believed"]
    await yard.in_order()


async def test_who_looks_once_more_tells_the_new_day(yard: Yard, told: list[CustomerNews]) -> None:
    of = await handed_over(yard)
    await yard.time_passes(5 * DAY)
    await yard.time_passes(12 * DAY)
    with yard.later(13 * DAY):
        await decide(yard, of, "search")
        assert await to_decide(yard) == []
    await yard.time_passes(20 * DAY)
    assert [one.id for one in await to_decide(yard)] == [of.id]
    assert [one.template for one in told] == ["return_searched", "return_searched"]


async def test_what_turns_up_is_looked_for_no_more(yard: Yard) -> None:
    of = await handed_over(yard)
    await yard.time_passes(5 * DAY)
    with yard.later(6 * DAY):
        await yard.arrives(of)
        assert (await yard.back(of.id)).doubt is None
        await yard.looked_at(of)
        with pytest.raises(Refused, match="return_not_missing"):
            await decide(yard, of, "believe")
    assert await paid(yard, VACUUM) == 32800
    await yard.in_order()


async def test_of_a_number_that_is_none_of_ours_the_right_one_is_asked(yard: Yard, told: list[CustomerNews]) -> None:
    of = await own(yard)
    await tell(yard, DRINKS, of)
    with yard.later(DAY):
        await moves(yard, TSUBASA.name, NUMBER, TrackingState.DELIVERED)
    await yard.time_passes(4 * DAY)
    await yard.time_passes(11 * DAY)
    with yard.later(11 * DAY):
        await decide(yard, of, "not_ours")
        assert await state(yard, of) is ReturnState.APPROVED
        await tell(yard, DRINKS, of, SECOND)
    assert [one.template for one in told] == ["return_searched", "return_not_ours"]
    await yard.in_order()


async def test_what_goes_by_a_way_of_ones_own_is_never_paid_as_lost_by_a_clock(yard: Yard) -> None:
    of = await own(yard)
    await tell(yard, DRINKS, of)
    with yard.later(DAY):
        await moves(yard, TSUBASA.name, NUMBER, TrackingState.IN_TRANSIT)
    await yard.time_passes(23 * DAY)
    assert ((await yard.back(of.id)).doubt, await state(yard, of)) == (Doubt.SEARCH, ReturnState.IN_TRANSIT)
    with yard.later(24 * DAY):
        await moves(yard, TSUBASA.name, NUMBER, TrackingState.OUT_FOR_DELIVERY)
    assert (await yard.back(of.id)).doubt is None
    assert await paid(yard, DRINKS) == 0


async def went_back(yard: Yard) -> Return:
    """Lost, paid, and then with the customer again."""
    of = await yard.send_back(VACUUM, lines={"1": 1}, reason="no_longer_needed", condition="unopened", refund_to="bank")
    await yard.on_its_way(of, LABEL)
    await yard.time_passes(22 * DAY)
    assert (await state(yard, of), await paid(yard, VACUUM)) == (ReturnState.LOST, 32800)
    with yard.later(25 * DAY):
        for _ in range(2):
            await moves(yard, CARRIER, LABEL, TrackingState.RETURNED_TO_SENDER)
    return of


async def test_what_was_paid_as_lost_and_went_back_is_decided_by_a_leader_and_comes_again(
    yard: Yard, told: list[CustomerNews]
) -> None:
    of = await went_back(yard)
    assert [one.id for one in await to_decide(yard)] == [of.id]
    with yard.later(26 * DAY):
        await decide(yard, of, "expect")
        assert await to_decide(yard) == []
    await yard.time_passes(34 * DAY)
    assert [one.id for one in await to_decide(yard)] == [of.id], "it did not come"
    with yard.later(35 * DAY):
        await decide(yard, of, "expect")
        await yard.arrives(of)
        assert (await yard.back(of.id)).doubt is None
        held = (await yard.held(VACUUM))["1"]
        assert (held.kept, held.returned) == (0, 1)
        await yard.looked_at(of)
        (unit,) = await yard.units(of.id)
        assert unit.restocked_at
    assert await paid(yard, VACUUM) == 32800
    expected = ["return_lost", "return_went_back", "return_expected", "return_expected", "return_received"]
    assert [one.template for one in told] == expected
    await yard.in_order()


async def test_what_went_back_may_be_left_to_the_customer(yard: Yard, told: list[CustomerNews]) -> None:
    of = await went_back(yard)
    with yard.later(26 * DAY):
        await decide(yard, of, "leave")
    assert ((await yard.back(of.id)).doubt, await to_decide(yard)) == (None, [])
    assert [one.template for one in told] == ["return_lost", "return_went_back", "return_left"]
    assert await paid(yard, VACUUM) == 32800
    await yard.in_order()


async def test_what_was_called_lost_and_turns_up_is_the_shops_again(yard: Yard) -> None:
    of = await handed_over(yard)
    await yard.time_passes(5 * DAY)
    await yard.time_passes(12 * DAY)
    with yard.later(13 * DAY):
        await decide(yard, of, "believe")
    with yard.later(20 * DAY):
        await yard.arrives(of)
        await yard.looked_at(of)
    held = (await yard.held(VACUUM))["1"]
    assert (held.kept, held.returned, await paid(yard, VACUUM)) == (0, 1, 32800)
    (unit,) = await yard.units(of.id)
    assert unit.restocked_at
    await yard.in_order()


async def test_only_leaders_decide_and_only_of_a_told_number_that_it_is_not_ours(yard: Yard) -> None:
    of = await handed_over(yard)
    await yard.time_passes(5 * DAY)
    await yard.time_passes(12 * DAY)
    customer, _ = await yard.actor(VACUUM)
    for actor in (customer, await yard.worker(), Actor(role=Role.ASSOCIATE, id=customer.id)):
        with pytest.raises(Refused):
            await yard.acts(actor, "return.decide_missing", return_id=str(of.id), answer="believe")
    with pytest.raises(Refused, match="field_unknown"):
        await decide(yard, of, "not_ours")
    leader = await yard.worker(Role.LEADER)
    subject = Subject(About.RETURN, of.id)
    offers = await yard.db.run(leader, lambda tx: actions.offers(tx, yard.catalogue, leader, subject))
    assert "return.decide_missing" in {one.action for one in offers if one.refusal is None}
    assert await paid(yard, VACUUM) == 0
