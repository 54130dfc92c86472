"""交換: a sweater that should be larger, at a higher price; what is charged, what goes out, what comes back."""

import pytest
from playwright.async_api import expect

from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from tests.journeys.street import Street
from tests.journeys.test_changes_story import confirmed, opened
from tests.journeys.test_return_stories import CLOTHES, looked_at, scanned, sound

pytestmark = pytest.mark.browser

_NEW = "select {} from demo_store.orders where exchanges = %s"
_TAKEN = """select sum(captured) from demo_store.tenders t join demo_store.orders o on o.ref = t.order_ref
  where exchanges = %s"""


@pytest.mark.spoken("ja")
async def test_a_larger_sweater_costs_more(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page = await street.customer(MISAKI, lang)
    await opened(page, site, CLOTHES)
    await page.get_by_role("link", name=says.t("actions.order.exchange.name")).click()
    await page.locator("input[name='items[1]'][value='SWEATER-XL']").check()
    await page.get_by_label(says.t("returns.reason.size"), exact=True).check()
    await page.get_by_label(says.t("returns.condition.unopened"), exact=True).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await page.get_by_label(says.t("returns.method.label")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    slip = page.locator(".slip")
    await expect(slip.locator("tfoot td")).to_have_text(says.money(Money(600, "JPY")))
    await expect(slip).to_contain_text(says.t("returns.postage.ours"))
    await confirmed(page, says)
    await site.quiet()
    await page.reload()
    new = str(site.value(_NEW.format("ref"), CLOTHES))
    await expect(page.locator(".slip")).to_contain_text(new)
    await page.goto(f"{site.url}/orders")
    await expect(page.locator(".order", has_text=new)).to_contain_text(
        says.t("orders.card.exchange.out", order=CLOTHES)
    )
    await scanned(site)
    await looked_at(site)
    assert site.value(_NEW.format("held"), CLOTHES) is False
    assert site.value(_TAKEN, CLOTHES) == 9900 + 600
    assert site.value("select count(*) from refund_intents") == 0
    await sound(site)
