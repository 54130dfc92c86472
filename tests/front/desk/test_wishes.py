"""What a customer wished for, beside the conversation: what comes back, what is claimed, what came to nothing."""

from madoguchi.edge.stores.demo.people import MIDORI
from tests.front.desk.associate import at_desk, in_line, order_of
from tests.front.warehouse.worker import sent_back
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

DRINKS = "MD-10233702"


async def test_what_comes_back_is_told_with_its_order_and_no_other(site: Site) -> None:
    of = await sent_back(site, DRINKS, lines={"2": 1}, reason="mistake", condition="unopened", method="own")
    caller = await in_line(site, MIDORI, "返品はどうなりましたか")
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    page = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={of.order_id}")).text
    assert of.number
    assert of.number in page
    assert "発送待ち" in page
    assert page.index(of.number) < page.index("できないことと、その理由")
    other = await order_of(site, next(ref for ref in MIDORI.order_refs if ref != DRINKS))
    assert of.number not in (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={other}")).text
