"""ギフトの返品: somebody got a present, shows the code from its slip, and is paid; whoever gave it hears nothing."""

import pytest
from playwright.async_api import expect

from madoguchi.edge.stores.demo.people import NAOKI, YOKO, Story
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from tests.journeys.street import Street
from tests.journeys.test_return_stories import looked_at, scanned, sound

pytestmark = pytest.mark.browser

PRESENT = YOKO.order(Story.GIVEN)  # two towels at 3,960 yen and a tea
TOWEL = Money(3960, "JPY")


@pytest.mark.spoken("ja")
async def test_a_present_goes_back_without_whoever_gave_it(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page = await street.customer(NAOKI, lang)
    await page.get_by_role("link", name=says.t("counter.gifts.all")).click()
    code = page.get_by_label(says.t("actions.gift.redeem.field.code"))
    known = str(site.value("select document->>'gift_code' from orders where store_ref = %s", PRESENT))
    await code.fill(known.lower().replace("-", ""))
    await code.press("Enter")
    await expect(page.locator("h1")).to_have_text(says.t("actions.gift.return.name"))
    assert says.money(TOWEL) not in await page.locator("main").inner_text(), "nobody tells what it cost"

    await page.locator('select[name="lines[1]"]').select_option("1")
    await page.get_by_label(says.t("returns.reason.dislike"), exact=True).check()
    await page.get_by_label(says.t("returns.condition.unopened"), exact=True).check()
    await page.locator("form.action-form .primary").click()
    await page.get_by_label(says.t("returns.method.own")).check()
    await page.locator("form.action-form .primary").click()
    slip = page.locator(".slip")
    await expect(slip.locator("tfoot td")).to_have_text(says.money(TOWEL))
    await expect(slip).to_contain_text(says.t("orders.money.to.recipient"))
    await slip.locator(".primary").click()
    await page.wait_for_url("**/returns/*")
    here = page.url

    await scanned(site)
    await looked_at(site)
    await page.goto(here)
    await expect(page.locator("h1")).to_contain_text(says.t("counter.returns.now.settled"))
    await expect(page.locator("main")).to_contain_text(says.t("refunds.to.recipient", amount=TOWEL))
    assert PRESENT not in await page.content()

    giver = await street.customer(YOKO, lang, scripts=False)
    order = site.value("select id from orders where store_ref = %s", PRESENT)
    await giver.goto(f"{site.url}/orders/{order}/return/items")
    await expect(giver.locator('select[name="lines[1]"]')).to_have_count(0)
    assert await giver.locator('input[name="lines[1]"]').count() == 1, "the other towel is still theirs to return"
    await sound(site)
