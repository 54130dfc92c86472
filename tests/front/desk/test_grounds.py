"""Why something was decided, beside the conversation: the rule, the law that was better, and the version."""

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import MIDORI, NAOKI, Person
from madoguchi.kit.i18n import Reader
from tests.front.desk.associate import at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

DRINKS = "MD-10233702"


async def asked(site: Site, customer: Person, order: str, **told: str) -> str:
    """The panel after an associate has asked for a return of an order's second line."""
    caller = await in_line(site, customer, "返品したいです")
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    order_id = await order_of(site, order)
    form = {"action": "order.return", "order_id": order_id, "filled": "1", "lines[2]": "1", **told}
    await aoi.post(f"/desk/cases/{caller.case_id}/quotes", form)
    return (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order_id}")).text


async def test_what_was_reduced_names_its_rule_and_version(site: Site) -> None:
    page = await asked(site, MIDORI, DRINKS, reason="mistake", condition="opened", method="own")
    assert "判断の根拠" in page
    assert "代金の50%を返金します" in page
    assert "returns.opened" in page
    assert "規則 marketplace-jp 第1版" in page


async def test_the_law_that_was_better_is_told_in_plain_words(site: Site) -> None:
    page = await asked(site, MIDORI, DRINKS, reason="defective", wish="refund", method="label")
    assert "365日間承ります" in page


async def test_a_refusal_stays_with_its_reason_for_its_customer_alone(site: Site) -> None:
    page = await asked(site, MIDORI, DRINKS, reason="mistake", condition="used")
    assert "別の方法を案内" in page
    assert Reader("ja").t("errors.return_used") in page
    other = await in_line(site, NAOKI, "こんにちは")
    leader = await at_desk(site, "鈴木 健", role=Role.LEADER)
    assert "判断の根拠" not in (await leader.get(f"/desk/panels/customer/{other.case_id}")).text
