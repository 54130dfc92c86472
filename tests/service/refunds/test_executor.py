"""Every refund once: by the provider, the store or a bank, whatever becomes of the answers."""

from datetime import timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions.fields import BankAccount
from madoguchi.core.ledger.intents.rules import IntentState
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.shop.port import RefundTo
from madoguchi.edge.payments.fake.rules import SENT_BACK_AFTER, Temper
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.security import Vault
from madoguchi.service.refunds import queries, verbs
from madoguchi.service.refunds.jobs import Reconciler
from madoguchi.service.refunds.rules import TaskKind
from tests.service.refunds.conftest import House

CARD, GIFT, KONBINI = "1", "2", "3"
VAULT = Vault(b"v" * 32)
ACCOUNT = BankAccount(bank="0001", branch="123", kind="ordinary", number="1234567", holder="サトウ ミサキ")


async def test_a_card_refund_is_the_same_in_all_books(house: House) -> None:
    intent = await house.books.owe(CARD, 1200)
    await house.work()
    assert await house.state(intent) is IntentState.SUCCEEDED
    assert await house.books.held(CARD) == (0, 1200)
    assert (house.till.refunded(CARD), await house.at_provider()) == (1200, 1200)
    await house.sound()


async def test_gift_balance_goes_back_by_the_store_alone(house: House) -> None:
    intent = await house.books.owe(GIFT, 3000)
    await house.work()
    assert await house.state(intent) is IntentState.SUCCEEDED
    assert (house.till.refunded(GIFT), await house.at_provider()) == (3000, 0)
    await house.sound()


@pytest.mark.parametrize("seed", range(4))
async def test_lost_replies_and_doubled_calls_pay_once(house: House, seed: int) -> None:
    owed = [await house.books.owe(CARD, 100) for _ in range(10)] + [await house.books.owe(GIFT, 50) for _ in range(5)]
    house.with_provider(Faults(seed=seed, lost=0.4, timed_out=0.2, twice=0.3), Temper(seed=seed, pending=0.3))
    house.with_till(Faults(seed=seed, lost=0.4, timed_out=0.2, twice=0.3))
    await house.insist(8)
    await house.provider.tick(house.now + timedelta(minutes=1), _takes)
    house.with_provider(Faults(), Temper())
    house.with_till(Faults())
    await house.insist(4)
    assert {await house.state(intent) for intent in owed} == {IntentState.SUCCEEDED}
    assert (house.till.refunded(CARD), await house.at_provider(), house.till.refunded(GIFT)) == (1000, 1000, 250)
    assert await house.books.held(CARD) == (0, 1000)
    await house.sound()


async def test_what_nobody_knows_is_visible_and_settles_once(house: House) -> None:
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(lost=1.0), Temper())
    await house.work()
    assert await house.state(intent) is IntentState.UNKNOWN
    assert await house.books.held(CARD) == (1200, 0)
    house.with_provider(Faults(), Temper())
    await house.look_now()
    assert await house.state(intent) is IntentState.SUCCEEDED
    assert await house.at_provider() == 1200
    await house.sound()


async def test_a_late_failure_is_heard_and_goes_another_way(house: House) -> None:
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(), Temper(fails_late=1.0, doubled=1.0, shuffled=True))
    await house.work()
    assert house.till.refunded(CARD) == 1200
    house.now += SENT_BACK_AFTER
    for _ in range(2):
        await house.news()
        await house.work()
    assert (await house.intent(intent)).code == "account_closed"
    assert await house.books.held(CARD) == (1200, 0)
    other = await house.db.run(SYSTEM, lambda tx: verbs.go_another_way(tx, SYSTEM, intent, Destination.GIFT_BALANCE))
    await house.work()
    assert await house.state(other) is IntentState.SUCCEEDED
    assert (house.till.credits, house.till.refunded(CARD)) == ({str(other): 1200}, 1200)
    assert await house.books.held(CARD) == (0, 1200)
    await house.sound()


async def test_what_the_store_noted_before_we_died_is_not_noted_twice(house: House) -> None:
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(), Temper(fails_late=1.0))
    house.with_till(Faults(timed_out=1.0))
    await house.work()
    house.with_till(Faults())
    owed = await house.intent(intent)
    await house.till.refund(str(intent), owed.order_ref, CARD, owed.amount, RefundTo.ORIGINAL)
    assert (house.till.refunded(CARD), owed.booked_at) == (1200, None)
    house.now += SENT_BACK_AFTER
    await house.news()
    await house.work()
    assert await house.state(intent) is IntentState.FAILED
    other = await house.db.run(SYSTEM, lambda tx: verbs.go_another_way(tx, SYSTEM, intent, Destination.GIFT_BALANCE))
    await house.work()
    assert (house.till.credits, house.till.refunded(CARD)) == ({str(other): 1200}, 1200)
    await house.sound()


