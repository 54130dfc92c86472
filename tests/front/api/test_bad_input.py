"""What should never come: each gets the right clear answer, and nothing else changes."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from madoguchi.edge.stores.demo.people import EMMA, MISAKI, Story
from madoguchi.kit.security import RateLimit
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

NOBODY = "01890000-0000-7000-8000-000000000000"
DEEP = b'{"client_id":"1","text":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
DEEP_ARGUMENTS = b'{"action":"order.cancel","arguments":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}}"
MANY = b'{"action":"order.cancel","arguments":{' + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}}"


async def _chat(site: Site, client: httpx.AsyncClient) -> str:
    chat = (await client.post("/api/v1/chats", json={"client_id": "c"})).json()["id"]
    await site.quiet()
    return f"/api/v1/chats/{chat}"


ENTRIES = [
    (b"", "invalid_json"),
    (b"{", "invalid_json"),
    (b"\x00\xff\xfe", "invalid_json"),
    (b"\xef\xbb\xbf{}", "invalid_json"),
    (b"[]", "invalid_json"),
    (b"null", "invalid_json"),
    (b'"text"', "invalid_json"),
    (b"{}", "invalid_json"),
    (DEEP, "invalid_json"),
    (b'{"client_id":"1","text":"\\ud800"}', "invalid_json"),
    (b'{"client_id":"1","text":"\xff"}', "invalid_json"),
    (b'{"client_id":"1","text":1}', "invalid_json"),
    (b'{"client_id":1,"text":"a"}', "invalid_json"),
    (b'{"client_id":"1","text":"a","text":"b"}', "invalid_json"),
    (b'{"client_id":"1","text":"a","author":"associate"}', "invalid_json"),
    (b'{"client_id":"1","text":"a","seq":1}', "invalid_json"),
    (b'{"client_id":"","text":"a"}', "invalid_json"),
    (b'{"client_id":"\\u0000","text":"a"}', "invalid_json"),
    (b'{"client_id":"%s","text":"a"}' % (b"x" * 65), "invalid_json"),
    (b'{"client_id":"1","text":"a"} x', "invalid_json"),
    (b'{"client_id":"1"}', "empty_message"),
    (b'{"client_id":"1","text":" \\n\\u0000\\u202e\\u200f "}', "empty_message"),
    (b'{"client_id":"1","text":"a","choice":"service.human"}', "text_or_choice"),
    (b'{"client_id":"1","choice":"\\u0000"}', "unknown_choice"),
    (b'{"client_id":"1","text":"%s"}' % (b"x" * 4001), "message_too_long"),
]


async def test_an_entry_that_is_none(site: Site, subtests: pytest.Subtests) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    before = site.counts()
    for body, code in ENTRIES:
        with subtests.test(body[:40]):
            answer = await client.post(f"{chat}/entries", content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) == (422, code)
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.json()["type"] == f"/problems/{code}"
    assert site.counts() == before


async def test_arguments_beyond_measure(site: Site) -> None:
    client = await site.api(MISAKI)
    before = site.counts()
    for body in (DEEP_ARGUMENTS, MANY):
        answer = await client.post("/api/v1/quotes", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in {413, 422}
    assert site.counts() == before


async def test_control_and_bidi_characters_are_dropped(site: Site) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    text = "a\u202eb\u0007c\r\n\ud55c\u200d\U0001f469\u200d\U0001f52c\u0000"
    assert (await client.post(f"{chat}/entries", json={"client_id": "1", "text": text})).status_code == 201
    kept = site.value("select text from entries where client_id = '1'")
    assert kept == "abc\n\ud55c\u200d\U0001f469\u200d\U0001f52c"


async def test_a_wrong_media_type(site: Site) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    before = site.counts()
    body = b'{"client_id":"1","text":"a"}'
    for media in ("text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"):
        answer = await client.post(f"{chat}/entries", content=body, headers={"content-type": media} if media else {})
        assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type"), media
    assert site.counts() == before


@pytest.mark.parametrize("declared", [True, False], ids=["with its length", "in chunks"])
async def test_a_body_that_is_too_large(site: Site, declared: bool) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    before = site.counts()
    body = b'{"client_id":"1","text":"' + b"x" * 11_000_000 + b'"}'

    async def chunks() -> Any:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    headers = {"content-type": "application/json"}
    try:
        answer = await client.post(f"{chat}/entries", content=body if declared else chunks(), headers=headers)
    except httpx.WriteError:  # refused before all of it was sent
        pass
    else:
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert site.counts() == before


async def test_an_upload_that_is_too_large(site: Site) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    before = site.counts()
    file = {"file": ("a.png", b"\x89PNG" + b"x" * 20_000_000)}
    try:
        answer = await client.post(f"{chat}/attachments", data={"client_id": "1"}, files=file)
    except httpx.WriteError:
        pass
    else:
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert site.counts() == before


async def test_an_unknown_order_to_begin_with(site: Site) -> None:
    client = await site.api(MISAKI)
    before = site.counts()
    for order in (NOBODY, "MD-00000000", "x", "\u202e", "' or 1=1 --"):
        answer = await client.post("/api/v1/chats", json={"client_id": "c", "order": order})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_order"), order
    assert site.counts() == before


async def test_an_order_of_others_is_as_unknown_as_none(site: Site) -> None:
    theirs = (await (await site.api(EMMA)).get("/api/v1/orders")).json()["items"][0]
    client = await site.api(MISAKI)
    before = site.counts()
    missing = await client.post("/api/v1/chats", json={"client_id": "c", "order": NOBODY})
    for order in (theirs["id"], theirs["number"]):
        answer = await client.post("/api/v1/chats", json={"client_id": "c", "order": order})
        assert (answer.status_code, answer.content) == (422, missing.content)
    assert site.counts() == before


async def test_others_chats_do_not_exist(site: Site) -> None:
    owner = await site.api(MISAKI)
    chat = await _chat(site, owner)
    await owner.post(f"{chat}/entries", json={"client_id": "1", "text": "カナリア"})
    await site.quiet()
    missing = f"/api/v1/chats/{NOBODY}"
    case, case_id = chat.replace("/chats/", "/cases/"), chat.rpartition("/")[2]
    for other in (await site.api(EMMA), await site.api()):
        before = site.counts()
        for tail in ("", "/entries", "/events", "/ticket", "/entries/1/file"):
            answer, none = await other.get(chat + tail), await other.get(missing + tail)
            assert (answer.status_code, answer.content) == (404, none.content), tail
        for tail, body in (
            ("/entries", {"client_id": "1", "text": "a"}),
            ("/typing", None),
            ("/read", {"seq": 1}),
        ):
            answer, none = await other.post(chat + tail, json=body), await other.post(missing + tail, json=body)
            assert (answer.status_code, answer.content) == (404, none.content), tail
        upload = await other.post(f"{chat}/attachments", data={"client_id": "1"}, files={"file": ("a.png", b"x")})
        assert upload.status_code == 404
        assert (await other.get(case)).content == (await other.get(f"/api/v1/cases/{NOBODY}")).content
        for name in ("service.human", "service.wait", "survey.answer"):
            arguments = {"case_id": case_id} | ({"rating": 5} if name == "survey.answer" else {})
            answer = await other.post(f"/api/v1/actions/{name}", json={"arguments": arguments})
            assert answer.status_code == 404, (name, answer.text)
        assert site.counts() == before
        assert (await other.get("/api/v1/cases")).json()["items"] == []


async def test_without_a_session_nothing_is_told(site: Site) -> None:
    chat = await _chat(site, await site.api(MISAKI))
    stranger, before = await site.client(), site.counts()
    for path in (chat, f"/api/v1/chats/{NOBODY}", f"{chat}/entries", f"{chat}/events", "/api/v1/orders"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed"), path
    for token in ("x", "x" * 43, "é" * 43, "x" * 5000):
        answer = await stranger.get(chat, headers={"authorization": f"Bearer {token}".encode()})
        assert answer.status_code in {400, 401}
    assert site.counts() == before


async def test_a_strange_query(site: Site) -> None:
    client = await site.api(MISAKI)
    for query in ("limit=x", "limit=0", "limit=1000", "limit=-1", "fields=secret", "limit=1&limit=2", "sort=id"):
        answer = await client.get(f"/api/v1/orders?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query"), query


async def test_a_made_up_place_in_a_list(site: Site) -> None:
    client = await site.api(MISAKI)
    for path in ("orders", "cases", "messages"):
        for word in ("x", "W10", "bnVsbA", "WyJ4IiwieSJd", "4oCu", "AAAA", "é", "x" * 2000):
            answer = await client.get(f"/api/v1/{path}", params={"after": word})
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query"), (path, word)


async def test_wrong_ids(site: Site) -> None:
    client = await site.api(MISAKI)
    for path in ("chats/x", "chats/1", "orders/%00", "quotes/..", "requests/%2e%2e", "cases/-", ""):
        answer = await client.get(f"/api/v1/{path}")
        assert answer.status_code in {404, 405}, path
        assert answer.headers["content-type"].startswith("application/problem+json"), path


async def test_methods_that_there_are_none_of(site: Site) -> None:
    client = await site.api(MISAKI)
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        assert (await client.request(method, "/api/v1/orders")).status_code == 405, method


async def test_a_foreign_host(site: Site) -> None:
    client = await site.api(MISAKI)
    before, ours = site.counts(), site.url.removeprefix("http://")
    for host in ("evil.example", "127.0.0.1", "", "localhost:1", ours.replace(".", "x")):
        for more in ({}, {"x-forwarded-host": ours}):
            answer = await client.post("/api/v1/chats", json={"client_id": "c"}, headers={"host": host} | more)
            assert answer.status_code == 400, host
    assert site.counts() == before


async def test_a_foreign_origin_gains_nothing_by_a_cookie(site: Site) -> None:
    token = (await site.api(MISAKI)).headers["authorization"].removeprefix("Bearer ")
    client = await site.client()
    client.cookies.set("session", token)
    before = site.counts()
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = await client.post("/api/v1/chats", json={"client_id": "c"}, headers=foreign)
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers
    assert site.counts() == before


async def test_posts_out_of_order_are_numbered_as_they_come(site: Site) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    sent = await asyncio.gather(
        *(client.post(f"{chat}/entries", json={"client_id": str(n), "text": str(n)}) for n in (3, 1, 2))
    )
    seqs = sorted(answer.json()["seq"] for answer in sent)
    stored = site.value("select array_agg(seq order by seq) from entries where author = 'customer'")
    assert stored == seqs
    assert site.value("select max(seq) = count(*) from entries")


async def test_a_closed_chat_takes_no_more_but_repeats_its_answers(site: Site) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    first = await client.post(f"{chat}/entries", json={"client_id": "1", "text": "a"})
    await site.quiet()
    case_id = chat.rpartition("/")[2]
    site.value(
        """update cases set state = 'closed', closed_at = now(), bot_due_seq = null, bot_due_at = null
           where id = %s returning 1""",
        case_id,
    )
    before = site.counts()
    again = await client.post(f"{chat}/entries", json={"client_id": "1", "text": "a"})
    assert again.content == first.content
    new = await client.post(f"{chat}/entries", json={"client_id": "2", "text": "b"})
    assert (new.status_code, new.json()["code"]) == (409, "case_closed")
    assert site.counts() == before


async def test_too_fast(site: Site) -> None:
    client = await site.api()
    chat = await _chat(site, client)
    msgspec.structs.force_setattr(site.services.limits, "write", RateLimit(0.1, 3))
    answers = [await client.post(f"{chat}/entries", json={"client_id": str(n), "text": "a"}) for n in range(8)]
    assert [answer.status_code for answer in answers] == [201] * 3 + [429] * 5
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(int(answer.headers["retry-after"]) >= 1 and answer.json()["code"] == "too_fast" for answer in refused)
    stored = site.value("select count(*) from entries where author = 'customer'")
    assert stored == len(answers) - len(refused)
    another = await site.api()
    assert (await another.post("/api/v1/chats", json={"client_id": "c"})).status_code == 201


async def test_too_many_sessions_from_one_place(site: Site) -> None:
    msgspec.structs.force_setattr(site.services.limits, "arrive", RateLimit(0.1, 2))
    client, before = await site.client(), int(str(site.value("select count(*) from sessions")))
    answers = [await client.post("/api/v1/sessions", json={"locale": "ja"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    assert site.value("select count(*) from sessions") == before + 2


async def test_a_payment_provider_that_comes_too_often_is_to_come_again(site: Site) -> None:
    msgspec.structs.force_setattr(site.services.limits, "visit", RateLimit(0.1, 2))
    client = await site.client()
    answers = [await client.post("/api/v1/webhooks/payments/demo", content=b"{}") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_an_order_version_of_long_ago_is_no_argument(site: Site) -> None:
    client = await site.api(MISAKI)
    orders = (await client.get("/api/v1/orders")).json()["items"]
    order = next(one for one in orders if one["number"] == MISAKI.order(Story.CANCELLABLE))
    before = site.counts()
    arguments = {"order_id": order["id"], "version": 1}
    answer = await client.post("/api/v1/quotes", json={"action": "order.cancel", "arguments": arguments})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_arguments")
    assert site.counts() == before
