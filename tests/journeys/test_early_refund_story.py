"""先に返金、見つかったら: whom the shop knows has the money at once, finds the parcel after all, and pays for it."""

from datetime import timedelta

import psycopg
import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.advances.queries import unfounded
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.edge.stores.demo.people import YOKO
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from tests.journeys.street import Street
from tests.journeys.test_missing_parcel_story import ORDER, delivered, open_claim
from tests.web import Site

pytestmark = pytest.mark.browser

PLACES = ("mail_box", "delivery_box", "drop_place", "household", "neighbours", "carrier_note")
_KNOWN = "update customers set created_at = '2025-06-01' where store_ref = %s"
_CHARGED = "select coalesce(sum(amount), 0)::bigint from demo_payments.charges where state = 'succeeded'"


@pytest.mark.spoken("ja")
async def test_a_parcel_that_was_paid_back_is_found(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        conn.execute(_KNOWN, [YOKO.customer.ref])
    scanned = await delivered(site)
    with clock.frozen(scanned + timedelta(hours=3)):
        page = await street.customer(YOKO, lang)
        await open_claim(page, site, says)
        await wished_back(page, says)
        await site.quiet()
        await page.goto(f"{site.url}/orders")
        await page.click(f".order:has-text('{ORDER}') .order-headline a")
        await expect(page.locator("main")).to_contain_text(until(says, "paid", scanned + timedelta(hours=48)))
    with clock.frozen(scanned + timedelta(hours=20)):
        page = await street.customer(YOKO, lang)
        await found_and_kept(page, site, says)
        await site.quiet()
        await page.goto(f"{site.url}/orders")
        await page.click(f".order:has-text('{ORDER}') .order-headline a")
        await expect(page.locator("main")).to_contain_text(says.t("refunds.advance.state.charged"))
        assert site.value(_CHARGED) == site.value("select amount from ledger_advances where state = 'charged'")
        await told(page, site)
        for check in (unbalanced, drifted, unfounded):
            assert await site.app.db.run(SYSTEM, check) == []


async def wished_back(page: Page, says: Reader) -> None:
    """Everything was looked at, and the money is wished; the slip says what is promised."""
    for place in PLACES:
        await page.get_by_label(says.t(f"policy.option.claims.check_list.{place}")).check()
    await page.get_by_label(says.t("claims.remedy.refund")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await expect(page.locator(".slip")).to_contain_text(says.t("claims.next.advance"))
    await expect(page.locator(".slip")).to_contain_text(says.t("claims.advance.promise"))
    await page.locator(".slip .primary").click()
    await expect(page.locator(".slip[data-state=agreed]")).to_contain_text(says.t("claims.rule.advance"))


async def found_and_kept(page: Page, site: Site, says: Reader) -> None:
    """It turned up; the customer agrees to be charged."""
    await page.goto(f"{site.url}/orders")
    await page.click(f".order:has-text('{ORDER}') .order-headline a")
    await page.get_by_role("link", name=says.t("actions.parcel.found.name")).click()
    await page.get_by_label(says.t("claims.found.keep")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await expect(page.locator(".slip")).to_contain_text(says.t("claims.next.found.keep"))
    await page.locator(".slip .primary").click()
    await expect(page.locator(".slip[data-state=done]")).to_be_visible()


async def told(page: Page, site: Site) -> None:
    """A letter says that it was paid, in the customer's own language."""
    letters = Reader(YOKO.customer.locale)
    await page.goto(f"{site.url}/messages")
    subjects = await page.locator("main").inner_text()
    head = letters.t("notices.advance_charged.subject", amount="", order=ORDER).partition("（")[0]
    assert head in subjects


def until(says: Reader, state: str, moment: object) -> str:
    """How far an advance is, as the order's page tells it."""
    return says.t(f"refunds.advance.state.{state}", until=moment)