async def test_news_that_could_not_be_read_is_read_later(house: House) -> None:
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(), Temper(fails_late=1.0))
    await house.work()
    house.now += SENT_BACK_AFTER
    await house.news()
    house.with_provider(Faults(lost=1.0), Temper())
    await house.work()
    assert await house.state(intent) is IntentState.SUCCEEDED
    house.with_provider(Faults(), Temper())
    await house.look_now()
    assert await house.state(intent) is IntentState.FAILED


async def test_konbini_goes_to_a_bank_account_with_others(house: House) -> None:
    intent = await house.books.owe(KONBINI, 1000, Destination.BANK)
    await house.work()
    assert await house.state(intent) is IntentState.PLANNED
    associate, leader = await house.hire(Role.ASSOCIATE), await house.hire(Role.LEADER)
    with pytest.raises(Refused, match="nothing_to_pay"):
        await house.db.run(associate, lambda tx: verbs.open_payout(tx, associate, "demo"))
    owner = await _owner(house)
    await house.db.run(owner, lambda tx: verbs.give_account(tx, VAULT, owner, intent, ACCOUNT))
    payout = await house.db.run(associate, lambda tx: verbs.open_payout(tx, associate, "demo"))
    listed = await house.db.run(associate, lambda tx: verbs.export_payout(tx, VAULT, associate, payout.id))
    number = (await house.intent(intent)).number
    assert listed.splitlines()[1] == f"0001,123,1,1234567,ｻﾄｳ ﾐｻｷ,1000,{number}"
    with pytest.raises(Refused, match="refund_not_open"):
        await house.db.run(owner, lambda tx: verbs.give_account(tx, VAULT, owner, intent, ACCOUNT))
    with pytest.raises(Refused, match="forbidden"):
        await house.db.run(associate, lambda tx: verbs.report_paid(tx, associate, payout.id, {}))
    for _ in range(2):
        await house.db.run(leader, lambda tx: verbs.report_paid(tx, leader, payout.id, {}))
        await house.work()
    assert await house.state(intent) is IntentState.SUCCEEDED
    assert await house.books.held(KONBINI) == (0, 1000)
    assert house.till.refunded(KONBINI) == 1000
    await house.sound()


async def test_an_account_is_sealed_masked_and_wiped(house: House) -> None:
    intent = await house.books.owe(KONBINI, 1000, Destination.BANK)
    owner, leader = await _owner(house), await house.hire(Role.LEADER)
    await house.db.run(owner, lambda tx: verbs.give_account(tx, VAULT, owner, intent, ACCOUNT))
    sealed = await house.db.run(SYSTEM, lambda tx: queries.account_sealed(tx, intent))
    assert sealed
    assert "1234567" not in sealed
    assert await house.db.run(owner, lambda tx: queries.account_shown(tx, intent)) == "0001 123 ****567"
    payout = await house.db.run(leader, lambda tx: verbs.open_payout(tx, leader, "demo"))
    await house.db.run(leader, lambda tx: verbs.report_paid(tx, leader, payout.id, {intent: "no_such_account"}))
    assert (await house.intent(intent)).code == "no_such_account"
    later = clock.now() + timedelta(seconds=1)
    assert await house.db.run(SYSTEM, lambda tx: verbs.wipe_accounts(tx, later)) == 1
    assert await house.db.run(SYSTEM, lambda tx: queries.account_sealed(tx, intent)) is None
    with pytest.raises(Refused, match="account_wiped"):
        await house.db.run(leader, lambda tx: verbs.export_payout(tx, VAULT, leader, payout.id))


async def test_without_keys_nothing_is_asked_twice(house: House) -> None:
    forgets = Temper(forgets_keys=True)
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(lost=1.0), forgets)
    await house.work()
    assert await house.state(intent) is IntentState.UNKNOWN
    house.with_provider(Faults(), forgets)
    await house.look_now()
    assert await house.state(intent) is IntentState.SUCCEEDED
    assert await house.at_provider() == 1200
    await house.sound()


