"""Beginning and ending sessions."""

from madoguchi.edge.stores.demo.people import MISAKI
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_begins_for_a_guest(site: Site) -> None:
    client = await site.client()
    answer = await client.post("/api/v1/sessions", json={"locale": "ko"})
    assert answer.status_code == 201
    assert answer.json()["level"] == 0
    assert answer.json()["locale"] == "ko"
    assert "set-cookie" not in answer.headers


async def test_begins_for_whom_the_shop_vouches(site: Site) -> None:
    client = await site.api(MISAKI)
    orders = (await client.get("/api/v1/orders")).json()["items"]
    assert orders[0]["number"].startswith("MD-")
