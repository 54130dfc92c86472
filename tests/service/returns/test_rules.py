"""The two machines of a unit, and the state that a return derives from its units, by tables."""

from datetime import UTC, datetime
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.core.policy.pack import Trigger
from madoguchi.service.returns import folding, rules
from madoguchi.service.returns.rules import (
    ACCEPTANCE,
    COMING,
    RECEPTION,
    Acceptance,
    Booked,
    Disposition,
    Reception,
    ReturnState,
    Stage,
    Why,
)
from madoguchi.service.returns.units.rules import Unit, booking, share_of

AT = datetime(2026, 3, 3, tzinfo=UTC)
RETURN = uuid4()
R, A = Reception, Acceptance

# the moves there are, written down once more by hand: from → to
MOVED = {
    (R.AWAITING, R.IN_TRANSIT), (R.AWAITING, R.RECEIVED), (R.AWAITING, R.SHORT), (R.AWAITING, R.WRONG_ITEM),
    (R.AWAITING, R.LOST), (R.AWAITING, R.KEPT), (R.AWAITING, R.CANCELLED), (R.AWAITING, R.EXPIRED),
    (R.IN_TRANSIT, R.AWAITING), (R.IN_TRANSIT, R.RECEIVED), (R.IN_TRANSIT, R.SHORT), (R.IN_TRANSIT, R.WRONG_ITEM),
    (R.IN_TRANSIT, R.LOST), (R.LOST, R.RECEIVED),
    (R.CANCELLED, R.RECEIVED), (R.EXPIRED, R.RECEIVED), (R.EXPIRED, R.IN_TRANSIT),
}  # fmt: skip
DECIDED = {
    (A.PENDING, A.ACCEPTED), (A.PENDING, A.REDUCED), (A.PENDING, A.REJECTED), (A.PENDING, A.MANUAL),
    (A.MANUAL, A.ACCEPTED), (A.MANUAL, A.REDUCED), (A.MANUAL, A.REJECTED),
    (A.REJECTED, A.ACCEPTED), (A.REJECTED, A.REDUCED), (A.REDUCED, A.ACCEPTED), (A.REDUCED, A.REDUCED),
}  # fmt: skip


def unit(reception: Reception, acceptance: Acceptance = A.PENDING, *, done: bool = False, **more: object) -> Unit:
    reduced = {"percent": 50, "why": Why.OPENED} if acceptance is A.REDUCED else {}
    told = {"id": uuid4(), "return_id": RETURN, "line_ref": "1", "sku": "TEA-1", "name": "煎茶", "promised": 100}
    return Unit(**told | reduced | more, reception=reception, acceptance=acceptance, settled_at=AT if done else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("old", "new"), [*product(Reception, Reception)])
def test_reception_goes_only_where_it_may(old: Reception, new: Reception) -> None:
    assert rules.may_go(RECEPTION, old, new) == ((old, new) in MOVED)


@pytest.mark.parametrize(("old", "new"), [*product(Acceptance, Acceptance)])
def test_acceptance_goes_only_where_it_may(old: Acceptance, new: Acceptance) -> None:
    assert rules.may_go(ACCEPTANCE, old, new) == ((old, new) in DECIDED)


@pytest.mark.parametrize(
    ("units", "state"),
    [
        ([unit(R.AWAITING)], ReturnState.APPROVED),
        ([unit(R.IN_TRANSIT), unit(R.AWAITING)], ReturnState.IN_TRANSIT),
        ([unit(R.RECEIVED)], ReturnState.RECEIVED),
        ([unit(R.RECEIVED, done=True)], ReturnState.RECEIVED),
        ([unit(R.RECEIVED, A.MANUAL), unit(R.RECEIVED, A.ACCEPTED, done=True)], ReturnState.RECEIVED),
        ([unit(R.RECEIVED, A.ACCEPTED)], ReturnState.INSPECTED),
        ([unit(R.SHORT, A.REJECTED), unit(R.RECEIVED, A.REDUCED, done=True)], ReturnState.INSPECTED),
        ([unit(R.RECEIVED, A.ACCEPTED, done=True)], ReturnState.SETTLED),
        ([unit(R.RECEIVED, A.ACCEPTED, done=True), unit(R.AWAITING)], ReturnState.APPROVED),
        ([unit(R.RECEIVED, A.ACCEPTED, done=True), unit(R.EXPIRED, done=True)], ReturnState.SETTLED),
        ([unit(R.CANCELLED, done=True)], ReturnState.CANCELLED),
        ([unit(R.EXPIRED, done=True), unit(R.CANCELLED, done=True)], ReturnState.EXPIRED),
        ([unit(R.LOST, done=True)], ReturnState.LOST),
        ([unit(R.LOST)], ReturnState.INSPECTED),
        ([unit(R.KEPT, done=True)], ReturnState.KEPT),
        ([unit(R.KEPT, done=True), unit(R.LOST, done=True)], ReturnState.SETTLED),
    ],
)
def test_the_units_say_where_a_return_is(units: list[Unit], state: ReturnState) -> None:
    assert folding.state(Stage.AGREED, units) is state


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.AGREED}))
def test_what_was_not_agreed_to_is_nowhere_else(stage: Stage) -> None:
    assert folding.state(stage, [unit(R.AWAITING)]) == stage


