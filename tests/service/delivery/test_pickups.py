"""What is sent back is announced to a carrier, collected at the door, and followed on its way."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bench.presents import wrapped
from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Refusal, said
from madoguchi.core.carriers import numbers
from madoguchi.core.carriers.consignments import verbs
from madoguchi.core.carriers.consignments.jobs import AGAIN, Announcer
from madoguchi.core.carriers.consignments.queries import Consigned, access_consignment
from madoguchi.core.carriers.port import Consignment
from madoguchi.core.gifts.verbs import redeem
from madoguchi.core.people.queries import access_customer
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import Quote, RequestState
from madoguchi.edge.carriers.simulated.brands import HIBARI, TSUBASA
from madoguchi.edge.carriers.simulated.rules import DECIDES_WITHIN, Temper
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.service.delivery.pickup import form, things
from tests.service.delivery.road import CATALOGUE, Road

ORDER, REFERENCE = "MD-10233915", "R-7QK2M-90XTV"


async def consigned(road: Road, sender: Actor | None = None, send_by: datetime | None = None) -> tuple[Actor, UUID]:
    """Something of the order will come back, from its customer or another sender: who that is, and the id."""
    actor, order_id = await road.shop.actor(ORDER)
    actor = sender or actor
    order = await road.shop.store.get_order(ORDER)
    assert order
    assert actor.id
    id, customer_id = ids.uuid7(), actor.id
    of = Consignment(reference=REFERENCE, sender=order.address, receiver="まどぐち商店", prepaid=False)
    whose = {"customer_id": customer_id, "order_id": order_id}
    await road.db.run(SYSTEM, lambda tx: verbs.consign(tx, id, of, **whose, send_by=send_by))
    return actor, id


async def told(road: Road, actor: Actor, id: UUID) -> Consigned:
    found = await road.db.run(actor, lambda tx: access_consignment(tx, actor, id))
    assert found
    return found


async def offered(road: Road, actor: Actor, id: UUID) -> dict[str, Refusal | None]:
    found = await road.db.run(actor, lambda tx: actions.offers(tx, CATALOGUE, actor, Subject(About.RETURN, id)))
    return {offer.action: offer.refusal for offer in found}


async def quote(road: Road, actor: Actor, id: UUID, **more: Any) -> Quote:
    raw = {"return_id": id, **more}
    return await road.db.run(actor, lambda tx: requests.quote(tx, CATALOGUE, actor, "return.pickup", raw))


async def test_a_carrier_gives_a_number_and_a_code(road: Road) -> None:
    actor, id = await consigned(road)
    assert (await told(road, actor, id)).number is None
    refusal = (await offered(road, actor, id))["return.pickup"]
    assert refusal
    assert refusal.code == "pickup_soon"
    await road.announce()
    of = await told(road, actor, id)
    assert of.carrier == TSUBASA.name
    assert of.number
    assert numbers.is_valid(of.number)
    assert of.paperless
    assert of.number in of.paperless
    assert road.numbers == {id: (of.carrier, of.number)}
    await road.announce()
    assert await told(road, actor, id) == of


async def test_it_is_collected_at_the_door(road: Road, now: datetime) -> None:
    actor, id = await consigned(road)
    await road.announce()
    assert await offered(road, actor, id) == {"return.pickup": None}
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    made = await road.shop.confirm(actor, await quote(road, actor, id, day=tomorrow, band="14_16"))
    await road.work()
    assert (await road.shop.settled(made)).state is RequestState.DONE
    number, road.told = (await told(road, actor, id)).number, []
    for days in (1, 2, 3, 4, 5):
        with clock.frozen(now + timedelta(days=days)):
            await road.follow()
    assert [state for n, state in road.told if n == number] == [
        *("in_transit", "in_transit"),
        *("out_for_delivery", "delivered"),
    ]
    assert await offered(road, actor, id) == {}
    with pytest.raises(Refused, match="pickup_on_its_way"):
        await quote(road, actor, id, day=tomorrow, band="14_16")


async def test_it_is_collected_until_the_last_day_of_its_label_and_no_later(road: Road, now: datetime) -> None:
    last = (now + timedelta(days=2)).replace(hour=23, minute=59)
    actor, id = await consigned(road, send_by=last)
    await road.announce()
    subject = Subject(About.RETURN, id)
    day, _ = await road.db.run(actor, lambda tx: form(tx, actor, subject))
    assert [one.value for one in day.options] == [(now + timedelta(days=n)).date().isoformat() for n in (1, 2)]
    assert day.hint == said("delivery.pickup.until", day=last.date())
    late = (now + timedelta(days=3)).date().isoformat()
    with pytest.raises(Refused, match="pickup_until") as why:
        await quote(road, actor, id, day=late, band="14_16")
    assert why.value.parameters["until"] == last.date()
    await quote(road, actor, id, day=last.date().isoformat(), band="14_16")
    with clock.frozen(last - timedelta(hours=2)):
        await road.follow()
        refusal = (await offered(road, actor, id))["return.pickup"]
    assert refusal
    assert (refusal.code, refusal.parameters) == ("pickup_until", {"until": last.date()})


async def test_from_whoever_got_it_as_a_present(road: Road, now: datetime) -> None:
    code = await wrapped(road.db, road.shop.store_db, road.shop.store, ORDER)
    recipient, _ = await road.shop.actor("MD-10234391")
    assert recipient.id
    owner = recipient.id
    customer = await road.db.run(SYSTEM, lambda tx: access_customer(tx, SYSTEM, owner))
    gift = await road.db.run(recipient, lambda tx: redeem(tx, customer, code))
    _, id = await consigned(road, recipient)
    await road.announce()
    made = await quote(road, recipient, id, day=(now + timedelta(days=1)).date().isoformat(), band="14_16")
    assert (made.customer_id, made.order_id, made.draft.slip.order_ref) == (owner, None, gift.number)
    request = await road.shop.confirm(recipient, made)
    await road.work()
    assert (await road.shop.settled(request)).state is RequestState.DONE


async def test_what_is_not_sent_any_more_is_not_collected(road: Road) -> None:
    actor, id = await consigned(road)
    await road.announce()
    await road.db.run(SYSTEM, lambda tx: verbs.withdraw(tx, id))
    assert await offered(road, actor, id) == {}
    assert actor.id
    owner = actor.id
    assert await road.db.run(actor, lambda tx: things(tx, actor, owner)) == []


async def test_only_at_a_time_that_is_offered(road: Road, now: datetime) -> None:
    actor, id = await consigned(road)
    await road.announce()
    for wrong in ({"day": now.date().isoformat(), "band": "14_16"}, {"day": "2026-03-04", "band": "noon"}):
        with pytest.raises(Refused, match="slot_unavailable"):
            await quote(road, actor, id, **wrong)


async def test_nobody_elses(road: Road) -> None:
    _, id = await consigned(road)
    await road.announce()
    stranger, _ = await road.shop.actor("MD-10234391")
    assert await offered(road, stranger, id) == {}
    assert await road.db.run(stranger, lambda tx: access_consignment(tx, stranger, id)) is None
    with pytest.raises(Refused, match="not_found"):
        await quote(road, stranger, id, day="2026-03-05", band="14_16")


async def test_a_silent_or_slow_carrier_is_asked_again(road: Road, now: datetime) -> None:
    actor, id = await consigned(road)
    await road.announce(Faults(lost=1.0))
    assert (await told(road, actor, id)).number is None
    with clock.frozen(now + AGAIN):
        await road.announce()
    first = await told(road, actor, id)
    assert first.number
    other, other_id = await consigned(road)
    await road.announce(temper=Temper(pending=1.0))
    assert (await told(road, other, other_id)).number is None
    with clock.frozen(now + AGAIN + DECIDES_WITHIN):
        await road.follow()
        await road.announce()
    assert (await told(road, other, other_id)).number not in {None, first.number}


async def test_a_carrier_that_does_not_collect_is_a_task_for_a_person(road: Road) -> None:
    actor, id = await consigned(road)
    road.carriers = {HIBARI.name: road.carriers[HIBARI.name]}
    announcer = Announcer(road.db, road.carriers, _nobody, _nobody)
    await jobs.run_due(road.db, {verbs.ANNOUNCE: jobs.Duty(announcer.announce, verbs.Announce)})
    refusal = (await offered(road, actor, id))["return.pickup"]
    assert refusal
    assert (refusal.code, refusal.alternatives) == ("carrier_cannot", ("service.human",))


async def test_without_any_carrier_it_is_sent_by_hand(road: Road) -> None:
    actor, id = await consigned(road)
    announcer = Announcer(road.db, {}, _nobody, _nobody)
    await jobs.run_due(road.db, {verbs.ANNOUNCE: jobs.Duty(announcer.announce, verbs.Announce)})
    assert (await told(road, actor, id)).refused == "not_supported"
    assert await offered(road, actor, id) == {}


async def _nobody(*_: object) -> None:
    return None


async def withdrawn(road: Road, id: UUID) -> None:
    """It is not sent after all; said twice, as it may be."""
    for _ in range(2):
        await road.db.run(SYSTEM, lambda tx: verbs.withdraw(tx, id))


async def test_a_carrier_hears_of_what_is_not_sent_after_all(road: Road, now: datetime) -> None:
    actor, id = await consigned(road)
    await road.announce()
    await withdrawn(road, id)
    await road.announce(Faults(lost=1.0))
    assert (await told(road, actor, id)).withdrawal is None
    with clock.frozen(now + AGAIN):
        await road.announce()
    of = await told(road, actor, id)
    assert (of.withdrawal, of.withdrawn_at) == (verbs.DONE, now)
    assert of.carrier
    assert of.number
    assert await road.carriers[of.carrier].pickup_slots(of.number) == ()
    await road.announce()
    assert await told(road, actor, id) == of


async def test_what_was_not_announced_yet_never_is(road: Road) -> None:
    actor, id = await consigned(road)
    await withdrawn(road, id)
    await road.announce()
    of = await told(road, actor, id)
    assert (of.number, of.refused, of.withdrawal) == (None, None, None)


async def test_what_is_taken_back_while_it_is_announced_is_taken_back_at_the_carrier(road: Road) -> None:
    actor, id = await consigned(road)

    async def meanwhile(*_: object) -> None:
        raise AssertionError("the number is told before")

    announcer = Announcer(road.db, road.carriers, meanwhile, _nobody)
    of = await told(road, actor, id)
    answer = await road.carriers[TSUBASA.name].announce_return(str(id), of.document)
    await withdrawn(road, id)
    await road.announce()
    await road.db.run(SYSTEM, lambda tx: verbs.announced(tx, id, TSUBASA.name, answer))
    await announcer.withdraw(verbs.Announce(id))
    assert (await told(road, actor, id)).withdrawal == verbs.DONE


async def test_who_was_faster_is_told_so(road: Road) -> None:
    actor, id = await consigned(road)
    await road.announce()
    of = await told(road, actor, id)
    assert of.carrier
    assert of.number
    assert await road.carriers[of.carrier].hand_in(of.number)
    await withdrawn(road, id)
    await road.announce()
    assert (await told(road, actor, id)).withdrawal == "too_late"
