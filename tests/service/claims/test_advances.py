"""Missing parcels paid back before the wait is over, and what becomes of the money when they turn up after all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.advances import queries as advances
from madoguchi.core.ledger.advances import verbs as charging
from madoguchi.core.ledger.advances.rules import MOVES, REMIND_AFTER, Advance, AdvanceState
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.rules import IntentState
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop.verbs import take_facts_again
from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.payments.fake.rules import Temper
from madoguchi.edge.payments.fake.till import ShopTills
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Nothing
from madoguchi.service.claims.advancing import under_way
from madoguchi.service.claims.rules import ClaimState
from madoguchi.service.receipts.rules import Kind
from madoguchi.service.receipts.verbs import Wanted, issue
from madoguchi.service.refunds.charging import Charger
from tests.service.claims.conftest import Street
from tests.service.claims.test_parcels import ON_ITS_WAY, delivery
from tests.service.orders.shop import SIGNER

KNOWN_FOR = timedelta(days=200)
THREE_HOURS, BACK_WITHIN = timedelta(hours=3), timedelta(days=30)


class Desk:
    """A street with a provider that charges, and people who decide."""

    def __init__(self, street: Street, payments: Database) -> None:
        self.street = street
        self._payments = payments

    async def know(self, since: timedelta = KNOWN_FOR) -> None:
        """The customer has been one for so long."""
        owner = await self.street.owner(ON_ITS_WAY)
        await self.street.db.run(
            SYSTEM,
            lambda tx: tx.execute("update customers set created_at = %s where id = %s", [tx.now - since, owner]),
        )

    async def reported(self) -> Request:
        """The parcel is reported missing shortly after it was scanned, and its price wished back."""
        request = await self.street.agree(ON_ITS_WAY, await self.street.missing(ON_ITS_WAY, "refund"))
        await self.street.refund()
        return request

    async def found(self, then: str) -> Request:
        """It turned up."""
        return await self.street.agree(ON_ITS_WAY, await self.street.tell(ON_ITS_WAY, "parcel.found", then=then))

    async def advance(self) -> Advance:
        """The one there is."""
        _, order_id = await self.street.actor(ON_ITS_WAY)
        (found,) = await self.street.db.run(SYSTEM, lambda tx: advances.advances_of_order(tx, SYSTEM, order_id))
        return found

    async def charge(self, faults: Faults | None = None, temper: Temper | None = None) -> None:
        """The worker charges what was agreed to."""
        tills = ShopTills({"demo": self.street.store})
        provider = FakeProvider(self._payments, tills, SIGNER, faults, temper)
        charger = Charger(self.street.db, {"demo": provider})
        await jobs.run_due(
            self.street.db, {charging.CHARGE: jobs.Duty(charger.charge, charging.ChargeAdvance)}, limit=5
        )

    async def pass_time(self) -> None:
        """What is due happens."""
        await Charger(self.street.db, {}).sweep(Nothing())

    async def charged(self) -> int:
        """What the provider has taken again."""
        query = "select coalesce(sum(amount), 0)::bigint from charges where state = 'succeeded'"
        return int(await self._payments.run(SYSTEM, lambda tx: tx.value(query)))

    async def act(self, role: Role, name: str, **more: Any) -> None:
        """One of the staff decides."""
        _, order_id = await self.street.actor(ON_ITS_WAY)
        hired = await self.street.db.run(
            SYSTEM,
            lambda tx: add_staff(
                tx, email=f"{ids.uuid7()}@example.jp", name="森", role=role, locale="ja", languages=["ja"]
            ),
        )
        actor = Actor(role=role, id=hired, session=ids.uuid7())
        raw = {"order_id": order_id, "note": "確認済み", **more}
        await self.street.db.run(actor, lambda tx: actions.run(tx, self.street.catalogue, actor, name, raw))

    async def pay(self) -> Request:
        """The customer pays what is due."""
        actor, order_id = await self.street.actor(ON_ITS_WAY)
        return await self.street.agree(ON_ITS_WAY, await self.street.quote(actor, order_id, "advance.pay"))

    async def sound(self) -> None:
        await self.street.balanced()
        assert await self.street.db.run(SYSTEM, advances.unfounded) == []


@pytest.fixture
async def desk(street: Street) -> AsyncIterator[Desk]:
    payments = payments_database(street.db.conninfo)
    await payments.open()
    made = Desk(street, payments)
    with street.later(await delivery(street) + THREE_HOURS):
        yield made
    await payments.close()


async def test_who_is_known_gets_the_money_at_once(desk: Desk) -> None:
    await desk.know()
    quote = await desk.street.missing(ON_ITS_WAY, "refund")
    slip = quote.draft.slip
    assert (slip.rule and slip.rule.key, slip.next_step and slip.next_step.key) == (
        "claims.rule.advance",
        "claims.next.advance",
    )
    request = await desk.street.agree(ON_ITS_WAY, quote)
    assert request.state is RequestState.DONE
    assert (await desk.street.claim(request)).state is ClaimState.DONE
    (intent,) = await desk.street.intents(ON_ITS_WAY)
    advance = await desk.advance()
    assert (advance.state, advance.amount) == (AdvanceState.PAID, intent.amount)
    assert advance.due_at == clock.now() + timedelta(hours=45)
    decided = "select count(*) from policy_decisions where quote_id = %s"
    assert await desk.street.db.run(SYSTEM, lambda tx: tx.value(decided, [quote.id])) == 2
    await desk.sound()


async def test_others_wait_as_before(desk: Desk) -> None:
    request = await desk.reported()
    assert (await desk.street.claim(request)).state is ClaimState.WAITING
    assert await desk.street.intents(ON_ITS_WAY) == []


async def test_so_does_who_wishes_it_sent_again(desk: Desk) -> None:
    await desk.know()
    request = await desk.street.agree(ON_ITS_WAY, await desk.street.missing(ON_ITS_WAY, "resend"))
    assert (await desk.street.claim(request)).state is ClaimState.WAITING


async def test_what_is_agreed_to_counts_before_it_is_paid(desk: Desk) -> None:
    await desk.know()
    actor, _ = await desk.street.actor(ON_ITS_WAY)
    owner = await desk.street.owner(ON_ITS_WAY)
    await desk.street.confirm(actor, await desk.street.missing(ON_ITS_WAY, "refund"))
    assert await desk.street.db.run(SYSTEM, lambda tx: under_way(tx, owner)) == 1
    await desk.street.work()
    assert await desk.street.db.run(SYSTEM, lambda tx: under_way(tx, owner)) == 1


async def test_a_quote_from_before_the_limit_was_reached_pays_nothing_in_advance(desk: Desk) -> None:
    await desk.know()
    quote = await desk.street.missing(ON_ITS_WAY, "refund")
    others = """insert into ledger_advances (id, number, store_id, customer_id, order_id, subject, tender_ref,
                  tender_label, amount, currency, state, due_at, paid_at)
                select gen_random_uuid(), 'A-' || n, o.store_id, o.customer_id, o.id, 'return:' || n, t.tender_ref,
                  'VISA', 100, 'JPY', 'paid', now() + interval '30 days', now()
                from orders o join ledger_tenders t on t.order_id = o.id, generate_series(1, 2) n
                where o.id = %s"""
    await desk.street.db.run(SYSTEM, lambda tx: tx.execute(others, [quote.order_id]))
    with pytest.raises(Refused) as refused:
        await desk.street.agree(ON_ITS_WAY, quote)
    assert refused.value.code == "order_changed"
    assert await desk.street.intents(ON_ITS_WAY) == []


async def test_what_never_turned_up_was_owed(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    await desk.pass_time()
    assert (await desk.advance()).state is AdvanceState.PAID
    with desk.street.later(timedelta(hours=46)):
        await desk.pass_time()
        assert (await desk.advance()).state is AdvanceState.FINAL
        with pytest.raises(Refused) as refused:
            await desk.found("keep")
        assert refused.value.code == "claim_not_waiting"
        await desk.sound()


async def test_who_keeps_it_pays_for_it_once(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    request = await desk.found("keep")
    advance = await desk.advance()
    assert (request.state, advance.state) == (RequestState.DONE, AdvanceState.RECHARGE_DUE)
    assert request.outcome
    assert request.outcome.slip
    assert [charge.amount for charge in request.outcome.slip.charges] == [advance.amount]
    await desk.charge()
    await desk.charge()
    assert (await desk.advance()).state is AdvanceState.CHARGED
    assert await desk.charged() == advance.amount_minor
    await desk.sound()


async def test_what_was_taken_again_counts_as_given_back_no_more(desk: Desk) -> None:
    """The tender holds it, and the units are as they were sold: broken or unwanted, they can be made good like any."""
    _, order_id = await desk.street.actor(ON_ITS_WAY)

    async def money(tx: Tx) -> tuple[int, int]:
        (held,) = (await ledger.tenders(tx, order_id)).values()
        return held.refunded, held.recharged

    await desk.know()
    await desk.reported()
    amount = (await desk.advance()).amount_minor
    assert await desk.street.db.run(SYSTEM, money) == (amount, 0)
    await desk.found("keep")
    await desk.charge()
    await desk.charge()
    assert await desk.street.db.run(SYSTEM, money) == (0, amount)
    units = (await desk.street.held(ON_ITS_WAY)).values()
    assert {(line.kept, line.refunded, line.free) for line in units} == {(0, 0, 1)}
    await desk.street.db.run(SYSTEM, lambda tx: take_facts_again(tx, order_id))
    assert await desk.street.db.run(SYSTEM, money) == (0, amount), (
        "the store's own figure is not taken for another refund"
    )
    await desk.sound()


async def test_what_was_taken_again_is_not_told_as_given_back(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    actor, order_id = await desk.street.actor(ON_ITS_WAY)
    wanted = Wanted(kind=Kind.CREDIT_NOTE, addressee="佐藤")
    advance = await desk.advance()
    given = (await desk.street.db.run(actor, lambda tx: issue(tx, actor, order_id, wanted))).said
    assert given.total == advance.amount
    await desk.found("keep")
    await desk.charge()
    with pytest.raises(Refused, match="receipt_nothing_returned"):
        await desk.street.db.run(actor, lambda tx: issue(tx, actor, order_id, wanted))
    receipt = Wanted(kind=Kind.RECEIPT, addressee="佐藤")
    said = (await desk.street.db.run(actor, lambda tx: issue(tx, actor, order_id, receipt))).said
    assert (said.returned.amount, [part.amount for part in said.returns]) == (0, [advance.amount, -advance.amount])


@pytest.mark.parametrize("faults", [Faults(lost=1.0), Faults(timed_out=1.0), Faults(twice=1.0)])
async def test_a_lost_answer_charges_once(desk: Desk, faults: Faults) -> None:
    await desk.know()
    await desk.reported()
    await desk.found("keep")
    await desk.charge(faults)
    with desk.street.later(timedelta(minutes=10)):
        await desk.charge()
        advance = await desk.advance()
        assert advance.state is AdvanceState.CHARGED
        assert await desk.charged() == advance.amount_minor
        await desk.sound()


async def test_a_declined_charge_is_due_and_can_be_paid_again(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    await desk.found("keep")
    await desk.charge(temper=Temper(declines=1.0))
    advance = await desk.advance()
    assert (advance.state, advance.code, advance.charge_key) == (AdvanceState.RECHARGE_DUE, "card_declined", None)
    first, second = await asyncio.gather(desk.pay(), desk.pay(), return_exceptions=True)
    states = [one.state for one in (first, second) if isinstance(one, Request)]
    assert states.count(RequestState.DONE) == 1
    await desk.charge()
    assert (await desk.advance()).state is AdvanceState.CHARGED
    assert await desk.charged() == advance.amount_minor
    await desk.sound()


async def test_nothing_is_taken_again_that_was_never_given(desk: Desk) -> None:
    await desk.know()
    await desk.street.agree(ON_ITS_WAY, await desk.street.missing(ON_ITS_WAY, "refund"))
    with pytest.raises(Refused) as refused:
        await desk.found("keep")
    assert refused.value.code == "advance_not_gone"
    due = await desk.advance()
    with pytest.raises(Refused, match="advance_not_gone"):
        await desk.street.db.run(SYSTEM, lambda tx: charging.owe(tx, due.id))
    await desk.found("send_back")
    with desk.street.later(BACK_WITHIN):
        await desk.pass_time()
        assert (await desk.advance()).state is AdvanceState.PAID
        await desk.street.refund()
    with desk.street.later(BACK_WITHIN + REMIND_AFTER):
        await desk.pass_time()
        assert (await desk.advance()).state is AdvanceState.RECHARGE_DUE
        await desk.pay()
        await desk.charge()
    assert await desk.charged() == due.amount_minor
    await desk.sound()


async def _refund_failed(desk: Desk) -> None:
    """The early refund went out and could not be made."""
    (intent,) = await desk.street.intents(ON_ITS_WAY)

    async def work(tx: Tx) -> None:
        await intents.claim_refund(tx, intent.id)
        await intents.fail_refund(tx, intent.id, "account_closed")

    await desk.street.db.run(SYSTEM, work)


async def _nothing_is_owed(desk: Desk) -> None:
    assert (await desk.advance()).state is AdvanceState.VOID
    (intent,) = await desk.street.intents(ON_ITS_WAY)
    assert intent.state is IntentState.DROPPED
    assert {(line.kept, line.refunded) for line in (await desk.street.held(ON_ITS_WAY)).values()} == {(0, 0)}
    assert await desk.charged() == 0
    await desk.sound()


async def test_a_refund_that_failed_for_good_is_not_charged_and_ends(desk: Desk) -> None:
    """The parcel is there, the money never came: nothing is sent, nothing is taken, and the customer is told so."""
    await desk.know()
    await desk.street.agree(ON_ITS_WAY, await desk.street.missing(ON_ITS_WAY, "refund"))
    await _refund_failed(desk)
    request = await desk.found("keep")
    assert request.state is RequestState.DONE
    assert request.outcome
    assert request.outcome.slip
    assert request.outcome.slip.charges == ()
    await _nothing_is_owed(desk)


async def test_money_that_a_bank_sent_back_is_asked_for_no_more(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    await desk.found("keep")
    await desk.charge(temper=Temper(declines=1.0))
    (intent,) = await desk.street.intents(ON_ITS_WAY)
    await desk.street.db.run(SYSTEM, lambda tx: intents.fail_refund(tx, intent.id, "account_closed"))
    assert (await desk.advance()).state is AdvanceState.RECHARGE_DUE
    await desk.pass_time()
    await _nothing_is_owed(desk)


async def test_what_was_to_be_sent_back_and_never_paid_ends_by_itself(desk: Desk) -> None:
    await desk.know()
    await desk.street.agree(ON_ITS_WAY, await desk.street.missing(ON_ITS_WAY, "refund"))
    await _refund_failed(desk)
    await desk.found("send_back")
    with desk.street.later(BACK_WITHIN):
        await desk.pass_time()
    await _nothing_is_owed(desk)


async def test_a_late_answer_to_an_old_wish_says_nothing_about_the_new_one(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    old = (await desk.found("keep")).id
    await desk.charge(temper=Temper(declines=1.0))
    await desk.pay()
    due = await desk.advance()
    await desk.street.db.run(SYSTEM, lambda tx: charging.decline_charge(tx, due.id, old, "card_declined"))
    assert not await desk.street.db.run(SYSTEM, lambda tx: charging.settle_charge(tx, due.id, old, "ch_old"))
    assert await desk.advance() == due
    await desk.charge()
    assert (await desk.advance()).state is AdvanceState.CHARGED
    await desk.sound()


async def test_who_sends_it_back_owes_nothing(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    await desk.found("send_back")
    advance = await desk.advance()
    assert (advance.state, advance.coming_back, advance.due_at) == (
        AdvanceState.PAID,
        True,
        clock.now() + BACK_WITHIN,
    )
    await desk.act(Role.ASSOCIATE, "advance.receive")
    assert (await desk.advance()).state is AdvanceState.RECOVERED
    assert await desk.charged() == 0
    await desk.sound()


async def test_what_does_not_come_back_is_due_and_reminded_of(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    await desk.found("send_back")
    told = "select count(*) from jobs where name = 'notices.advance_due'"
    with desk.street.later(BACK_WITHIN):
        await desk.pass_time()
        assert (await desk.advance()).state is AdvanceState.RECHARGE_DUE
    for week in range(1, 6):
        with desk.street.later(BACK_WITHIN + week * REMIND_AFTER):
            await desk.pass_time()
            await desk.pass_time()
    assert (await desk.advance()).reminded == 3
    assert await desk.street.db.run(SYSTEM, lambda tx: tx.value(told)) in {0, 4}  # none where nothing reacts
    assert await desk.charged() == 0


async def test_a_leader_may_forgive_and_nobody_else(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    await desk.found("keep")
    with pytest.raises(Refused) as refused:
        await desk.act(Role.LEADER, "advance.forgive")
    assert refused.value.code == "advance_charging"
    await desk.charge(temper=Temper(declines=1.0))
    with pytest.raises(Refused) as refused:
        await desk.act(Role.ASSOCIATE, "advance.forgive")
    assert refused.value.status == 403
    await desk.act(Role.LEADER, "advance.forgive")
    assert (await desk.advance()).state is AdvanceState.FORGIVEN
    with pytest.raises(Refused):
        await desk.pay()
    assert await desk.charged() == 0
    await desk.sound()


async def test_of_several_the_one_that_is_meant_is_ended(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    first = await desk.advance()
    another = """insert into ledger_advances (id, number, store_id, customer_id, order_id, subject, tender_ref,
                   tender_label, amount, currency, state, due_at, paid_at)
                 select gen_random_uuid(), 'A-2', store_id, customer_id, order_id, 'return:2', tender_ref, tender_label,
                   amount, currency, state, due_at, paid_at from ledger_advances returning id"""
    second = await desk.street.db.run(SYSTEM, lambda tx: tx.value(another))
    with pytest.raises(Refused) as refused:
        await desk.act(Role.ASSOCIATE, "advance.receive")
    assert (refused.value.code, refused.value.parameters["field"]) == ("field_missing", "advance_id")
    await desk.act(Role.ASSOCIATE, "advance.receive", advance_id=str(second))
    found = await desk.street.db.run(SYSTEM, lambda tx: advances.advances_of_order(tx, SYSTEM, first.order_id))
    assert {one.id: one.state for one in found} == {first.id: AdvanceState.PAID, second: AdvanceState.RECOVERED}


async def test_who_was_forgiven_waits_the_next_time(desk: Desk) -> None:
    owner = await desk.street.owner(ON_ITS_WAY)
    await desk.know()
    await desk.reported()
    assert await desk.street.db.run(SYSTEM, lambda tx: advances.open_advances_of(tx, owner)) == 1
    await desk.found("keep")
    await desk.charge(temper=Temper(declines=1.0))
    await desk.act(Role.LEADER, "advance.forgive")
    assert await desk.street.db.run(SYSTEM, lambda tx: advances.open_advances_of(tx, owner)) == 1


async def test_a_strangers_advance_does_not_exist(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    advance = await desk.advance()
    stranger, _ = await desk.street.actor("MD-10233915")
    with pytest.raises(Refused, match="not_found"):
        await desk.street.db.run(stranger, lambda tx: advances.access_advance(tx, stranger, advance.id))


async def test_the_database_itself_holds_one_open_advance_and_one_charge(desk: Desk) -> None:
    await desk.know()
    await desk.reported()
    again = """insert into ledger_advances (id, number, store_id, customer_id, order_id, subject, tender_ref,
                 tender_label, amount, currency, state, due_at, paid_at)
               select gen_random_uuid(), 'A-2', store_id, customer_id, order_id, subject, tender_ref, tender_label,
                 amount, currency, state, due_at, paid_at from ledger_advances"""
    with pytest.raises(psycopg.errors.UniqueViolation, match="ledger_advances_open"):
        await desk.street.db.run(SYSTEM, lambda tx: tx.execute(again))
    for change in ("state = 'charged'", "amount = 0", "state = 'forgiven', settled_at = now()"):
        query = f"update ledger_advances set {change}"
        with pytest.raises(psycopg.errors.CheckViolation):
            await desk.street.db.run(SYSTEM, lambda tx, query=query: tx.execute(query))  # type: ignore[misc]


async def test_an_orders_advances_are_found_without_reading_all(desk: Desk) -> None:
    _, order_id = await desk.street.actor(ON_ITS_WAY)

    async def plan(tx: Tx) -> str:
        await tx.execute("set local enable_seqscan = off")
        await tx.execute("set local enable_sort = off")
        query = "explain (format json) select * from ledger_advances where order_id = %s order by id"
        return str(await tx.value(query, [order_id]))

    assert "ledger_advances_order" in await desk.street.db.run(SYSTEM, plan)


def test_every_state_can_be_reached_and_ends() -> None:
    assert {AdvanceState.PAID}.union(*MOVES.values()) == set(AdvanceState)
    assert MOVES.keys() == set(AdvanceState)
