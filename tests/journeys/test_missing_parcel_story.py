"""お届け済みなのに届いていない: a customer looks everywhere, waits as promised, and need not ask twice."""

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.core.shop import mirror
from madoguchi.edge.stores.demo.people import YOKO, Story
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.jobs import Nothing
from tests.journeys.street import Street
from tests.web import Site

pytestmark = pytest.mark.browser

ORDER = YOKO.order(Story.SHIPPED)
WAIT = 48  # hours, by the rules of the shop
_SCANNED = "select delivered_at from demo_store.shipments where order_ref = %s"
_SENT_AGAIN = "select ref from demo_store.orders where replaces = %s"


@pytest.mark.spoken("ja")
async def test_a_missing_parcel(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    scanned = await delivered(site)
    letters = Reader(YOKO.customer.locale)  # written in her own language, whichever she reads the pages in
    with clock.frozen(scanned + timedelta(hours=3)):
        page = await street.customer(YOKO, lang)
        await open_claim(page, site, says)
        await everywhere_but_one(page, says)
        assert street.complaints_of(409) == []
        await page.get_by_label(says.t("policy.option.claims.check_list.carrier_note")).check()
        await page.get_by_role("button", name=says.t("counter.action.next")).click()
        until = says.t("claims.until", until=scanned + timedelta(hours=WAIT))
        await expect(page.locator(".slip")).to_contain_text(until)
        await expect(page.locator(".slip")).to_contain_text(says.t("claims.then.resend"))
        await page.locator(".slip .primary").click()
        await expect(page.locator(".slip[data-state=agreed]")).to_contain_text(until)
        await site.quiet()
        await promise_is_written_down(page, site, letters.t("claims.until", until=scanned + timedelta(hours=WAIT)))
    with clock.frozen(scanned + timedelta(hours=WAIT + 1)):
        await site.app.claims.sweep(Nothing())
        await site.quiet()
        number = str(site.value(_SENT_AGAIN, ORDER))
        page = await street.customer(YOKO, lang)
        await it_comes_again(page, site, letters, number)
        for check in (unbalanced, drifted):
            assert await site.app.db.run(SYSTEM, check) == []


async def delivered(site: Site) -> datetime:
    """Let the carrier scan the parcel; when that was."""
    store = site.app.stores["demo"]
    with clock.frozen(clock.now() + timedelta(days=5)):
        await store.tick(clock.now())
        await mirror.follow(site.app.db, store)
    scanned = site.value(_SCANNED, ORDER)
    assert isinstance(scanned, datetime)
    return scanned


async def open_claim(page: Page, site: Site, says: Reader) -> None:
    """From the order to what is asked."""
    await page.goto(f"{site.url}/orders")
    await page.click(f".order:has-text('{ORDER}') .order-headline a")
    await page.get_by_role("link", name=says.t("actions.parcel.not_received.name")).click()


async def everywhere_but_one(page: Page, says: Reader) -> None:
    """Somebody who has not looked everywhere is asked to, and what was filled in stays."""
    for place in ("mail_box", "delivery_box", "drop_place", "household", "neighbours"):
        await page.get_by_label(says.t(f"policy.option.claims.check_list.{place}")).check()
    await page.get_by_label(says.t("claims.remedy.resend")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await expect(page.locator("main")).to_contain_text(says.t("errors.claim_check_first"))
    await expect(page.get_by_label(says.t("claims.remedy.resend"))).to_be_checked()


async def promise_is_written_down(page: Page, site: Site, until: str) -> None:
    """In the message centre, with the moment."""
    await page.goto(f"{site.url}/messages")
    await page.locator("main a[href^='/messages/']").first.click()
    await expect(page.locator("main")).to_contain_text(until)


async def it_comes_again(page: Page, site: Site, letters: Reader, number: str) -> None:
    """A new order at no price, and a letter that names it."""
    await page.goto(f"{site.url}/messages")
    await page.locator("main a[href^='/messages/']").first.click()
    await expect(page.locator("main")).to_contain_text(letters.t("claims.fact.replacement"))
    await expect(page.locator("main")).to_contain_text(number)
    await page.goto(f"{site.url}/orders")
    await expect(page.locator(f".order:has-text('{number}')")).to_be_visible()
