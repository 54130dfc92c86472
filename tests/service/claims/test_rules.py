"""What a claim may become, and what it is worth."""

from itertools import pairwise

import pytest

from madoguchi.core.ledger.rules import LineUnits, TenderMoney, by_tender
from madoguchi.kit.money import Money
from madoguchi.service.claims.rules import MOVES, ClaimState

S = ClaimState


@pytest.mark.parametrize(
    "way",
    [
        (S.REPORTED, S.WAITING, S.GRANTED, S.DONE),
        (S.REPORTED, S.WAITING, S.NEEDS_APPROVAL, S.GRANTED, S.DONE),
        (S.REPORTED, S.WAITING, S.FOUND),
        (S.REPORTED, S.WAITING, S.OVERTAKEN),
        (S.REPORTED, S.WITHDRAWN),
        (S.NEEDS_APPROVAL, S.DENIED),
        (S.NEEDS_APPROVAL, S.WITHDRAWN),
        (S.GRANTED, S.FAILED),
    ],
)
def test_ways_that_claims_go(way: tuple[ClaimState, ...]) -> None:
    assert all(new in MOVES[old] for old, new in pairwise(way))


@pytest.mark.parametrize(
    ("old", "new"),
    [(S.REPORTED, S.GRANTED), (S.WAITING, S.DONE), (S.DENIED, S.GRANTED), (S.FOUND, S.GRANTED), (S.DONE, S.GRANTED)],
)
def test_ways_that_no_claim_goes(old: ClaimState, new: ClaimState) -> None:
    assert new not in MOVES[old]


def test_every_state_has_its_ways() -> None:
    assert MOVES.keys() == set(ClaimState)


@pytest.mark.parametrize(
    ("held", "worth", "shared"),
    [
        ({"gift": (3000, 0), "card": (7000, 0)}, 1000, {"gift": 300, "card": 700}),
        ({"gift": (3000, 0), "card": (7000, 7000)}, 1000, {"gift": 1000}),
        ({"gift": (300, 0), "card": (200, 0)}, 1000, {"gift": 300, "card": 200}),
        ({"card": (0, 0)}, 1000, {}),
    ],
)
def test_money_is_shared_by_what_tenders_hold(
    held: dict[str, tuple[int, int]], worth: int, shared: dict[str, int]
) -> None:
    money = {ref: TenderMoney(ref, "JPY", captured, 0, refunded) for ref, (captured, refunded) in held.items()}
    found = by_tender(money, Money(worth, "JPY"))
    assert found == {ref: Money(amount, "JPY") for ref, amount in shared.items()}


def test_units_that_were_kept_are_not_free() -> None:
    units = LineUnits("1", ordered=5, cancelling=1, cancelled=1, return_open=0, returned=0, kept=2, refunded=3)
    assert (units.free, units.settled) == (1, 3)
