"""Photos by API: sent once, told by id, shown to whoever sent them, used in a quote."""

from typing import Any

import httpx

from madoguchi.edge.stores.demo.people import ICHIRO, MISAKI
from tests.front.counter.test_photos import CLEANER, picture
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def _send(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    return await client.post("/api/v1/photos", files={"file": ("plate.jpg", content, "image/jpeg")})


async def _claim(client: httpx.AsyncClient, order: object, photos: list[Any]) -> httpx.Response:
    arguments = {"order_id": str(order), "lines": {"1": 1}, "problem": "damaged", "photos": photos}
    return await client.post("/api/v1/quotes", json={"action": "item.replace", "arguments": arguments})


async def test_a_photo_goes_with_a_quote(site: Site) -> None:
    client = await site.api(ICHIRO)
    order = site.value("select id from orders where store_ref = %s", CLEANER)
    offered = (await client.get(f"/api/v1/orders/{order}/actions")).json()
    fields = next(one["fields"] for one in offered if one["action"] == "item.replace")
    assert next((field["kind"], field["required"]) for field in fields if field["name"] == "photos") == ("photos", True)

    missing = await _claim(client, order, [])
    assert (missing.status_code, missing.json()["code"], missing.json()["field"]) == (422, "photo_missing", "photos")
    sent = await _send(client, picture())
    assert sent.status_code == 201, sent.text
    assert (await _send(client, picture())).json() == sent.json(), "the same photo has the same id"
    quote = await _claim(client, order, [sent.json()["id"]])
    assert quote.status_code == 201, quote.text
    (url,) = quote.json()["slip"]["photos"]
    assert url == sent.json()["url"]
    shown = await client.get(url)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")

    other = await site.api(MISAKI)
    assert (await other.get(url)).status_code == 404
    assert (await _claim(client, order, ["not-an-id"])).json()["code"] == "photo_unknown"


async def test_only_photos_of_known_customers(site: Site) -> None:
    assert (await _send(await site.api(), picture())).status_code == 401
    client = await site.api(ICHIRO)
    refused = await _send(client, b"%PDF-1.7")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_photo")
    assert site.value("select count(*) from photos") == 0
