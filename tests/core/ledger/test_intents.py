"""Money on its way back: reserved until it went, reserved again when it came back, and never twice."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.queries import access_intent, intents_of_order, stuck, uncovered
from madoguchi.core.ledger.intents.rules import MOVES, IntentState
from madoguchi.core.ledger.queries import unbalanced
from madoguchi.core.ledger.rules import Destination
from madoguchi.kit import clock, ids
from madoguchi.kit.errors import Refused
from tests.core.ledger.conftest import Books

CARD, GIFT, KONBINI = "1", "2", "3"


async def state(books: Books, intent: UUID) -> IntentState:
    return (await books.db.run(SYSTEM, lambda tx: access_intent(tx, SYSTEM, intent))).state


async def sound(books: Books) -> None:
    for check in (unbalanced, uncovered):
        assert await books.db.run(SYSTEM, check) == []


async def sent(books: Books, tender: str, amount: int) -> UUID:
    """An intent that was asked for outside."""
    intent = await books.owe(tender, amount)
    await books.db.run(SYSTEM, lambda tx: intents.claim_refund(tx, intent))
    return intent


async def test_money_stays_reserved_until_it_went(books: Books) -> None:
    intent = await books.owe(CARD, 1200)
    assert await books.held(CARD) == (1200, 0)
    await books.db.run(SYSTEM, lambda tx: intents.claim_refund(tx, intent))
    assert await state(books, intent) is IntentState.SENT
    later = clock.now() + timedelta(minutes=1)
    await books.db.run(SYSTEM, lambda tx: intents.keep_refund(tx, intent, IntentState.UNKNOWN, later))
    assert await books.held(CARD) == (1200, 0)
    assert await books.db.run(SYSTEM, lambda tx: intents.settle_refund(tx, intent, "re_1", booked=False))
    assert await books.held(CARD) == (0, 1200)
    await sound(books)


async def test_settling_again_does_nothing(books: Books) -> None:
    intent = await sent(books, CARD, 1200)
    assert await books.db.run(SYSTEM, lambda tx: intents.settle_refund(tx, intent, "re_1", booked=True))
    assert not await books.db.run(SYSTEM, lambda tx: intents.settle_refund(tx, intent, "re_1", booked=True))
    assert await books.held(CARD) == (0, 1200)
    await sound(books)


async def test_what_comes_back_late_is_owed_again_and_goes_another_way_once(books: Books) -> None:
    intent = await sent(books, CARD, 1200)
    await books.db.run(SYSTEM, lambda tx: intents.settle_refund(tx, intent, "re_1", booked=True))
    assert await books.db.run(SYSTEM, lambda tx: intents.fail_refund(tx, intent, "account_closed"))
    assert not await books.db.run(SYSTEM, lambda tx: intents.fail_refund(tx, intent, "account_closed"))
    assert not await books.db.run(SYSTEM, lambda tx: intents.settle_refund(tx, intent, "re_1", booked=True))
    assert await books.held(CARD) == (1200, 0)
    other = await books.db.run(SYSTEM, lambda tx: intents.reroute_refund(tx, intent, Destination.GIFT_BALANCE, (0, 0)))
    with pytest.raises(Refused, match="refund_not_open"):
        await books.db.run(SYSTEM, lambda tx: intents.reroute_refund(tx, intent, Destination.BANK, (5, 10)))
    await books.db.run(SYSTEM, lambda tx: intents.claim_refund(tx, other))
    assert await books.db.run(SYSTEM, lambda tx: intents.settle_refund(tx, other, "op", booked=True))
    assert await books.held(CARD) == (0, 1200)
    assert [await state(books, one) for one in (intent, other)] == ["rerouted", "succeeded"]
    await sound(books)


async def test_a_bank_waits_for_an_account_and_may_be_changed_until_then(books: Books) -> None:
    intent = await books.owe(KONBINI, 1000, Destination.BANK)
    assert await state(books, intent) is IntentState.PLANNED
    other = await books.db.run(SYSTEM, lambda tx: intents.reroute_refund(tx, intent, Destination.GIFT_BALANCE, (0, 0)))
    assert [await state(books, one) for one in (intent, other)] == ["rerouted", "reserved"]
    await sound(books)


@pytest.mark.parametrize(
    ("tender", "destination"),
    [
        (GIFT, Destination.BANK),
        (GIFT, Destination.GIFT_BALANCE),
        (GIFT, Destination.CREDIT),
        (KONBINI, Destination.ORIGINAL),
        (CARD, Destination.BANK),
    ],
)
async def test_money_goes_only_where_it_may(books: Books, tender: str, destination: Destination) -> None:
    with pytest.raises(Refused, match="refund_destination"):
        await books.owe(tender, 100, destination)
    assert await books.held(tender) == (0, 0)


async def test_the_database_itself_holds_where_gift_money_goes(books: Books) -> None:
    intent = await books.owe(GIFT, 100)
    with pytest.raises(psycopg.errors.CheckViolation, match="i5_same_kind"):
        await books.db.run(
            SYSTEM,
            lambda tx: tx.execute(
                "update refund_intents set destination = 'bank', rail = 'bank' where id = %s", [intent]
            ),
        )


async def test_what_is_not_reserved_cannot_be_promised(books: Books) -> None:
    with pytest.raises(Refused, match="money_taken"):
        await books.owe(CARD, 5001)
    await books.owe(CARD, 3000)
    with pytest.raises(Refused, match="money_taken"):
        await books.owe(CARD, 2001)
    assert await books.held(CARD) == (3000, 0)
    await sound(books)


async def test_a_refund_of_somebody_else_does_not_exist(books: Books) -> None:
    intent = await books.owe(CARD, 100)
    stranger = Actor(role=Role.CUSTOMER, id=ids.uuid7(), level=Level.SIGNED_IN, store_id="demo")
    with pytest.raises(Refused, match="not_found"):
        await books.db.run(stranger, lambda tx: access_intent(tx, stranger, intent))
    assert await books.db.run(stranger, lambda tx: intents_of_order(tx, stranger, books.order_id)) == []


async def test_a_lost_job_is_found(books: Books) -> None:
    intent = await books.owe(CARD, 100)
    assert await books.db.run(SYSTEM, stuck) == []
    await books.db.run(SYSTEM, lambda tx: tx.execute("delete from jobs where key = %s", [f"refunds.execute:{intent}"]))
    assert len(await books.db.run(SYSTEM, stuck)) == 1


def test_every_state_can_be_reached_and_ends() -> None:
    reached = {IntentState.PLANNED, IntentState.RESERVED}.union(*MOVES.values())
    assert reached == set(IntentState)
    assert MOVES.keys() == set(IntentState)
    assert {state for state, moves in MOVES.items() if not moves} == {IntentState.REROUTED, IntentState.DROPPED}
