"""Tried until it works or cannot: the states of a delivery."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Tx
from madoguchi.service.notices import jobs as notices
from madoguchi.service.notices import rules, verbs
from madoguchi.service.notices.queries import Delivery
from madoguchi.service.notices.rules import DeliveryState, Refusal
from tests.service.notices.world import MISAKI, World

_DELIVERY = """select id, message_id, channel, address, header_id, state, attempts, next_try_at, last_error, created_at,
  sent_at from deliveries order by created_at, id"""


async def deliveries(world: World) -> list[Delivery]:
    return await world.db.run(SYSTEM, lambda tx: tx.all(Delivery, _DELIVERY))


async def tell(world: World) -> None:
    async def hello(tx: Tx, actor: Actor, case_id: UUID) -> None:
        await talking.say(tx, actor, case_id, text="やかんがまだ届きません")

    await world.close_case(hello)
    await world.react()


async def tell_and_send(world: World) -> None:
    """One more mail, an hour after the others."""
    await world.db.run(SYSTEM, lambda tx: tx.execute("update deliveries set created_at = created_at - interval '1 h'"))
    await tell(world)
    await world.work()


async def test_a_busy_server_is_tried_again_with_growing_waits(world: World) -> None:
    world.postbox.refusals = [Refusal.LATER] * 3
    await tell(world)
    await world.work()
    (delivery,) = await deliveries(world)
    assert (delivery.state, delivery.attempts, delivery.last_error) == (DeliveryState.QUEUED, 1, "no: later")
    assert delivery.next_try_at == clock.now() + timedelta(seconds=30)
    waited = timedelta(0)
    for wait in (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8)):
        await world.sweep_later(waited + wait - timedelta(seconds=1))
        waited += wait
        await world.sweep_later(waited)
    (delivery,) = await deliveries(world)
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 4)
    assert delivery.sent_at
    assert len(world.postbox.mails) == 1


async def test_every_attempt_sends_the_same_mail(world: World) -> None:
    await tell(world)
    first = await world.db.run(SYSTEM, verbs.claim_delivery)
    assert first
    await world.db.run(SYSTEM, lambda tx: verbs.settle_delivery(tx, first, Refusal.LATER, "lost"))
    with clock.frozen(clock.now() + timedelta(hours=1)):
        second = await world.db.run(SYSTEM, verbs.claim_delivery)
    assert second
    assert second.mail == first.mail


@pytest.mark.parametrize("refusal", [Refusal.MAIL, Refusal.ADDRESS])
async def test_a_final_no_is_final(world: World, refusal: Refusal) -> None:
    world.postbox.refusals = [refusal]
    await tell(world)
    await world.work()
    await world.sweep_later(timedelta(days=2))
    (delivery,) = await deliveries(world)
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, 1)
    assert delivery.next_try_at is None
    assert world.postbox.mails == []


async def test_nobody_is_tried_for_ever(world: World) -> None:
    world.postbox.refusals = [Refusal.LATER] * 100
    await tell(world)
    await world.work()
    for hours in range(1, 80):
        await world.sweep_later(timedelta(hours=hours))
    (delivery,) = await deliveries(world)
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, rules.ATTEMPTS)


async def test_a_sender_that_died_is_replaced_after_its_lease(world: World) -> None:
    await tell(world)
    assert await world.db.run(SYSTEM, verbs.claim_delivery)  # and dies
    await world.sweep_later(rules.LEASE - timedelta(seconds=1))
    assert world.postbox.mails == []
    await world.sweep_later(rules.LEASE)
    (delivery,) = await deliveries(world)
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 2)


async def test_a_late_reply_of_a_replaced_sender_changes_nothing(world: World) -> None:
    await tell(world)
    dead = await world.db.run(SYSTEM, verbs.claim_delivery)
    assert dead
    await world.sweep_later(rules.LEASE)
    await world.db.run(SYSTEM, lambda tx: verbs.settle_delivery(tx, dead, Refusal.MAIL, "too late"))
    (delivery,) = await deliveries(world)
    assert delivery.state is DeliveryState.SENT


async def test_a_mail_that_kills_its_senders_is_given_up(world: World) -> None:
    await tell(world)
    start = clock.now()
    for n in range(rules.ATTEMPTS):
        with clock.frozen(start + n * rules.LEASE):
            assert await world.db.run(SYSTEM, verbs.claim_delivery)
    await world.sweep_later(rules.ATTEMPTS * rules.LEASE)
    (delivery,) = await deliveries(world)
    assert delivery.state is DeliveryState.FAILED
    assert world.postbox.mails == []


async def test_many_senders_send_each_mail_once(world: World) -> None:
    for _ in range(12):
        await tell(world)
    await asyncio.gather(*(notices.post(world.db, world.postbox, jobs.Nothing()) for _ in range(2)))
    assert len(world.postbox.mails) == 12
    assert {d.state for d in await deliveries(world)} == {DeliveryState.SENT}


async def test_an_address_that_bounced_three_times_is_left_alone(world: World) -> None:
    world.postbox.refusals = [Refusal.ADDRESS] * 3
    for _ in range(4):
        await tell_and_send(world)
    assert [d.state for d in await deliveries(world)] == [DeliveryState.FAILED] * 3 + [DeliveryState.SUPPRESSED]
    with clock.frozen(clock.now() + timedelta(days=91)):
        await tell(world)
        await world.work()
    assert len(world.postbox.mails) == 1


async def test_one_success_clears_an_address(world: World) -> None:
    world.postbox.refusals = [Refusal.ADDRESS, Refusal.ADDRESS]
    for _ in range(4):
        await tell_and_send(world)
    states = [d.state for d in await deliveries(world)]
    assert states == [DeliveryState.FAILED] * 2 + [DeliveryState.SENT] * 2


async def test_codes_go_before_letters(world: World) -> None:
    await tell(world)
    await world.ask_code(MISAKI.email)
    await world.react()
    first = await world.db.run(SYSTEM, verbs.claim_delivery)
    assert first
    assert first.expires_at is not None


def test_states_after_an_attempt() -> None:
    assert rules.state_after(1, None) is DeliveryState.SENT
    assert rules.state_after(rules.ATTEMPTS - 1, Refusal.LATER) is DeliveryState.QUEUED
    assert rules.state_after(rules.ATTEMPTS, Refusal.LATER) is DeliveryState.FAILED
    assert rules.state_after(1, Refusal.ADDRESS) is DeliveryState.FAILED


def test_waits_grow_to_four_hours() -> None:
    waits = [rules.wait_after(n) for n in range(1, 14)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert waits[-1] == timedelta(hours=4)
    assert timedelta(days=1) < sum(waits, timedelta()) < timedelta(days=3)