async def test_without_keys_a_person_finds_out_what_cannot_be_told_apart(house: House) -> None:
    forgets = Temper(forgets_keys=True)
    first, second = await house.books.owe(CARD, 500), await house.books.owe(CARD, 500)
    house.with_provider(Faults(lost=1.0), forgets)
    await house.work()
    house.with_provider(Faults(), forgets)
    await house.insist(10)
    assert {await house.state(one) for one in (first, second)} == {IntentState.UNKNOWN}
    tasks = await house.db.run(SYSTEM, queries.open_tasks)
    assert {(task.kind, task.intent_id) for task in tasks} == {(TaskKind.UNKNOWN, first), (TaskKind.UNKNOWN, second)}
    assert len(tasks) == 2
    leader, associate = await house.hire(Role.LEADER), await house.hire(Role.ASSOCIATE)
    with pytest.raises(Refused, match="forbidden"):
        await house.db.run(associate, lambda tx: verbs.close_task(tx, associate, tasks[0].id, "", went=True))
    for task in tasks:
        await house.db.run(leader, lambda tx, id=task.id: verbs.close_task(tx, leader, id, "銀行に確認", went=True))  # type: ignore[misc]
    await house.look_now()
    assert {await house.state(one) for one in (first, second)} == {IntentState.SUCCEEDED}
    assert (await house.at_provider(), house.till.refunded(CARD)) == (1000, 1000)
    await house.sound()


async def test_the_nightly_comparison_tells_every_difference(house: House) -> None:
    known = await house.books.owe(CARD, 100)
    await house.work()
    payment = (await house.intent(known)).payment_ref
    await house.provider.refund("somebody else", payment, (await house.intent(known)).amount)
    lost = await house.books.owe(CARD, 200)
    await house.db.run(
        SYSTEM,
        lambda tx: tx.execute(
            "update refund_intents set state = 'succeeded', sent_at = %s, booked_at = %s where id = %s",
            [tx.now, tx.now, lost],
        ),
    )
    reconciler = Reconciler(house.db, {"demo": house.provider})
    assert await reconciler.compare("demo", house.now - timedelta(hours=1)) == 2
    assert await reconciler.compare("demo", house.now - timedelta(hours=1)) == 2
    tasks = await house.db.run(SYSTEM, queries.open_tasks)
    assert {(task.kind, task.intent_id) for task in tasks} == {(TaskKind.STRAY, None), (TaskKind.MISSING, lost)}
    assert len(await house.db.run(SYSTEM, queries.unexplained)) == 2


async def test_the_comparison_finds_what_was_missed(house: House) -> None:
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(lost=1.0), Temper())
    await house.work()
    house.with_provider(Faults(), Temper())
    await Reconciler(house.db, {"demo": house.provider}).compare("demo", house.now - timedelta(hours=1))
    await house.work()
    assert await house.state(intent) is IntentState.SUCCEEDED
    assert await house.db.run(SYSTEM, queries.open_tasks) == []
    await house.sound()


async def test_what_the_provider_made_long_after_it_was_asked_for_is_ours(house: House) -> None:
    """It was away for days, so its list begins after the moment at which we first asked."""
    intent = await house.books.owe(CARD, 1200)
    house.with_provider(Faults(timed_out=1.0), Temper())
    await house.work()
    with clock.frozen(house.now + timedelta(days=5)):
        house.with_provider(Faults(), Temper())
        await house.look_now()
        assert await house.state(intent) is IntentState.SUCCEEDED
        reconciler = Reconciler(house.db, {"demo": house.provider})
        assert await reconciler.compare("demo", clock.now() - timedelta(days=3)) == 0
    assert await house.db.run(SYSTEM, queries.open_tasks) == []


async def test_a_strangers_account_is_refused(house: House) -> None:
    intent = await house.books.owe(KONBINI, 1000, Destination.BANK)
    stranger = Actor(role=Role.CUSTOMER, id=house.books.order_id, level=Level.SIGNED_IN, store_id="demo")
    with pytest.raises(Refused, match="not_found"):
        await house.db.run(stranger, lambda tx: verbs.give_account(tx, VAULT, stranger, intent, ACCOUNT))
    assert await house.db.run(SYSTEM, lambda tx: queries.account_shown(tx, intent)) is None
    assert await house.state(intent) is IntentState.PLANNED


async def _owner(house: House) -> Actor:
    customer = await house.db.run(SYSTEM, lambda tx: tx.value("select id from customers"))
    return Actor(role=Role.CUSTOMER, id=customer, level=Level.SIGNED_IN, store_id="demo")


async def _takes(_headers: object, _body: bytes) -> bool:
    return True
