"""Chats by API: opening, saying, reading, hearing."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from madoguchi.edge.stores.demo.people import EMMA, MISAKI, Story
from madoguchi.front.ui import stream
from tests.web import Site, serving
from tests.web import site as site
from tests.web import world_template as world_template


async def _open(client: httpx.AsyncClient, client_id: str = "chat", **more: str) -> str:
    answer = await client.post("/api/v1/chats", json={"client_id": client_id, **more})
    assert answer.status_code == 201, answer.text
    return f"/api/v1/chats/{answer.json()['id']}"


async def _say(client: httpx.AsyncClient, chat: str, client_id: str, **what: str) -> httpx.Response:
    return await client.post(f"{chat}/entries", json={"client_id": client_id, **what})


async def _entries(client: httpx.AsyncClient, chat: str, after: int = 0) -> list[dict[str, Any]]:
    answer = await client.get(f"{chat}/entries", params={"after": after})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _photo(kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "orange").save(out, kind)
    return out.getvalue()


async def test_opens_once_per_client_id(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    assert await _open(client) == chat
    assert await _open(client, "another") != chat
    assert site.value("select count(*) from cases") == 2
    assert await _open(await site.api()) != chat


async def test_a_guest_is_known_at_once_in_every_process(site: Site, tmp_path: Path) -> None:
    client = await site.api()
    async with serving(site.database_url, tmp_path / "second", work=False) as second:
        there = await second.client(client.headers["authorization"].removeprefix("Bearer "))
        assert (await there.get("/api/v1/cases")).json()["items"] == []
        chat = await _open(client)
        assert (await there.get(chat)).status_code == 200
        assert (await _say(there, chat, "1", text="こんにちは")).status_code == 201


async def test_begins_with_the_order_by_its_number_or_id(site: Site) -> None:
    client = await site.api(MISAKI)
    late = MISAKI.order(Story.LATE)
    chat = await _open(client, order=late)
    await site.quiet()
    cards = [entry["card"] for entry in await _entries(client, chat) if entry["card"]]
    assert [(card["type"], card["number"], card["late"]) for card in cards] == [("order", late, True)]
    order_id = (await client.get(chat)).json()["order"]
    assert (await client.get(await _open(client, "by-id", order=order_id))).json()["order"] == order_id


async def test_another_order_under_the_same_client_id_is_refused(site: Site) -> None:
    client = await site.api(MISAKI)
    await _open(client, order=MISAKI.order(Story.LATE))
    wish = {"client_id": "chat", "order": MISAKI.order(Story.CANCELLABLE)}
    answer = await client.post("/api/v1/chats", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "client_id_reused")


async def test_stores_once_per_client_id(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    await site.quiet()
    first = await _say(client, chat, "1", text="こんにちは")
    again = await _say(client, chat, "1", text="こんにちは")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    other = await _say(client, chat, "1", text="さようなら")
    assert (other.status_code, other.json()["code"]) == (422, "client_id_reused")
    assert (await _say(client, chat, "1", choice="service.human")).json()["code"] == "client_id_reused"
    assert site.value("select count(*) from entries where author = 'customer'") == 1


async def test_the_same_words_at_once_are_stored_once(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    answers = await asyncio.gather(*(_say(client, chat, "1", text="こんにちは") for _ in range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert site.value("select count(*) from entries where author = 'customer'") == 1


async def test_a_choice_is_one_that_was_offered(site: Site) -> None:
    client = await site.api(MISAKI)
    chat = await _open(client, order=MISAKI.order(Story.LATE))
    await site.quiet()
    offered = [option["id"] for entry in await _entries(client, chat) for option in entry["options"]]
    assert (await _say(client, chat, "1", choice="free-money")).json()["code"] == "unknown_choice"
    first = await _say(client, chat, "2", choice=offered[0])
    assert first.status_code == 201
    assert (await _say(client, chat, "2", choice=offered[0])).content == first.content


async def test_a_person_is_always_possible(site: Site) -> None:
    client = await site.api(locale="en")
    chat = await _open(client)
    assert (await _say(client, chat, "1", choice="service.human")).status_code == 201
    await site.quiet()
    assert (await client.get(chat)).json()["state"] == "queued"
    ticket = (await client.get(f"{chat}/ticket")).json()
    assert (ticket["type"], ticket["state"], ticket["place"]) == ("ticket", "waiting", 1)
    told = [entry["card"] for entry in await _entries(client, chat) if entry["card"]]
    assert told[-1]["type"] == "ticket"


async def test_card_numbers_are_told_and_kept_unreadable(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    answer = await _say(client, chat, "1", text="カードは４１１１ １１１１ １１１１ １１１１です")
    assert answer.json()["masked"] is True
    assert (
        await _say(client, chat, "1", text="カードは４１１１ １１１１ １１１１ １１１１です")
    ).content == answer.content
    assert site.value("select text from entries where client_id = '1'") == "カードは**** **** **** 1111です"


async def test_catches_up_by_number(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    await site.quiet()
    for n in range(3):
        await _say(client, chat, f"{n}", text=f"{n}")
        await site.quiet()
    everything = await _entries(client, chat)
    seqs = [entry["seq"] for entry in everything]
    assert seqs == sorted(set(seqs))
    assert await _entries(client, chat, after=seqs[2]) == everything[3:]
    page = (await client.get(f"{chat}/entries", params={"limit": 2})).json()
    assert (page["items"], page["next"]) == (everything[:2], str(seqs[1]))
    assert (await client.get(f"{chat}/entries", params={"after": seqs[-1]})).json() == {"items": [], "next": None}


async def test_a_photo_is_encoded_anew_and_shown_to_its_own(site: Site) -> None:
    client = await site.api(MISAKI)
    chat = await _open(client)
    sent = await client.post(f"{chat}/attachments", data={"client_id": "p"}, files={"file": ("皿.png", _photo())})
    assert sent.status_code == 201
    again = await client.post(f"{chat}/attachments", data={"client_id": "p"}, files={"file": ("皿.png", _photo())})
    assert again.content == sent.content
    file = next(entry["file"] for entry in await _entries(client, chat) if entry["file"])
    assert (file["name"], file["width"], file["height"]) == ("皿.jpg", 40, 30)
    shown = await client.get(file["url"])
    assert (shown.headers["content-type"], shown.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert shown.headers["content-disposition"].startswith("attachment")
    assert (await (await site.api(EMMA)).get(file["url"])).status_code == 404
    assert (await (await site.client()).get(file["url"])).status_code == 401
    assert (await client.get(f"{chat}/entries/999/file")).status_code == 404


async def test_what_is_no_photo_is_refused(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    await site.quiet()
    before = site.counts()
    for name, content in (
        ("a.png", b"no photo"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("a.png", _photo()[:60]),
        ("a.bmp", _photo("BMP")),
        ("a.png", b""),
    ):
        answer = await client.post(f"{chat}/attachments", data={"client_id": "p"}, files={"file": (name, content)})
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_photo"), (name, content[:10])
    assert site.counts() == before


class Stream:
    """A reader of a chat's events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, str]:
        """The next event: its fields by name."""
        event: dict[str, str] = {}
        async with asyncio.timeout(5):
            async for line in self._lines:
                if not line and event:
                    return event
                if line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = value
        raise AssertionError("the stream ended")


