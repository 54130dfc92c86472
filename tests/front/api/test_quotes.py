"""Wishes by API: quoted, confirmed once, settled; and what stands in their way."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from madoguchi.edge.stores.demo.people import EMMA, KENTA, MISAKI, Person, Story
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def _order(client: httpx.AsyncClient, number: str) -> dict[str, Any]:
    orders = (await client.get("/api/v1/orders", params={"limit": 100})).json()["items"]
    return next(order for order in orders if order["number"] == number)


async def _quote(client: httpx.AsyncClient, order_id: str, **more: Any) -> httpx.Response:
    arguments = {"order_id": order_id} | more
    return await client.post("/api/v1/quotes", json={"action": "order.cancel", "arguments": arguments})


async def _offer(client: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    offers = (await client.get(f"/api/v1/orders/{order_id}/actions")).json()
    return next(offer for offer in offers if offer["action"] == "order.cancel")


async def _confirm(client: httpx.AsyncClient, quote: dict[str, Any], token: str | None = None) -> httpx.Response:
    given = quote["confirmation"]["token"] if token is None else token
    return await client.post(f"/api/v1/quotes/{quote['id']}/confirmation", json={"token": given})


async def _quoted(site: Site, person: Person = MISAKI) -> tuple[httpx.AsyncClient, dict[str, Any]]:
    client = await site.api(person)
    order = await _order(client, person.order(Story.CANCELLABLE))
    answer = await _quote(client, order["id"])
    assert answer.status_code == 201, answer.text
    return client, answer.json()


async def test_a_cancellation_from_quote_to_message(site: Site) -> None:
    client = await site.api(MISAKI)
    number = MISAKI.order(Story.CANCELLABLE)
    order = await _order(client, number)
    assert (await _offer(client, order["id"]))["possible"]
    chat = (await client.post("/api/v1/chats", json={"client_id": "c"})).json()["id"]

    wish = {"action": "order.cancel", "arguments": {"order_id": order["id"]}, "chat": chat}
    quote = (await client.post("/api/v1/quotes", json=wish)).json()
    slip = quote["slip"]
    assert slip["total"] == order["total"]
    assert [(back["kind"], back["amount"]["amount"]) for back in slip["money"]][:2] == [
        ("gift_balance", 3000),
        ("points", 850),
    ]
    assert sum(back["amount"]["amount"] for back in slip["money"]) == slip["total"]["amount"]
    assert (await client.get(f"/api/v1/orders/{order['id']}")).json()["state"] == "paid"

    request = (await _confirm(client, quote)).json()
    assert (request["state"], request["order_number"], request["refusal"]) == ("done", number, None)
    assert (await client.get(f"/api/v1/requests/{request['id']}")).json() == request
    await site.quiet()
    assert (await client.get(f"/api/v1/orders/{order['id']}")).json()["state"] == "cancelled"
    messages = (await client.get("/api/v1/messages")).json()["items"]
    assert [(message["order"], message["read_at"]) for message in messages] == [(order["id"], None)]
    message = (await client.get(f"/api/v1/messages/{messages[0]['id']}")).json()
    assert (message["slip"]["total"], number in message["text"]) == (order["total"], True)
    assert (await client.post(f"/api/v1/messages/{message['id']}/read")).status_code == 204
    assert (await client.get(f"/api/v1/messages/{message['id']}")).json()["read_at"] is not None
    told = (await client.get(f"/api/v1/cases/{chat}")).json()["entries"]
    assert [entry["card"]["type"] for entry in told if entry["kind"] == "action"] == ["slip"]


async def test_units_of_a_line(site: Site) -> None:
    client = await site.api(MISAKI)
    order = await _order(client, MISAKI.order(Story.CANCELLABLE))
    line = next(line for line in order["lines"] if line["quantity"] > 1)
    quote = (await _quote(client, order["id"], lines={line["ref"]: 1})).json()
    assert [(part["ref"], part["quantity"]) for part in quote["slip"]["lines"]] == [(line["ref"], 1)]
    assert (await _confirm(client, quote)).json()["state"] == "done"
    await site.quiet()
    after = (await client.get(f"/api/v1/orders/{order['id']}")).json()
    assert {one["ref"]: one["cancelled"] for one in after["lines"] if one["cancelled"]} == {line["ref"]: 1}


async def test_a_slow_shop_does_not_hold_the_answer(site: Site) -> None:
    client = await site.api(KENTA)
    order = await _order(client, KENTA.order(Story.PREPARING))
    quote = (await _quote(client, order["id"])).json()
    assert quote["slip"]["asked"] is True
    request = (await _confirm(client, quote)).json()
    assert (request["state"], request["settled_at"]) == ("asked", None)


async def test_confirming_twice_at_once_makes_one_request(site: Site) -> None:
    client, quote = await _quoted(site)
    answers = await asyncio.gather(*(_confirm(client, quote) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert site.value("select count(*) from requests") == 1
    await site.quiet()
    refunded = site.value("select sum(refunded) from ledger_tenders where order_id = %s", quote["order"])
    assert refunded == quote["slip"]["total"]["amount"]


async def test_two_quotes_of_one_order_make_one_request(site: Site) -> None:
    client, first = await _quoted(site)
    second = (await _quote(client, first["order"])).json()
    answers = await asyncio.gather(_confirm(client, first), _confirm(client, second))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert site.value("select count(*) from requests") == 1


async def test_an_expired_quote_is_refused(site: Site) -> None:
    client, quote = await _quoted(site)
    with clock.frozen(NOW + timedelta(minutes=14)):
        fresh = (await client.get(f"/api/v1/quotes/{quote['id']}")).json()["confirmation"]
    assert fresh["expires_at"] == quote["expires_at"]
    with clock.frozen(NOW + timedelta(minutes=15, seconds=1)):
        await site.caught_up()
        before = site.counts()
        answer = await _confirm(client, quote, fresh["token"])
        assert (answer.status_code, answer.json()["code"]) == (409, "quote_expired")
        assert site.counts() == before


async def test_an_expired_confirmation_is_refused_and_made_again(site: Site) -> None:
    client, quote = await _quoted(site)
    with clock.frozen(NOW + timedelta(minutes=5, seconds=1)):
        await site.caught_up()
        before = site.counts()
        answer = await _confirm(client, quote)
        assert (answer.status_code, answer.json()["code"]) == (409, "confirmation_expired")
        assert site.counts() == before
        fresh = (await client.get(f"/api/v1/quotes/{quote['id']}")).json()
        assert (await _confirm(client, fresh)).status_code == 200


async def test_a_changed_order_is_refused(site: Site) -> None:
    client, quote = await _quoted(site)
    site.value("update orders set version = version + 1 where id = %s returning 1", quote["order"])
    before = site.counts()
    answer = await _confirm(client, quote)
    assert (answer.status_code, answer.json()["code"]) == (409, "order_changed")
    assert site.counts() == before


async def test_a_made_up_confirmation_is_refused(site: Site) -> None:
    client, quote = await _quoted(site)
    before = site.counts()
    for token in ("", "x", "a.b", "é.é", "W10.AAAA", quote["confirmation"]["token"][:-1] + "_"):
        answer = await _confirm(client, quote, token)
        assert (answer.status_code, answer.json()["code"]) == (409, "confirmation_bad"), token
    assert site.counts() == before


async def test_a_confirmation_is_good_in_its_own_session_only(site: Site) -> None:
    _, quote = await _quoted(site)
    elsewhere = await site.api(MISAKI)
    before = site.counts()
    answer = await _confirm(elsewhere, quote)
    assert (answer.status_code, answer.json()["code"]) == (409, "confirmation_bad")
    assert site.counts() == before


async def test_of_others_nothing_is_seen_or_done(site: Site) -> None:
    client, quote = await _quoted(site)
    request = (await _confirm(client, quote)).json()
    await site.quiet()
    other, before = await site.api(EMMA), site.counts()
    missing = await other.get("/api/v1/quotes/01890000-0000-7000-8000-000000000000")
    for path in (
        f"/api/v1/quotes/{quote['id']}",
        f"/api/v1/requests/{request['id']}",
        f"/api/v1/orders/{quote['order']}",
        f"/api/v1/orders/{quote['order']}/actions",
    ):
        answer = await other.get(path)
        assert (answer.status_code, answer.content) == (404, missing.content), path
    assert (await _confirm(other, quote)).content == missing.content
    assert (await _quote(other, quote["order"])).content == missing.content
    assert site.counts() == before


@pytest.mark.parametrize(
    ("person", "story", "code"),
    [(MISAKI, Story.LATE, "cancel_shipped"), (MISAKI, Story.DELIVERED, "cancel_delivered")],
)
async def test_too_late_says_why_and_what_instead(site: Site, person: Person, story: Story, code: str) -> None:
    client = await site.api(person, "en")
    order = await _order(client, person.order(story))
    before = site.counts()
    answer = await _quote(client, order["id"])
    problem = answer.json()
    assert (answer.status_code, problem["code"], bool(problem["alternatives"])) == (409, code, True)
    after = site.counts()
    assert {table for table in after if after[table] != before[table]} == {"public.policy_decisions"}
    offer = await _offer(client, order["id"])
    assert (offer["possible"], offer["refusal"]["code"], offer["refusal"]["text"]) == (False, code, problem["detail"])


WRONG: list[tuple[str, dict[str, Any], int, str]] = [
    ("order.explode", {}, 404, "unknown_action"),
    ("order.show", {}, 409, "needs_no_quote"),
    ("order.cancel", {}, 422, "invalid_arguments"),
    ("order.cancel", {"order_id": "x"}, 422, "invalid_arguments"),
    ("order.cancel", {"order_id": "ORDER", "amount": 1}, 422, "invalid_arguments"),
    ("order.cancel", {"order_id": "ORDER", "reason": "\u0000"}, 422, "field_missing"),
    ("order.cancel", {"order_id": "ORDER", "lines": {}}, 422, "no_lines"),
    ("order.cancel", {"order_id": "ORDER", "lines": {"9": 1}}, 422, "unknown_line"),
    ("order.cancel", {"order_id": "ORDER", "lines": {"1": 0}}, 422, "no_lines"),
    ("order.cancel", {"order_id": "ORDER", "lines": {"1": 99}}, 422, "wrong_quantity"),
    ("order.cancel", {"order_id": "ORDER", "lines": {"1": 10**30}}, 422, "wrong_quantity"),
]


async def test_wrong_arguments_are_refused(site: Site, subtests: pytest.Subtests) -> None:
    client = await site.api(MISAKI)
    order = await _order(client, MISAKI.order(Story.CANCELLABLE))
    before = site.counts()
    for action, arguments, status, code in WRONG:
        with subtests.test(f"{action} {arguments}"):
            given = {name: order["id"] if value == "ORDER" else value for name, value in arguments.items()}
            answer = await client.post("/api/v1/quotes", json={"action": action, "arguments": given})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert site.counts() == before


async def test_a_guest_is_asked_who_they_are(site: Site) -> None:
    client = await site.api()
    before = site.counts()
    answer = await _quote(client, "01890000-0000-7000-8000-000000000000")
    assert (answer.status_code, answer.json()["code"]) == (403, "identity_needed")
    assert site.counts() == before
