"""Presents at the desk: staff show the code for whoever got one, and act on it; its order stays out of the case."""

import re

from madoguchi.edge.stores.demo.people import NAOKI, YOKO, Story
from tests.front.desk.associate import at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

PRESENT = YOKO.order(Story.GIVEN)


async def test_the_code_is_shown_for_the_customer_of_the_case(site: Site) -> None:
    code = str(site.value("select document->>'gift_code' from orders where store_ref = %s", PRESENT))
    caller = await in_line(site, NAOKI, "いただいたものを返品したいです")
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    quotes = f"/desk/cases/{caller.case_id}/quotes"
    customer = site.value("select id from customers where store_ref = %s", NAOKI.customer.ref)
    await aoi.post(quotes, {"action": "gift.redeem", "customer_id": customer, "filled": "1", "code": code})
    gift, number = (site.value(f"select {column} from gifts") for column in ("id", "number"))
    assert str(number) in aoi.page.text

    told = {"lines[1]": "1", "reason": "size", "condition": "unopened", "method": "own"}
    await aoi.post(quotes, {"action": "gift.return", "gift_id": gift, "filled": "1"} | told)
    token = re.search(r'name="token" value="([^"]+)"', aoi.page.text)
    assert token, aoi.page.text
    await aoi.post(f"{aoi.page.url.path}/confirmation", {"token": token[1]})
    assert site.value("select customer_id from returns") == customer
    assert PRESENT not in aoi.page.text
    assert site.value("select order_id from cases where id = %s", caller.case_id) is None
    assert str(site.value("select number from returns")) in (await aoi.get(f"/desk/cases/{caller.case_id}")).text


async def test_whoever_has_lost_the_slip_is_told_its_code_by_staff(site: Site) -> None:
    code = str(site.value("select document->>'gift_code' from orders where store_ref = %s", PRESENT))
    caller = await in_line(site, YOKO, "こんにちは")
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    assert code in (await aoi.get(f"/desk/cases/{caller.case_id}?order={await order_of(site, PRESENT)}")).text
