"""The guarantee: claimed after the seller was asked, answered or not, decided by two people, appealed, paid once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions.rules import Said
from madoguchi.core.policy.pack import Fault, Ground, shipped
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.threads import queries as threads
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.guarantee import jobs as paying_jobs
from madoguchi.service.guarantee import queries
from madoguchi.service.guarantee.answering import answer
from madoguchi.service.guarantee.rules import LIVING, MOVES, SellerAnswer, State
from madoguchi.service.guarantee.verbs import PAY
from madoguchi.service.notices.rules import template
from tests.service.guarantee.conftest import BOWLS, DAY, HOUR, Bazaar

RULES = shipped(DEMO.rule_pack).guarantee
REFUND, REFUSE = SellerAnswer.REFUND, SellerAnswer.REFUSE
OTHERS = "MD-10233915"  # another customer's order, of the shop itself
CANARIES = ("090-1234-5678", "misaki@example.jp", "佐藤")


async def code_of(work: object) -> str:
    """Why something was refused."""
    with pytest.raises(Refused) as refused:
        await work  # type: ignore[misc]
    return refused.value.code


async def given_back(bazaar: Bazaar) -> int:
    """What was intended to be given back for the order."""
    return sum(one.amount.amount for one in await bazaar.intents(BOWLS))


# -- claiming


async def test_a_claim_waits_for_the_seller(asked: Bazaar) -> None:
    of = await asked.claimed()
    assert (of.state, of.due_at, of.ground) == (State.WAITING_SELLER, clock.now() + 48 * HOUR, Ground.NOT_AS_DESCRIBED)
    assert of.amount == Money(await _paid(asked), "JPY")
    assert await given_back(asked) == 0
    merchant = await asked.merchant()
    (seen,) = await asked.db.run(merchant, lambda tx: queries.claims_of_seller(tx, merchant))
    assert (seen.number, seen.state, seen.told) == (of.number, State.WAITING_SELLER, "色が写真と違います")


@pytest.mark.parametrize(("units", "with_shipping"), [(2, True), (1, False)])
async def test_it_is_told_which_goods_it_is_about(asked: Bazaar, units: int, with_shipping: bool) -> None:
    of = await asked.claimed(lines={"1": units})
    goods = await asked.db.run(SYSTEM, lambda tx: queries.goods(tx, of))
    ((name, count),) = goods.lines
    assert name.startswith("有田焼 飯碗")
    assert (count, goods.returning, goods.with_shipping) == (units, 0, with_shipping)
    assert goods.case_id is not None


async def test_the_seller_is_asked_first_and_has_time(bazaar: Bazaar) -> None:
    assert await code_of(bazaar.ask_for()) == "guarantee_ask_seller"
    await bazaar.contact()
    assert await code_of(bazaar.ask_for()) == "guarantee_seller_has"
    with bazaar.later(48 * HOUR - timedelta(seconds=1)):
        assert await code_of(bazaar.ask_for()) == "guarantee_seller_has"
    with bazaar.later(48 * HOUR):
        assert (await bazaar.claimed()).state is State.WAITING_SELLER


async def test_until_the_end_of_the_last_day(asked: Bazaar) -> None:
    order = await asked.store.get_order(BOWLS)
    assert order
    promised = max(one.promised_until for one in order.shipments if one.promised_until)
    last = promised.astimezone(clock.now().astimezone().tzinfo) + RULES.report_days * DAY
    with clock.frozen(last + 2 * DAY):
        assert await code_of(asked.ask_for()) == "guarantee_over"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"disputed": "yes"}, "guarantee_charged_back"),
        ({"lines": {"1": 99}}, "wrong_quantity"),
        ({"lines": {}}, "no_lines"),
        ({"note": ""}, "field_missing"),
        ({"note": "あ" * 1001}, "field_too_long"),
        ({"ground": "because"}, "field_unknown"),
        ({"photos": ["01234567-0000-7000-8000-000000000000"]}, "photo_unknown"),
    ],
)
async def test_what_makes_no_sense_is_refused(asked: Bazaar, given: dict[str, object], code: str) -> None:
    assert await code_of(asked.ask_for(**given)) == code


async def test_there_is_one_claim_at_a_time(asked: Bazaar) -> None:
    actor, _ = await asked.actor(BOWLS)
    quotes = [await asked.ask_for() for _ in range(2)]
    done = await asyncio.gather(*(asked.confirm(actor, one) for one in quotes), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Refused", "Request"]
    await asked.work()
    assert await code_of(asked.ask_for()) in {"guarantee_open", "change_open"}


async def test_what_the_shop_sold_itself_is_not_covered(bazaar: Bazaar) -> None:
    assert await code_of(bazaar.ask_for(OTHERS)) == "guarantee_not_seller"


async def test_nobody_claims_for_somebody_else(asked: Bazaar) -> None:
    _, order_id = await asked.actor(BOWLS)
    stranger, _ = await asked.actor("MD-10234590")
    before = await _rows(asked)
    claim = asked.quote(stranger, order_id, "guarantee.claim", ground="not_received", note="x")
    assert await code_of(claim) == "not_found"
    for action, given in (("status", {}), ("withdraw", {}), ("appeal", {"note": "x"})):
        assert await code_of(asked.do(stranger, f"guarantee.{action}", **given)) == "not_found"
    assert await _rows(asked) == before


# -- the seller


async def test_who_agrees_pays_at_once_and_it_does_not_count(asked: Bazaar) -> None:
    await asked.claimed()
    of = await asked.answer(await asked.merchant(), REFUND, "")
    assert (of.state, of.counts) == (State.GRANTED, False)
    assert await given_back(asked) == await _paid(asked)
    assert all(line.free == 0 and line.refunded == line.ordered for line in (await asked.held(BOWLS)).values())
    await asked.sound()


async def test_who_refuses_leaves_it_to_people(asked: Bazaar) -> None:
    await asked.claimed()
    of = await asked.answer(await asked.merchant(), REFUSE)
    assert (of.state, of.seller_told, of.counts) == (State.UNDER_REVIEW, "写真どおりの品です", None)
    assert await given_back(asked) == 0


async def test_silence_grants_it_and_counts(asked: Bazaar) -> None:
    of = await asked.claimed()
    assert of.silence_grants
    with asked.later(48 * HOUR):
        assert (await asked.pass_time()).state is State.WAITING_SELLER  # the last moment is the seller's
    with asked.later(48 * HOUR + timedelta(seconds=1)):
        of = await asked.pass_time()
        assert (of.state, of.counts) == (State.GRANTED, True)
        assert await given_back(asked) == await _paid(asked)
        assert (await asked.pass_time()).state is State.GRANTED  # once
        assert await given_back(asked) == await _paid(asked)
        merchant = await asked.merchant()
        found = await asked.db.run(merchant, lambda tx: queries.figures(tx, merchant, tx.now - 30 * DAY))
        assert (found.claims, found.counted, found.silent) == (1, 1, 1)
        await asked.sound()


async def test_silence_about_what_is_said_to_have_come_is_looked_into(asked: Bazaar) -> None:
    of = await asked.claimed(ground="not_received")
    assert not of.silence_grants  # the carrier says that it was delivered
    with asked.later(49 * HOUR):
        assert (await asked.pass_time()).state is State.UNDER_REVIEW
        assert await given_back(asked) == 0


async def test_an_answer_after_the_time_or_the_decision_changes_nothing(asked: Bazaar) -> None:
    of = await asked.claimed()
    merchant = await asked.merchant()
    with asked.later(48 * HOUR + timedelta(seconds=1)):
        assert await code_of(_answer(asked, merchant, of.id, REFUSE)) == "guarantee_too_late"
        assert (await asked.pass_time()).state is State.GRANTED
        before = await _rows(asked)
        assert await code_of(_answer(asked, merchant, of.id, REFUND)) == "guarantee_too_late"
        assert await _rows(asked) == before


async def test_an_answer_is_given_once(asked: Bazaar) -> None:
    of = await asked.claimed()
    merchant = await asked.merchant()
    assert await code_of(_answer(asked, merchant, of.id, REFUSE, "  ")) == "guarantee_words_missing"
    await asked.answer(merchant, REFUSE)
    before = await _rows(asked)
    await asked.answer(merchant, REFUSE)  # the same again
    assert await _rows(asked) == before
    assert await code_of(_answer(asked, merchant, of.id, REFUND)) == "guarantee_answered"
    assert await _rows(asked) == before


async def test_both_sides_at_once_end_in_one_state(asked: Bazaar) -> None:
    of = await asked.claimed()
    merchant = await asked.merchant()
    customer, _ = await asked.actor(BOWLS)
    done = await asyncio.gather(
        asked.do(customer, "guarantee.withdraw"), _answer(asked, merchant, of.id, REFUND), return_exceptions=True
    )
    assert [isinstance(one, Refused) for one in done].count(True) == 1
    await asked.pay()
    state = (await asked.claim_on()).state
    assert (state is State.GRANTED) == (await given_back(asked) > 0)
    assert state in {State.GRANTED, State.WITHDRAWN}
    await asked.sound()


async def test_another_seller_sees_nothing(asked: Bazaar) -> None:
    of = await asked.claimed()
    seller = await asked.merchant()
    stranger = Actor(role=Role.SELLER, id=UUID(int=7), seller_id=UUID(int=8), store_id=DEMO.id)
    assert await code_of(_answer(asked, stranger, of.id, REFUND)) == "not_found"
    assert await asked.db.run(stranger, lambda tx: queries.claims_of_seller(tx, stranger)) == []
    assert await asked.db.run(stranger, lambda tx: tx.value("select count(*) from guarantee_claims")) == 0
    assert await asked.db.run(seller, lambda tx: tx.value("select count(*) from guarantee_claims")) == 0  # whose it is
    assert await asked.db.run(seller, lambda tx: tx.value("select count(*) from guarantee_words")) == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await asked.db.run(seller, lambda tx: tx.conn.execute("delete from guarantee_claims"))


async def test_neither_side_learns_how_to_reach_the_other(asked: Bazaar) -> None:
    actor, _ = await asked.actor(BOWLS)
    name = await asked.db.run(SYSTEM, lambda tx: tx.value("select name from customers where id = %s", [actor.id]))
    written = f"{name}です。{' '.join(CANARIES[:2])} までご連絡ください"
    await asked.claimed(note=written)
    merchant = await asked.merchant()
    (seen,) = await asked.db.run(merchant, lambda tx: queries.claims_of_seller(tx, merchant))
    for canary in (*CANARIES[:2], str(name)):
        assert canary not in str(seen)
    of = await asked.answer(merchant, REFUSE, "直接 0955-12-3456 にお電話ください")
    assert "0955" not in of.seller_told
    leader = await asked.hire(Role.LEADER)
    words = await asked.db.run(leader, lambda tx: queries.words_of(tx, leader, of.id))
    assert words == {"customer": written, "seller": "直接 0955-12-3456 にお電話ください"}


async def test_what_people_do_not_decide_in_time_is_raised(asked: Bazaar) -> None:
    await asked.claimed()
    of = await asked.answer(await asked.merchant(), REFUSE)
    assert of.decide_by == clock.now() + RULES.review_hours * HOUR
    aoi = await asked.hire()
    for hours, late in ((RULES.review_hours - 1, 0), (RULES.review_hours, 1)):
        with asked.later(hours * HOUR):
            await asked.pass_time()
            assert await asked.db.run(aoi, lambda tx: queries.overdue(tx, aoi)) == late
    with asked.later((RULES.review_hours + 1) * HOUR):
        request = await asked.decide(aoi, "deny")
        await asked.approve(await asked.hire(Role.LEADER), request)
        await asked.work()
        assert await asked.db.run(aoi, lambda tx: queries.overdue(tx, aoi)) == 0


async def test_both_sides_read_what_happened_where_they_talked(asked: Bazaar) -> None:
    customer, order_id = await asked.actor(BOWLS)
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    (thread,) = await asked.db.run(customer, lambda tx: threads.threads_of_order(tx, customer, order_id))
    said = await asked.db.run(customer, lambda tx: threads.said(tx, thread))
    keys = [entry.body["key"] for entry in said if entry.body and "key" in entry.body]
    assert keys == ["threads.asks", "guarantee.thread.opened", "guarantee.thread.refused"]


# -- people


async def test_two_people_decide(asked: Bazaar) -> None:
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    aoi, ken = await asked.hire(), await asked.hire(Role.LEADER)
    request = await asked.decide(aoi, "grant")
    assert (request.state, request.approval_role) == (RequestState.NEEDS_APPROVAL, Role.LEADER)
    assert (await asked.claim_on()).state is State.UNDER_REVIEW
    assert (await asked.approve(ken, request)).state is RequestState.DONE
    of = await asked.claim_on()
    assert (of.state, of.counts, of.liability, of.decided_by) == (State.GRANTED, True, Fault.SELLER, ken.id)
    assert await given_back(asked) == await _paid(asked)
    await asked.sound()


async def test_nobody_agrees_with_themselves_and_no_associate_decides(asked: Bazaar) -> None:
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    ken, aoi = await asked.hire(Role.LEADER), await asked.hire()
    request = await asked.decide(ken, "grant")
    assert await code_of(asked.approve(ken, request)) == "approval_own"
    assert await code_of(asked.approve(aoi, request)) == "forbidden"
    assert await given_back(asked) == 0


async def test_a_carriers_fault_does_not_count_against_the_seller(asked: Bazaar) -> None:
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    request = await asked.decide(await asked.hire(), "grant", "carrier")
    await asked.approve(await asked.hire(Role.LEADER), request)
    of = await asked.claim_on()
    assert (of.state, of.counts, of.liability) == (State.GRANTED, False, Fault.CARRIER)


async def test_what_is_denied_can_be_appealed_and_other_people_decide(asked: Bazaar) -> None:
    customer, _ = await asked.actor(BOWLS)
    first, second = await asked.hire(Role.LEADER), await asked.hire(Role.LEADER)
    await _denied(asked, first)
    of = await asked.claim_on()
    assert (of.state, of.counts, of.appeal_until) == (State.DENIED, False, clock.now() + RULES.appeal_days * DAY)
    await asked.do(customer, "guarantee.appeal", note="証拠の写真があります")
    assert (await asked.claim_on()).state is State.APPEALED
    again = await asked.decide(await asked.hire(), "grant")
    assert await code_of(asked.approve(first, again)) == "guarantee_decided_by_you"
    await asked.approve(second, again)
    of = await asked.claim_on()
    assert (of.state, of.counts) == (State.REVERSED, True)
    assert await given_back(asked) == await _paid(asked)
    await asked.sound()


async def test_an_appeal_may_change_nothing_and_is_made_once(asked: Bazaar) -> None:
    customer, _ = await asked.actor(BOWLS)
    await _denied(asked, await asked.hire(Role.LEADER))
    await asked.do(customer, "guarantee.appeal", note="納得できません")
    assert await code_of(asked.do(customer, "guarantee.appeal", note="もう一度")) == "guarantee_not_denied"
    request = await asked.decide(await asked.hire(), "deny")
    await asked.approve(await asked.hire(Role.LEADER), request)
    assert (await asked.claim_on()).state is State.UPHELD
    assert await code_of(asked.ask_for()) == "guarantee_decided"  # nor by another claim
    assert await code_of(asked.do(customer, "guarantee.appeal", note="まだ")) == "guarantee_not_denied"
    assert await given_back(asked) == 0


async def test_a_denial_says_so_why_and_until_when_it_can_be_appealed(asked: Bazaar) -> None:
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    decided = await asked.decide(await asked.hire(), "deny", "customer")
    done = await asked.approve(await asked.hire(Role.LEADER), decided)
    assert done.outcome
    assert template(done.action, done.outcome.state, goes_on=True) == "guarantee_decided"
    slip = done.outcome.slip
    assert slip
    assert slip.then
    told = [fact.words.key if isinstance(fact.words, Said) else fact.words for fact in slip.facts]
    assert {"guarantee.state.denied", "双方のお話を確認しました"} <= set(told)
    (step,) = slip.then.steps
    assert step.key == "guarantee.next.denied"
    assert "until" in step.parameters


async def test_an_appeal_has_its_time(asked: Bazaar) -> None:
    customer, _ = await asked.actor(BOWLS)
    await _denied(asked, await asked.hire(Role.LEADER))
    with asked.later(RULES.appeal_days * DAY + timedelta(seconds=1)):
        assert await code_of(asked.do(customer, "guarantee.appeal", note="遅れました")) == "guarantee_appeal_late"
    with asked.later(RULES.appeal_days * DAY):
        await asked.do(customer, "guarantee.appeal", note="間に合いました")


async def test_what_was_taken_back_is_not_decided(asked: Bazaar) -> None:
    customer, _ = await asked.actor(BOWLS)
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    request = await asked.decide(await asked.hire(), "grant")
    await asked.do(customer, "guarantee.withdraw")
    assert (await asked.approve(await asked.hire(Role.LEADER), request)).state is RequestState.FAILED
    assert (await asked.claim_on()).state is State.WITHDRAWN
    assert await given_back(asked) == 0
    await asked.sound()
    assert (await asked.claimed()).state is State.WAITING_SELLER  # it can be claimed again


async def test_who_declines_leaves_it_to_be_decided(asked: Bazaar) -> None:
    await asked.claimed()
    await asked.answer(await asked.merchant(), REFUSE)
    request = await asked.decide(await asked.hire(), "grant")
    await asked.decline(await asked.hire(Role.LEADER), request)
    assert (await asked.claim_on()).state is State.UNDER_REVIEW
    assert await given_back(asked) == 0
    await asked.sound()


async def test_what_cannot_be_paid_for_no_known_reason_is_no_secret(
    asked: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not end as if it had been settled in another way: it is tried again, and then somebody is told."""

    async def refuse(*_: object, **__: object) -> None:
        raise Refused("cancel_shipped", 409)

    await asked.claimed()
    monkeypatch.setattr(paying_jobs, "carry_out", refuse)
    await asked.answer(await asked.merchant(), SellerAnswer.REFUND)
    with asked.later(HOUR):
        of = await asked.pass_time()
    assert of.state is State.SELLER_RESOLVED
    job = "select last_error from jobs where key = %s"
    assert "cancel_shipped" in await asked.db.run(SYSTEM, lambda tx: tx.value(job, [f"{PAY}:{of.id}"]))


