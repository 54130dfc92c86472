"""A chat by pages and by scripts: beginning, saying, bad input, the line, the end and after."""

import asyncio
import re
from uuid import uuid4

import httpx

from madoguchi.core.cases.rules import TEXT_LIMIT
from madoguchi.edge.stores.demo.people import MISAKI, YOKO
from tests.front.counter.customer import guest, id_of, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_the_bot_opens_with_the_late_parcel(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    room = await customer.begin()
    page = await customer.until(room, "新しいお届け予定日は")
    assert "自動応答" in page.text
    assert "電気ケトル" in page.text
    assert 'value="service.human"' in page.text, "a person is always one tap away"


async def test_the_same_id_begins_one_chat(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get("/")
    begin: dict[str, object] = {"client_id": uuid4(), "reason": "order.cancel"}
    first = await visitor.post("/chat", begin)
    again = await visitor.post("/chat", begin)
    assert first.url == again.url
    assert site.value("select count(*) from cases") == 1
    assert "注文のキャンセル" in again.text, "what was chosen stands there as the customer's word"


async def test_who_has_a_chat_is_asked_whether_to_go_on(site: Site) -> None:
    here, there = await signed_in(site, YOKO), await signed_in(site, YOKO)
    room = await here.begin(reason="return.start")
    await there.get("/")
    page = await there.post("/chat", {"client_id": uuid4(), "reason": "refund.status"})
    assert page.url.path == "/chat"
    assert "以前のチャットを続けますか" in page.text
    assert there.link("/chat/[0-9a-f-]{36}") == room
    page = await there.get(room)
    assert "返品" in page.text, "nothing is missing on another device"
    await there.get("/chat?reason=refund.status")
    await there.post("/chat", {"client_id": uuid4(), "reason": there.field("reason"), "fresh": "true"})
    assert there.page.url.path not in {room, "/chat"}


async def test_words_are_stored_once_and_answered(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    word: dict[str, object] = {"client_id": uuid4(), "text": "届かないのですが"}
    first = await visitor.say(f"{room}/entries", **word)
    again = await visitor.say(f"{room}/entries", **word)
    assert first.status_code == again.status_code == 200
    assert first.json()["seq"] == again.json()["seq"]
    other = await visitor.say(f"{room}/entries", client_id=word["client_id"], text="別の内容です")
    assert (other.status_code, other.json()["code"]) == (422, "client_id_reused")
    assert other.headers["content-type"] == "application/problem+json"
    count = "select count(*) from entries where case_id = %s and author = 'customer'"
    assert site.value(count, id_of(room)) == 1
    await visitor.until(room, "ご本人確認")


async def test_a_choice_can_be_sent_twice_but_not_invented(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    page = await visitor.until(room, 'name="choice" value="reason:')
    choice = re.search(r'name="choice" value="(reason:[^"]+)"', page.text)
    assert choice
    pick: dict[str, object] = {"client_id": uuid4(), "choice": choice[1]}
    first = await visitor.say(f"{room}/entries", **pick)
    assert first.json() == (await visitor.say(f"{room}/entries", **pick)).json()
    invented = await visitor.say(f"{room}/entries", client_id=uuid4(), choice="confirm:" + str(uuid4()))
    assert (invented.status_code, invented.json()["code"]) == (422, "unknown_choice")


_BAD: list[tuple[dict[str, object], str]] = [
    ({"text": "x" * (TEXT_LIMIT + 1)}, "message_too_long"),
    ({"text": ""}, "empty_message"),
    ({"text": " \u202e\u0007\n "}, "empty_message"),
    ({"text": "a", "choice": "b"}, "text_or_choice"),
    ({"text": "a", "author": "associate"}, "invalid_form"),
    ({"text": "a", "case_id": str(uuid4())}, "invalid_form"),
    ({"text": "a", "client_id": ""}, "invalid_client_id"),
    ({"text": "a", "client_id": "x" * 65}, "invalid_client_id"),
]


async def test_bad_input_gets_a_clear_answer_and_changes_nothing(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin(reason="order.cancel")
    await visitor.until(room, "ログイン")
    before = site.counts()
    for fields, code in _BAD:
        answer = await visitor.say(f"{room}/entries", **{"client_id": uuid4(), **fields})
        assert (answer.status_code, answer.json()["code"]) == (422, code), fields
    twice = await visitor.http.post(
        f"{room}/entries", content=b"text=a&text=b&client_id=c", headers={"x-csrf": visitor._csrf, **_FORM}
    )
    assert twice.status_code == 422
    assert site.counts() == before
    page = await visitor.post(f"{room}/entries", {"client_id": uuid4(), "text": "x" * (TEXT_LIMIT + 1)})
    assert page.status_code == 422
    assert "4,000文字まで" in page.text
    assert "x" * TEXT_LIMIT in page.text, "what was typed is not lost"


_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


async def test_control_characters_and_card_numbers_are_gone_before_anything_is_stored(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    page = await visitor.post(
        f"{room}/entries", {"client_id": uuid4(), "text": "<b>カード</b>\u202e 4111 1111 1111 1111\u0000"}
    )
    assert "&lt;b&gt;カード&lt;/b&gt; **** **** **** 1111" in page.text
    assert "伏せて保存しました" in page.text
    assert site.value("select count(*) from entries where text like '%%4111%%' or text like '%%\u202e%%'") == 0


async def test_too_fast_is_told_with_the_time_to_wait(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()

    async def word() -> httpx.Response:
        return await visitor.say(f"{room}/entries", client_id=uuid4(), text="もしもし")

    answers = await asyncio.gather(*(word() for _ in range(45)))
    slow = [answer for answer in answers if answer.status_code == 429]
    assert slow
    assert {answer.status_code for answer in answers} == {200, 429}
    assert int(slow[0].headers["retry-after"]) >= 1
    stored = site.value("select count(*) from entries where author = 'customer'")
    assert stored == len(answers) - len(slow)


async def test_chats_cannot_be_opened_without_end(site: Site) -> None:
    visitor = await guest(site)
    await visitor.begin()
    answers = [await visitor.send("/chat", {"client_id": uuid4(), "fresh": "true"}) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_the_place_in_line_is_shown_and_can_be_left(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin(reason="service.human")
    await visitor.until(room, "担当者におつなぎしています")
    top = await visitor.get(f"{room}/top")
    assert '<strong class="line-figure">1</strong>' in top.text
    assert "<html" not in top.text
    await visitor.get(room)
    page = await visitor.post(f"{room}/leave-line")
    assert "担当者と話す" in page.text
    assert site.value("select state from cases where id = %s", id_of(room)) == "bot"


async def test_the_end_asks_how_it_was_and_the_chat_can_go_on(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin(text="こんにちは")
    page = await visitor.post(f"{room}/end")
    assert "このチャットは終了しました" in page.text
    assert 'id="compose-text"' not in page.text
    late = await visitor.say(f"{room}/entries", client_id=uuid4(), text="まだあります")
    assert (late.status_code, late.json()["code"]) == (409, "case_closed")
    await visitor.until(room, 'name="rating"')
    page = await visitor.post(f"/cases/{id_of(room)}/survey", {"rating": 4})
    assert "ご回答ありがとうございました" in page.text
    page = await visitor.post(
        f"/cases/{id_of(room)}/survey", {"rating": 4, "comment": "助かりました", "solved": "true"}
    )
    assert "助かりました" in page.text
    assert (await visitor.post(f"/cases/{id_of(room)}/survey", {"rating": 9})).status_code == 422
    await visitor.get(room)
    page = await visitor.post(f"{room}/resume")
    assert 'id="compose-text"' in page.text


async def test_typing_and_reading_are_told_once_they_are_true(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin(text="こんにちは")
    await visitor.until(room, "自動応答")
    assert (await visitor.say(f"{room}/typing")).status_code == 204
    assert (await visitor.say(f"{room}/read", seq=10**12)).status_code == 204
    read = site.value("select customer_read_seq = last_seq from cases where id = %s", id_of(room))
    assert read, "nobody has read what is not there"
    assert (await visitor.say(f"{room}/read", seq="all")).status_code == 422


async def test_an_unknown_reason_or_order_begins_nothing(site: Site) -> None:
    visitor = await signed_in(site, YOKO)
    foreign = site.value(
        "select o.id from orders o join customers c on c.id = o.customer_id where c.store_ref = %s limit 1",
        MISAKI.customer.ref,
    )
    answers = []
    for wish in ({"reason": "no.such"}, {"order": foreign}, {"order": uuid4()}, {"order": "1"}, {"customer_id": "1"}):
        answer = await visitor.say("/chat", client_id=uuid4(), **wish)
        answers.append((answer.status_code, answer.json()["code"]))
    assert [status for status, _ in answers] == [422, 404, 404, 422, 422]
    assert answers[1] == answers[2], "another's order and none at all look the same"
    assert site.value("select count(*) from cases") == 0
