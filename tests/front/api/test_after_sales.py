"""Returns, refunds and claims on the guarantee, as programs read them; nobody else's."""

from datetime import timedelta

from madoguchi.edge.stores.demo.people import MIDORI, MISAKI, YOKO, Story
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.front.seller.merchant import asked, claimed
from tests.front.warehouse.worker import sent_back
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

DRINKS, CANCELLABLE = "MD-10233702", MISAKI.order(Story.CANCELLABLE)
TOLD = {"reason": "mistake", "condition": "unopened", "method": "own"}
V1 = "/api/v1"


async def test_returns_are_listed_part_by_part_and_followed(site: Site) -> None:
    first = await sent_back(site, DRINKS, lines={"2": 1}, **TOLD)
    second = await sent_back(site, DRINKS, lines={"2": 2}, **TOLD)
    client = await site.api(MIDORI)
    page = (await client.get(f"{V1}/returns?limit=1")).json()
    assert [one["id"] for one in page["items"]] == [str(second.id)]
    page = (await client.get(f"{V1}/returns?limit=1&after={page['next']}")).json()
    assert ([one["id"] for one in page["items"]], page["next"]) == ([str(first.id)], None)

    one = (await client.get(f"{V1}/returns/{second.id}")).json()
    assert (one["state"], one["wish"], one["order_number"]) == ("approved", "refund", DRINKS)
    assert [(unit["line"], unit["reception"], unit["percent"]) for unit in one["units"]] == [("2", "awaiting", 100)] * 2
    offers = {one["action"]: one for one in (await client.get(f"{V1}/returns/{second.id}/actions")).json()}
    assert offers["return.cancel"]["possible"]

    other = await site.api(YOKO)
    assert (await other.get(f"{V1}/returns")).json()["items"] == []
    for path in ("", "/actions"):
        assert (await other.get(f"{V1}/returns/{second.id}{path}")).status_code == 404


async def test_a_refund_tells_its_amount_and_its_day(site: Site) -> None:
    client = await site.api(MISAKI)
    assert (await client.get(f"{V1}/refunds")).json() == []
    raw = {"order_id": str(site.value("select id from orders where store_ref = %s", CANCELLABLE))}
    quote = (await client.post(f"{V1}/quotes", json={"action": "order.cancel", "arguments": raw})).json()
    token = {"token": quote["confirmation"]["token"]}
    made = (await client.post(f"{V1}/quotes/{quote['id']}/confirmation", json=token)).json()
    await site.quiet()
    refunds = (await client.get(f"{V1}/refunds")).json()
    assert {refund["request"] for refund in refunds} == {made["id"]}
    assert sum(refund["amount"]["amount"] for refund in refunds) == quote["slip"]["total"]["amount"] > 0
    assert all(refund["shows_by"] >= NOW.date().isoformat() for refund in refunds)
    assert (await (await site.api(YOKO)).get(f"{V1}/refunds")).json() == []


async def test_a_claim_tells_who_acts_until_when(site: Site) -> None:
    await asked(site, "色が違うので返品したいです", topic="return")
    with clock.frozen(NOW + timedelta(hours=48)):
        await claimed(site)
        client = await site.api(MISAKI)
        (claim,) = (await client.get(f"{V1}/guarantee-claims")).json()
        assert (claim["state"], claim["due_at"]) == ("waiting_seller", "2026-03-07T01:00:00Z")
        assert (await (await site.api(YOKO)).get(f"{V1}/guarantee-claims")).json() == []