async def test_what_was_settled_in_another_way_is_not_paid_again(asked: Bazaar) -> None:
    await asked.claimed()
    customer, order_id = await asked.actor(BOWLS)
    everything = {"lines": (await asked.claim_on()).units, "problem": "defective"}
    await asked.agree(BOWLS, await asked.quote(customer, order_id, "item.refund", **everything))
    paid = await given_back(asked)
    with asked.later(49 * HOUR):
        of = await asked.pass_time()
    assert (of.state, of.counts) == (State.OVERTAKEN, None)
    assert await given_back(asked) == paid
    await asked.sound()


async def test_a_customer_is_told_where_it_is(asked: Bazaar) -> None:
    customer, _ = await asked.actor(BOWLS)
    assert await code_of(asked.do(customer, "guarantee.status")) == "guarantee_none"
    await asked.claimed()
    card = await asked.do(customer, "guarantee.status")
    assert [line.key for line in card.lines] == ["guarantee.status.what", "guarantee.state.waiting_seller"]
    await _denied_after(asked)
    card = await asked.do(customer, "guarantee.status")
    assert [line.key for line in card.lines][1:] == [
        "guarantee.state.denied",
        "guarantee.status.seller",
        "guarantee.status.why",
        "guarantee.status.appeal",
    ]


