"""出品者への質問: one seller answers while the customer looks on, another says nothing, and the shop makes it good."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.jobs import Nothing
from madoguchi.service.sellers import jobs
from tests.conftest import NOW
from tests.journeys.street import Street
from tests.web import Site

pytestmark = pytest.mark.browser

BOWLS, SELLER = "MD-10233871", "山田商店"
HOUR = timedelta(hours=1)
SECRET = "090-0000-1001"


@pytest.mark.spoken("ja")
async def test_a_seller_answers(street: Street, lang: str, says: Reader) -> None:
    page, watching = await street.customer(MISAKI, lang), await street.merchant("yamada", lang)
    await ask(page, street.site, says, "product", f"電子レンジで使えますか。{SECRET}")
    await expect(page.locator(".room-top")).to_contain_text(
        says.t("counter.case.seller.waiting", seller=SELLER, time=NOW + 48 * HOUR)
    )
    waits = watching.locator(".list-row", has_text=BOWLS)
    await expect(waits).to_be_visible()  # without looking again, as what comes below
    theirs = await street.merchant("yamada", lang, scripts=False)  # on a phone, and nothing but forms
    await theirs.click(".list-row")
    await expect(theirs.locator(".timeline")).to_contain_text("電子レンジで使えますか。●●●")
    await theirs.get_by_label(says.t("seller.answer.text")).fill("はい、お使いいただけます。")
    await theirs.get_by_role("button", name=says.t("seller.answer.send")).click()
    await expect(theirs.locator(".now")).to_contain_text(says.t("seller.due.answered"))
    await expect(waits).to_have_count(0)
    await expect(page.locator(".timeline")).to_contain_text("はい、お使いいただけます。")
    await expect(page.locator(".room-top")).to_contain_text(says.t("counter.case.seller.answered", seller=SELLER))
    await rate(page, street.site, says)
    await theirs.goto(f"{street.site.url}/seller/figures")
    await expect(theirs.locator("main")).to_contain_text("100%")
    await expect(theirs.locator("main")).to_contain_text("丁寧でした")


@pytest.mark.spoken("ja")
async def test_a_silent_seller(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page = await street.customer(MISAKI, lang)
    await ask(page, site, says, "return", "色が写真と違うので返品したいです。")
    with clock.frozen(NOW + 49 * HOUR):
        await jobs.sweep(site.app.db, Nothing())
        await site.quiet()
        page = await street.customer(MISAKI, lang)
        await page.goto(f"{site.url}/cases")
        await expect(page.locator("main")).to_contain_text(
            says.t("counter.case.seller.overdue", seller=SELLER, time=NOW + 48 * HOUR)
        )
        await claim(page, site, says)
        theirs = await street.merchant("yamada", lang)
        await theirs.goto(f"{site.url}/seller/claims")
        await expect(theirs.locator(".list-row")).to_contain_text(BOWLS)
    with clock.frozen(NOW + 98 * HOUR):
        await site.app.guarantee.sweep(Nothing())
        await site.quiet()
        page = await street.customer(MISAKI, lang)
        await open_order(page, site)
        await expect(page.locator("main")).to_contain_text("Visa ···· 3419")
        await page.goto(f"{site.url}/chat/{site.value('select case_id from seller_threads')}")
        number = site.value("select number from guarantee_claims")
        await expect(page.locator(".timeline")).to_contain_text(
            says.t("guarantee.thread.silent_granted", number=number)
        )
        theirs = await street.merchant("yamada", lang)
        await theirs.goto(f"{site.url}/seller/claims")
        await expect(theirs.locator(".list-row")).to_contain_text(says.t("seller.claim.state.granted"))
        for check in (unbalanced, drifted):
            assert await site.app.db.run(SYSTEM, check) == []


async def ask(page: Page, site: Site, says: Reader, topic: str, text: str) -> None:
    """From the order to the conversation with its seller."""
    await open_order(page, site)
    await page.get_by_role("link", name=says.t("actions.seller.ask.name")).click()
    await page.check(f"input[name=topic][value={topic}]")
    await page.check("input[name=wanted][value=answer]")
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await page.get_by_label(says.t("actions.seller.ask.field.text")).fill(text)
    await page.get_by_role("button", name=says.t("actions.seller.ask.name")).click()
    await expect(page.locator(".room-head h1")).to_have_text(says.t("counter.chat.seller", name=SELLER))


async def open_order(page: Page, site: Site) -> None:
    """The order's page."""
    await page.goto(f"{site.url}/orders")
    await page.click(f".order:has-text('{BOWLS}') .order-headline a")


async def rate(page: Page, site: Site, says: Reader) -> None:
    """Five stars and a word."""
    await open_order(page, site)
    await page.get_by_role("link", name=says.t("actions.seller.rate.name")).click()
    await page.check("input[name=stars][value='5']")
    await page.get_by_label(says.t("actions.seller.rate.field.comment")).fill("丁寧でした")
    await page.get_by_role("button", name=says.t("actions.seller.rate.name")).click()
    await expect(page.locator("main")).to_contain_text(says.t("threads.rated", seller=SELLER))


async def claim(page: Page, site: Site, says: Reader) -> None:
    """The guarantee, from the order to the slip that is confirmed."""
    await open_order(page, site)
    await page.get_by_role("link", name=says.t("actions.guarantee.claim.name")).click()
    await page.get_by_label(says.t("guarantee.ground.not_as_described")).check()
    await page.get_by_label(says.t("actions.guarantee.claim.field.note")).fill("色が写真と違います。")
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await page.locator(".slip .primary").click()
    await expect(page.locator(".slip[data-state=agreed]")).to_be_visible()
    await site.quiet()