@pytest.mark.parametrize(
    ("trigger", "reception", "acceptance", "booked"),
    [
        (Trigger.INSPECTED, R.AWAITING, A.PENDING, None),
        (Trigger.INSPECTED, R.IN_TRANSIT, A.PENDING, None),
        (Trigger.INSPECTED, R.RECEIVED, A.PENDING, None),
        (Trigger.INSPECTED, R.RECEIVED, A.MANUAL, None),
        (Trigger.INSPECTED, R.RECEIVED, A.ACCEPTED, Booked.RETURNED),
        (Trigger.INSPECTED, R.RECEIVED, A.REDUCED, Booked.RETURNED),
        (Trigger.INSPECTED, R.RECEIVED, A.REJECTED, Booked.FREE),
        (Trigger.INSPECTED, R.SHORT, A.REJECTED, Booked.FREE),
        (Trigger.INSPECTED, R.WRONG_ITEM, A.REJECTED, Booked.FREE),
        (Trigger.INSPECTED, R.LOST, A.PENDING, Booked.KEPT),
        (Trigger.NOW, R.KEPT, A.PENDING, Booked.KEPT),
        (Trigger.RECEIVED, R.IN_TRANSIT, A.PENDING, None),
        (Trigger.RECEIVED, R.RECEIVED, A.PENDING, Booked.RETURNED),
        (Trigger.FIRST_SCAN, R.AWAITING, A.PENDING, None),
        (Trigger.FIRST_SCAN, R.IN_TRANSIT, A.PENDING, Booked.RETURNED),
        (Trigger.NOW, R.AWAITING, A.PENDING, Booked.RETURNED),
        (Trigger.NOW, R.CANCELLED, A.PENDING, None),
        (Trigger.NOW, R.EXPIRED, A.PENDING, None),
    ],
)
def test_money_waits_for_what_the_rules_say(
    trigger: Trigger, reception: Reception, acceptance: Acceptance, booked: Booked | None
) -> None:
    """I9: before it was looked at only where the rules say so."""
    assert booking(trigger, unit(reception, acceptance)) is booked


@pytest.mark.parametrize(
    ("reception", "disposition"), [(R.RECEIVED, Disposition.BACK_TO_CUSTOMER), (R.SHORT, Disposition.MISSING)]
)
def test_what_is_granted_though_the_goods_are_not_with_us_stays_where_it_is(
    reception: Reception, disposition: Disposition
) -> None:
    assert booking(Trigger.INSPECTED, unit(reception, A.ACCEPTED, disposition=disposition)) is Booked.KEPT


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_a_share_is_never_more_than_the_whole(worth: int, percent: int) -> None:
    """I4, I10."""
    share = share_of(worth, percent)
    assert 0 <= share <= worth
    assert abs(share * 100 - worth * percent) <= 50
    assert share_of(worth, 100) == worth


@given(st.lists(st.tuples(st.sampled_from(Reception), st.sampled_from(Acceptance), st.booleans()), min_size=1))
def test_every_set_of_units_has_a_state(parts: list[tuple[Reception, Acceptance, bool]]) -> None:
    """Whatever befell the units, and nothing is settled of which something is still to come."""
    units = [unit(reception, acceptance, done=done) for reception, acceptance, done in parts]
    state = folding.state(Stage.AGREED, units)
    if any(one.reception in COMING for one in units):
        assert state in {ReturnState.APPROVED, ReturnState.IN_TRANSIT, ReturnState.RECEIVED, ReturnState.INSPECTED}