def test_every_state_leads_somewhere_or_is_the_end() -> None:
    reached = {State.OPENED} | {state for moves in MOVES.values() for state in moves}
    assert reached == set(State) == set(MOVES)
    assert not LIVING & {State.GRANTED, State.DENIED, State.WITHDRAWN, State.UPHELD, State.REVERSED, State.OVERTAKEN}


async def test_what_was_denied_for_one_thing_is_not_denied_for_another(asked: Bazaar) -> None:
    """Two bowls: the one that was claimed was decided about; the other can be claimed, and what was denied appealed."""
    customer, _ = await asked.actor(BOWLS)
    await asked.claimed(lines={"1": 1})
    await _denied_after(asked)
    assert await code_of(asked.ask_for(lines={"1": 2})) == "wrong_quantity"
    await asked.claimed(lines={"1": 1})
    assert await code_of(asked.do(customer, "guarantee.appeal", note="納得できません")) == "guarantee_open"
    await asked.do(customer, "guarantee.withdraw")
    await asked.do(customer, "guarantee.appeal", note="納得できません")
    assert (await asked.claim_on()).state is State.APPEALED
    await asked.sound()


async def _denied(bazaar: Bazaar, leader: Actor) -> None:
    await bazaar.claimed()
    await bazaar.answer(await bazaar.merchant(), REFUSE)
    await bazaar.approve(leader, await bazaar.decide(await bazaar.hire(), "deny", "customer"))


async def _denied_after(bazaar: Bazaar) -> None:
    await bazaar.answer(await bazaar.merchant(), REFUSE)
    request = await bazaar.decide(await bazaar.hire(), "deny", "customer")
    await bazaar.approve(await bazaar.hire(Role.LEADER), request)


async def _answer(bazaar: Bazaar, actor: Actor, claim_id: UUID, said: SellerAnswer, words: str = "違います") -> object:
    return await bazaar.db.run(actor, lambda tx: answer(tx, actor, claim_id, said, words))


async def _paid(bazaar: Bazaar) -> int:
    order = await bazaar.store.get_order(BOWLS)
    assert order
    return order.total.amount


async def _rows(bazaar: Bazaar) -> object:
    """All that a claim consists of, to see that nothing changed."""
    tables = ("guarantee_claims", "guarantee_words", "refund_intents", "ledger_lines", "ledger_tenders", "entries")
    query = "select jsonb_agg(to_jsonb(t) order by t::text) from {} t"

    async def work(tx: Tx) -> list[object]:
        return [await tx.value(query.format(table)) for table in tables]

    return await bazaar.db.run(SYSTEM, work)
