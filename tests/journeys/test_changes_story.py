"""注文したあとで: an address that comes too late, a pot that is not needed any more, a coupon that was forgotten."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.intents.queries import uncovered
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.core.shop import mirror
from madoguchi.edge.stores.demo.people import KENTA, MINJUN, MISAKI, Story
from madoguchi.edge.stores.demo.stories import THANKS
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from tests.journeys.street import Street
from tests.web import Site

pytestmark = pytest.mark.browser

PARTS = {"points": 477, "card": 14_923}  # of the pot's 15,400 yen, as 600 and 18,780 were paid
_ORDER = "select document from orders where store_ref = %s"
_UNITS = "select array_agg(cancelled order by ref) from demo_store.order_lines where order_ref = %s"
_BACK = "select jsonb_object_agg(kind, refunded) from demo_store.tenders where order_ref = %s"


async def opened(page: Page, site: Site, order: str) -> None:
    """The order's page, by way of the list."""
    await page.goto(f"{site.url}/orders")
    await page.click(f".order:has-text('{order}') .order-headline a")


async def confirmed(page: Page, says: Reader) -> None:
    """Agree to the slip."""
    await page.get_by_role("button", name=says.t("counter.quote.confirm")).click()


async def books_agree(site: Site) -> None:
    """Our ledger adds up, and says what the shop says."""
    await site.quiet()
    for check in (unbalanced, uncovered, drifted):
        assert await site.app.db.run(SYSTEM, check) == []


@pytest.mark.spoken("ja")
async def test_an_address_too_late(street: Street, lang: str, says: Reader) -> None:
    """The warehouse is asked, and has it ready: nothing changed, and what is possible instead is told."""
    site, order = street.site, KENTA.order(Story.PREPARING_TOO_LATE)
    page = await street.customer(KENTA, lang)
    await opened(page, site, order)
    await page.get_by_role("link", name=says.t("actions.order.change_address.name")).click()
    await page.get_by_label(says.t("ui.address.line1")).fill("桜木町2-1-1")
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await expect(page.locator(".slip")).to_contain_text("桜木町2-1-1")
    await expect(page.locator(".slip")).to_contain_text(says.t("orders.change.next.asked"))
    await confirmed(page, says)
    await expect(page.locator("main")).to_contain_text(says.t("counter.request.asked"))
    await the_warehouse_decides(site)
    await page.reload()
    await expect(page.locator("main")).to_contain_text(says.t("errors.store_too_late"))
    await opened(page, site, order)
    await page.goto(f"{page.url}/actions/order.change_address")
    await expect(page.locator("main")).to_contain_text(says.t("errors.asks_carrier"))
    await expect(page.get_by_role("button", name=says.t("bot.option.service.human"))).to_be_visible()
    document = site.value(_ORDER, order)
    assert isinstance(document, dict)
    assert KENTA.customer.address
    assert document["address"]["lines"] == list(KENTA.customer.address.lines), "nothing changed"
    await page.goto(f"{site.url}/messages")
    await page.locator("main a[href^='/messages/']").first.click()
    letters = Reader(KENTA.customer.locale)
    await expect(page.locator(".letter")).to_contain_text(letters.t("errors.store_too_late"))
    await books_agree(site)


async def the_warehouse_decides(site: Site) -> None:
    """A minute goes by."""
    store = site.app.stores["demo"]
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        await store.tick(clock.now())
        await site.quiet()
        await mirror.follow(site.app.db, store)


@pytest.mark.spoken("ja")
async def test_what_is_not_sent_yet_is_given_back(street: Street, lang: str, says: Reader) -> None:
    """Of a partly shipped order only the rest can go; each payment gets its part, and the books say so."""
    site, order = street.site, MISAKI.order(Story.PARTLY_SHIPPED)
    before = site.value(_UNITS, order)
    page = await street.customer(MISAKI, lang)
    await opened(page, site, order)
    await page.get_by_role("link", name=says.t("actions.order.cancel.name")).click()
    sent = page.locator(".row[data-off]")
    await expect(sent).to_contain_text("フライパン")
    await expect(sent).to_contain_text(says.t("errors.cancel_shipped"))
    await expect(page.locator(".row:has-text('鋳物ホーロー鍋') input")).to_be_checked()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    slip = page.locator(".slip")
    await expect(slip).to_contain_text(says.t("orders.cancel.title.lines"))
    await expect(slip).not_to_contain_text("フライパン")
    for amount in PARTS.values():
        await expect(slip).to_contain_text(says.money(Money(amount, "JPY")))
    assert site.value(_UNITS, order) == before == [0, 0], "so far it was only talk"
    await confirmed(page, says)
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))
    await books_agree(site)
    assert (site.value(_UNITS, order), site.value(_BACK, order)) == ([0, 1], PARTS)


@pytest.mark.spoken("ko")
async def test_a_coupon_that_was_forgotten(street: Street, lang: str, says: Reader) -> None:
    """What it takes off goes back to each payment; the expired one says why not, and a second time there is none."""
    site, order = street.site, MINJUN.order(Story.CANCELLABLE)
    page = await street.customer(MINJUN, lang)
    await opened(page, site, order)
    await page.get_by_role("link", name=says.t("actions.order.apply_coupon.name")).click()
    await expect(page.locator(".row[data-off]")).to_contain_text(says.t("errors.coupon_expired"))
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await expect(page.locator("main")).to_contain_text(says.t("errors.field_missing"))
    assert street.complaints_of(422) == []
    await page.locator(f"input[name=code][value={THANKS}]").check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    slip = page.locator(".slip")
    await expect(slip.locator("tfoot")).to_contain_text(says.money(Money(500, "JPY")))
    await expect(slip).to_contain_text(says.t("orders.coupon.irreversible"))
    await confirmed(page, says)
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))
    await books_agree(site)
    back = site.value(_BACK, order)
    assert isinstance(back, dict)
    assert (set(back), sum(back.values())) == ({"points", "card"}, 500)
    assert 0 < back["points"] < back["card"]
    await page.goto(f"{site.url}/messages")
    await page.locator("main a[href^='/messages/']").first.click()
    letters = Reader(MINJUN.customer.locale)
    await expect(page.locator(".letter")).to_contain_text(letters.t("orders.coupon.line", code=THANKS))
    await opened(page, site, order)
    await expect(page.locator(".order")).to_contain_text(says.t("orders.card.coupon.used", code=THANKS))
    await expect(page.get_by_role("link", name=says.t("actions.order.apply_coupon.name"))).to_have_count(0)
