"""What a customer wished for lately, beside the conversation."""

from madoguchi.edge.stores.demo.people import MIDORI, NAOKI, Person
from tests.front.desk.associate import at_desk, in_line
from tests.front.warehouse.worker import sent_back
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

DRINKS = "MD-10233702"


async def test_what_comes_back_is_told_before_the_orders(site: Site) -> None:
    of = await sent_back(site, DRINKS, lines={"2": 1}, reason="mistake", condition="unopened", method="own")
    page = await panel(site, MIDORI)
    assert of.number
    assert page.index("MD-10233702 の返品") < page.index(of.number) < page.index("できないことと、その理由")
    assert "発送待ち" in page
    assert of.number not in await panel(site, NAOKI)


async def panel(site: Site, customer: Person) -> str:
    """What an associate reads who has taken this customer."""
    caller, aoi = await in_line(site, customer, "返品はどうなりましたか"), await at_desk(site)
    await aoi.take(caller.case_id)
    return (await aoi.get(f"/desk/panels/customer/{caller.case_id}")).text
