"""What an associate offers in the chat: the customer presses it, and the conversation stays with the associate."""

import re
from html import unescape
from uuid import UUID, uuid4

import httpx

from madoguchi.edge.stores.demo.people import KENTA, MISAKI
from tests.front.counter.customer import Customer, id_of, signed_in
from tests.front.desk.associate import Associate, at_desk, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

CANCELLABLE, LATE, ON_ITS_WAY = "MD-10234602", "MD-10234567", "MD-10234480"
HUMAN = {"reason": "service.human"}


async def talking(site: Site) -> tuple[Associate, Customer, str]:
    """An associate and 佐藤さん in one conversation; its path."""
    misaki = await signed_in(site, MISAKI)
    room = await misaki.begin(**HUMAN)
    await site.quiet()
    aoi = await at_desk(site)
    await aoi.take(id_of(room))
    return aoi, misaki, room


async def put(site: Site, associate: Associate, room: str, action: str, number: str) -> httpx.Response:
    """Put a button into the chat."""
    body = {"action": action, "order_id": await order_of(site, number), "client_id": uuid4()}
    return await associate.say(f"/desk/cases/{id_of(room)}/buttons", **body)


def options(page: httpx.Response) -> dict[str, str]:
    """What can be pressed in a conversation: ids by label."""
    found = re.findall(r'<button class="[^"]*" form="reply" name="choice" value="([^"]+)">(.*?)</button>', page.text)
    return {unescape(re.sub("<small>.*?</small>|<[^>]+>", "", words)).strip(): id for id, words in found}


async def press(customer: Customer, room: str, label: str) -> httpx.Response:
    """Press a button of the conversation."""
    choice = options(await customer.get(room))[label]
    return await customer.post(f"{room}/entries", {"client_id": uuid4(), "choice": choice})


async def test_offered_pressed_confirmed_and_done_while_the_associate_has_the_case(site: Site) -> None:
    aoi, misaki, room = await talking(site)
    pane = (await aoi.get(f"/desk/panels/customer/{id_of(room)}?order={await order_of(site, CANCELLABLE)}")).text
    assert "お客様のチャットにボタンを送る" in pane
    assert (await put(site, aoi, room, "order.cancel", CANCELLABLE)).status_code == 200
    await misaki.post(f"{room}/entries", {"client_id": uuid4(), "text": "これですか"})
    page = await press(misaki, room, "注文をキャンセルする")
    assert "返金の合計" in page.text
    assert site.value("select count(*) from requests") == 0, "nothing is done before the confirmation"
    await misaki.post(f"{room}/entries", {"client_id": uuid4(), "text": "いつ戻りますか"})
    await press(misaki, room, "この内容で確定する")
    await site.quiet()
    for seen in (await misaki.get(room), await aoi.get(f"/desk/cases/{id_of(room)}")):
        assert "キャンセルが完了しました" in seen.text
    assert site.value("select actor_role from requests where state = 'done'") == "customer"
    state = site.value("select state || ' ' || (bot_due_seq is null) from cases where id = %s", id_of(room))
    assert state == "active true"
    assert {"担当者と話す", "そのほか", "解決した"}.isdisjoint(options(misaki.page))


async def test_a_look_at_an_order_is_offered_too(site: Site) -> None:
    aoi, misaki, room = await talking(site)
    await put(site, aoi, room, "order.show", LATE)
    page = await press(misaki, room, "注文を確認する")
    assert "お届けが遅れており" in page.text
    left = {id.partition(":")[0] for id in options(page).values()}
    assert left <= {"do", "more"}, "what can be done with the order, and nothing that leads away from the associate"


async def test_the_same_button_once_for_its_id(site: Site) -> None:
    aoi, _, room = await talking(site)
    body = {"action": "order.cancel", "order_id": await order_of(site, CANCELLABLE), "client_id": uuid4()}
    first, again = [await aoi.say(f"/desk/cases/{id_of(room)}/buttons", **body) for _ in range(2)]
    assert first.json()["seq"] == again.json()["seq"]


async def test_what_the_order_does_not_allow_is_not_offered(site: Site) -> None:
    aoi, _, room = await talking(site)
    ken = await at_desk(site, "鈴木 健")
    theirs = site.value(
        "select o.store_ref from orders o join customers c on c.id = o.customer_id where c.store_ref = %s limit 1",
        KENTA.customer.ref,
    )
    before = site.counts()
    assert (await put(site, aoi, room, "order.cancel", LATE)).json()["code"] == "cancel_shipped"
    assert (await put(site, aoi, room, "order.cancel", str(theirs))).status_code == 404
    assert (await put(site, aoi, room, "survey.answer", CANCELLABLE)).status_code in {403, 404}
    assert (await put(site, ken, room, "order.cancel", CANCELLABLE)).json()["code"] == "not_assigned"
    assert site.counts() == before


async def test_a_button_that_was_not_offered_does_nothing(site: Site) -> None:
    _, misaki, room = await talking(site)
    order_id: UUID = await order_of(site, CANCELLABLE)
    before = site.counts()
    answer = await misaki.say(f"{room}/entries", client_id=uuid4(), choice=f"reason:order.cancel:{order_id}")
    assert answer.json()["code"] == "unknown_choice"
    assert site.counts() == before


async def test_pressed_while_set_aside_it_wakes_both(site: Site) -> None:
    aoi, misaki, room = await talking(site)
    await put(site, aoi, room, "order.cancel", CANCELLABLE)
    await aoi.post(f"/desk/cases/{id_of(room)}/park")
    await press(misaki, room, "注文をキャンセルする")
    await site.quiet()
    assert "この内容で確定する" in options(await misaki.get(room))
    assert site.value("select assigned_to from cases where id = %s and state = 'active'", id_of(room)) == aoi.actor.id


async def test_only_what_answers_is_offered(site: Site) -> None:
    """Not how a claim stands where there is none."""
    aoi, _, room = await talking(site)
    pane = (await aoi.get(f"/desk/panels/customer/{id_of(room)}?order={await order_of(site, LATE)}")).text
    offered = re.findall(r'<button class="quiet button" name="action" value="([^"]+)"', pane)
    assert "order.show" in offered
    for action in offered:
        assert (await put(site, aoi, room, action, LATE)).status_code == 200, action


async def test_a_look_up_at_the_desk_is_answered_there(site: Site) -> None:
    aoi, _, room = await talking(site)
    page = await aoi.get(f"/desk/cases/{id_of(room)}?order={await order_of(site, ON_ITS_WAY)}")
    forms = re.findall(r'<form method="post" action="[^"]*/quotes".*?</form>', page.text, re.DOTALL)
    (form,) = [one for one in forms if 'value="delivery.options"' in one]
    asked = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    del asked["csrf"]
    answer = await aoi.post(f"/desk/cases/{id_of(room)}/quotes", asked)
    assert answer.status_code == 200
    told = answer.text.partition('class="asked" role="status"')[2]
    assert "<li>" in told.partition("</section>")[0]
    assert site.value("select count(*) from quotes") == 0
