"""領収書がほしい: a customer prints a receipt, and a second one that says so."""

import pytest
from playwright.async_api import expect

from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.kit.i18n import Reader
from tests.journeys.street import Street


@pytest.mark.browser
@pytest.mark.spoken("ja")
async def test_a_receipt_and_another(street: Street, says: Reader) -> None:
    """From the order's page, made out to a company; nothing but the sheet is printed."""
    order = street.site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    page = await street.customer(MISAKI, "ja")
    for title in ("receipts.title", "receipts.title.again"):
        await page.goto(f"{street.site.url}/orders/{order}")
        await page.get_by_role("link", name=says.t("receipts.title")).click()
        await page.get_by_label(says.t("receipts.addressee")).fill("株式会社 青葉")
        await page.get_by_role("button", name=says.t("receipts.issue")).click()
        sheet = page.locator(".slip")
        await expect(sheet.locator("h1")).to_have_text(says.t(title))
        await expect(sheet).to_contain_text(says.t("receipts.to", name="株式会社 青葉"))
        await expect(sheet).to_contain_text(says.t("receipts.rate", rate=10))
    await page.emulate_media(media="print")
    await expect(page.locator(".actions")).to_be_hidden()
    await expect(sheet).to_be_visible()