async def _listen(client: httpx.AsyncClient, chat: str, **headers: str) -> httpx.Response:
    request = client.build_request("GET", f"{chat}/events", headers=headers)
    return await client.send(request, stream=True)


async def test_hears_what_is_said_and_resumes(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    await site.quiet()
    response = await _listen(client, chat)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = Stream(response)
    first = await events.next()
    assert (first["id"], first["event"]) == ("1", "entry")
    stored = (await _say(client, chat, "1", text="いまどこですか")).json()["seq"]
    while (event := await events.next())["id"] != str(stored):
        pass
    told = httpx.Response(200, content=event["data"]).json()
    assert (told["text"], told["author"]) == ("いまどこですか", "customer")
    assert told == next(entry for entry in await _entries(client, chat) if entry["seq"] == stored)
    await response.aclose()

    await site.quiet()
    later = [entry["seq"] for entry in await _entries(client, chat, after=stored)]
    response = await _listen(client, chat, **{"last-event-id": str(stored)})
    events = Stream(response)
    assert [int((await events.next())["id"]) for _ in later] == later
    await response.aclose()


async def test_hears_typing_and_reading(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    await site.quiet()
    last = (await client.get(chat)).json()["last_seq"]
    response = await _listen(client, chat, **{"last-event-id": str(last)})
    events = Stream(response)
    assert (await client.post(f"{chat}/typing")).status_code == 204
    assert (await events.next())["event"] == "typing"
    assert (await client.post(f"{chat}/read", json={"seq": 10_000})).status_code == 204
    assert (await events.next())["event"] == "read"
    assert (await client.get(chat)).json()["customer_read_seq"] == last
    await response.aclose()


async def test_the_stream_ends_with_the_session(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    response = await _listen(client, chat)
    await client.post("/api/v1/sessions/end")
    async with asyncio.timeout(5):
        async for _ in response.aiter_lines():
            pass
    await response.aclose()


async def test_a_strange_mark_is_refused(site: Site) -> None:
    client = await site.api()
    chat = await _open(client)
    for mark in ("x", "-1", "1.5", "9" * 30, "case:1=2"):
        answer = await _listen(client, chat, **{"last-event-id": mark})
        assert answer.status_code == 422, mark
        await answer.aclose()


async def test_who_does_not_read_is_hung_up_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 0.3)
    client = await site.api()
    chat = await _open(client)
    await site.quiet()
    host, port = site.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1)
    bearer = client.headers["authorization"]
    writer.write(f"GET {chat}/events HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {bearer}\r\n\r\n".encode())
    async with asyncio.timeout(5):
        while site.services.feeds.count == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    feed = next(iter(site.services.feeds._cases.values()))
    listening = next(iter(feed.readers))
    held = 0
    async with asyncio.timeout(20):
        n = 0
        while site.services.feeds.count:
            n += 1
            listening.push(stream.feeds.Event("append", b'"' + b"x" * 100_000 + b'"'))
            held = max(held, listening._queue.qsize())
            await asyncio.sleep(0.005)
    assert held <= stream.feeds._BACKLOG
    assert not site.services.feeds._cases
    writer.close()
