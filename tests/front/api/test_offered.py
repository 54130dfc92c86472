"""What a program needs to fill in an action by itself: fields, options, addresses, payment methods."""

from typing import Any

import httpx

from madoguchi.edge.stores.demo.people import EMMA, MISAKI, Story
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def _order(client: httpx.AsyncClient, number: str) -> dict[str, Any]:
    orders = (await client.get("/api/v1/orders", params={"limit": 100})).json()["items"]
    found: dict[str, Any] = next(order for order in orders if order["number"] == number)
    return found


async def test_an_action_tells_its_fields_and_takes_them_back(site: Site) -> None:
    client = await site.api(MISAKI, "en")
    order = await _order(client, MISAKI.order(Story.CANCELLABLE))
    offers = (await client.get(f"/api/v1/orders/{order['id']}/actions")).json()
    cancel = next(offer for offer in offers if offer["action"] == "order.cancel")
    fields = {field["name"]: field for field in cancel["fields"]}
    lines, reason = fields["lines"], fields["reason"]
    assert (lines["kind"], reason["kind"], reason["label"]) == ("units", "choice", "Why you’re cancelling")
    assert {option["value"]: option["limit"] for option in lines["options"]} == lines["default"]
    assert {option["value"] for option in lines["options"]} == {line["ref"] for line in order["lines"]}
    given = {"lines": lines["default"], "reason": reason["options"][1]["value"]}
    wish = {"action": cancel["action"], "arguments": cancel["arguments"] | given}
    assert (await client.post("/api/v1/quotes", json=wish)).json()["slip"]["total"] == order["total"]


async def test_a_wrong_value_names_its_field(site: Site) -> None:
    client = await site.api(MISAKI)
    order = await _order(client, MISAKI.order(Story.CANCELLABLE))
    before = site.counts()
    wish = {"action": "order.cancel", "arguments": {"order_id": order["id"], "reason": "because"}}
    answer = await client.post("/api/v1/quotes", json=wish)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "field_unknown", "reason")
    assert site.counts() == before


async def test_an_order_tells_where_it_goes_and_how_it_is_paid(site: Site) -> None:
    client = await site.api(MISAKI)
    order = await _order(client, MISAKI.order(Story.CANCELLABLE))
    assert order["address"]["country"] == "JP"
    assert sum(payment["amount"]["amount"] for payment in order["payments"]) == order["total"]["amount"]
    assert all(line["sku"] and line["product"] for line in order["lines"])
    alone = (await client.get(f"/api/v1/orders/{order['id']}")).json()
    assert alone == order


async def test_methods_are_the_customers_own(site: Site) -> None:
    held = [(await (await site.api(person)).get("/api/v1/me/payment-methods")).json() for person in (MISAKI, EMMA)]
    mine, hers = ({method["ref"]: method["balance"] for method in methods} for methods in held)
    assert mine["points"]["amount"] == MISAKI.points
    assert hers["points"]["amount"] == EMMA.points
    assert (await (await site.api()).get("/api/v1/me/payment-methods")).status_code in {401, 403}


async def test_what_is_beside_orders_is_offered_too(site: Site) -> None:
    client = await site.api(MISAKI)
    offers = (await client.get("/api/v1/me/actions")).json()
    assert all("order_id" not in offer["arguments"] for offer in offers)
