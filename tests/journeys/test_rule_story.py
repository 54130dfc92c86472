"""返品は45日までにしよう: an administrator changes a rule, and the pages and the bot say it at once."""

import re

import pytest
from playwright.async_api import Page, expect

from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.kit.i18n import Reader
from tests.front.office.administrator import RULES
from tests.journeys.scenes import ADMIN
from tests.journeys.street import CHANGED_MIND, DESK, Street, staff_token, write

pytestmark = pytest.mark.browser

OFFICE = "ja"  # what the administrator reads, whatever the customers speak


@pytest.mark.spoken("ja")
async def test_thirty_days_become_forty_five(street: Street, lang: str, says: Reader) -> None:
    customer = await street.customer(MISAKI, lang)
    order = MISAKI.order(Story.DELIVERED)
    await see(customer, street, order)
    await expect(customer.locator("main")).to_contain_text(says.t("errors.cancel_delivered", days=30))

    office_says = Reader(OFFICE)
    admin = await office(street)
    await admin.get_by_role("link", name=office_says.t("office.rules.edit")).click()
    await admin.get_by_label(office_says.t("policy.field.returns.days")).fill("45")
    await admin.get_by_role("button", name=office_says.t("office.edit.next")).click()
    await expect(admin.locator(".rule-table").first).to_contain_text(office_says.t("policy.value.days", n=45))
    await expect(admin.locator("#effect")).to_contain_text(re.compile(r"30日間の判断\d+件"))
    await admin.get_by_label(office_says.t("office.draft.note")).fill("冬のお買い物のため")
    await admin.get_by_role("button", name=office_says.t("office.draft.do")).click()
    await expect(admin.locator("h1")).to_have_text(office_says.t("office.versions.number", number=2))
    await expect(admin.locator("main")).to_contain_text("冬のお買い物のため")

    told = says.t("errors.cancel_delivered", days=45)
    await see(customer, street, order)
    await expect(customer.locator("main")).to_contain_text(told)
    await customer.goto(street.site.url)
    await customer.locator(".now").get_by_role("button", name=says.t("counter.home.start")).click()
    await write(customer, f"{CHANGED_MIND[lang]} {order}")
    await expect(customer.locator(".timeline")).to_contain_text(told)


async def see(page: Page, street: Street, order: str) -> None:
    """Open the page of an order."""
    await page.goto(f"{street.site.url}/orders")
    await page.click(f".order:has-text('{order}') .order-headline a")


async def office(street: Street) -> Page:
    """An administrator with the rules open."""
    page = await street.guest(OFFICE, width=DESK)
    token = await staff_token(street.site, ADMIN)
    await page.context.add_cookies([{"name": "session", "value": token, "url": street.site.url}])
    await page.goto(street.site.url + RULES)
    return page
