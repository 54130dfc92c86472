"""やっぱりキャンセルしたい: a customer gives an order back, by chat and by pages, with scripts and without."""

import asyncio
import re
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.intents.queries import uncovered
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.edge.stores.demo.importing import import_shop
from madoguchi.edge.stores.demo.people import Story
from madoguchi.front.demo import world
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.progress import Progress
from tests.front.counter.customer import signed_in
from tests.journeys.street import CHANGED_MIND, DESK, NATIVES, Street, shown, write
from tests.journeys.test_retail_shop import DATA
from tests.web import Site

_SHOP = """
    select jsonb_build_object('state', o.state,
      'stock', (select jsonb_object_agg(v.sku, v.stock) from demo_store.order_lines l
                join demo_store.variants v using (shop_id, sku) where (l.shop_id, l.order_ref) = (o.shop_id, o.ref)),
      'ordered', (select jsonb_object_agg(l.sku, l.quantity) from demo_store.order_lines l
                  where (l.shop_id, l.order_ref) = (o.shop_id, o.ref)),
      'paid', (select sum(t.captured) from demo_store.tenders t where (t.shop_id, t.order_ref) = (o.shop_id, o.ref)),
      'returned', (select coalesce(sum(p.amount), 0) from demo_store.payments p
                   where (p.shop_id, p.order_ref, p.kind) = (o.shop_id, o.ref, 'refund')))
    from demo_store.orders o where o.ref = %s"""
_LEDGER = """
    select jsonb_build_object('state', o.state, 
      'returned', (select sum(refunded) from ledger_tenders where order_id = o.id),
      'moved', (select sum(-amount) from ledger_entries where order_id = o.id and step = 'settle'),
      'requests', (select count(*) from requests where order_id = o.id))
    from orders o where o.store_ref = %s"""


_RETAIL = """
    select p.customer_ref || ' ' || p.ref || ' ' || o.ref
    from demo_store.orders p join demo_store.orders o using (shop_id, customer_ref)
    where p.shop_id = 'retail' and p.state = 'paid' and o.state = 'preparing' order by p.ref limit 1"""


class Books:
    """What the shop and our ledger say of an order, from before anything was asked for."""

    def __init__(self, site: Site, order: str) -> None:
        self.order = order
        self._site = site
        self._before = self._shop()

    def nothing_changed(self) -> bool:
        """So far it was only talk."""
        return self._shop() == self._before and self._site.value("select count(*) from requests") == 0

    async def check_cancelled_once(self) -> None:
        """Stock, order and money moved, once; the refunds follow the cancellation."""
        await self._site.quiet()
        before, now = self._before, self._shop()
        assert now["state"] == "cancelled"
        counted = {sku: stock for sku, stock in before["stock"].items() if stock is not None}
        assert now["stock"] == before["stock"] | {sku: stock + before["ordered"][sku] for sku, stock in counted.items()}
        assert now["returned"] == before["paid"] > 0
        paid = before["paid"]
        booked = {"state": "cancelled", "returned": paid, "moved": -paid, "requests": 1}
        assert self._site.value(_LEDGER, self.order) == booked
        for check in (unbalanced, uncovered, drifted):
            assert await self._site.app.db.run(SYSTEM, check) == []

    def _shop(self) -> dict[str, Any]:
        found = self._site.value(_SHOP, self.order)
        assert isinstance(found, dict)
        return found


@pytest.mark.browser
@pytest.mark.spoken("ko")
async def test_by_chat_and_card(street: Street, lang: str, says: Reader) -> None:
    person = NATIVES[lang]
    late, order = person.order(Story.LATE), person.order(Story.CANCELLABLE)
    books = Books(street.site, order)
    page = await street.customer(person, lang)
    await expect(page.locator(".order").first).to_contain_text(late)
    await page.locator(".now").get_by_role("button", name=says.t("counter.home.start")).click()
    await late_parcel_comes_first(page, late, says)
    await write(page, CHANGED_MIND[lang])
    await expect(page.locator(".timeline")).to_contain_text(says.t("errors.cancel_shipped"))
    await page.click(f".option:has-text('{order}')")
    await slip_tells(page, order, says)
    assert books.nothing_changed()
    await page.click(".slip .primary")
    await expect(page.locator(".slip[data-state=done]")).to_contain_text(order)
    await books.check_cancelled_once()
    await it_is_told(page, order, says)


async def late_parcel_comes_first(page: Page, order: str, says: Reader) -> None:
    """The likeliest reason: where it is, step by step, and the new day."""
    card = page.locator(".entry .order")
    await expect(card).to_contain_text(order)
    await expect(card.locator(".tracking li")).to_have_count(5)
    await expect(card.locator("[data-state=wrong]")).to_have_count(1)
    await expect(card.locator(".order-headline")).to_have_text(says.t("orders.headline.late", day=date(2026, 3, 5)))


async def slip_tells(page: Page, order: str, says: Reader) -> None:
    """Which tender gets how much and when, the total, and what cannot be undone."""
    slip = page.locator(".slip").last
    await expect(slip).to_contain_text(order)
    await expect(slip).to_contain_text(says.t("orders.slip.total"))
    await expect(slip).to_contain_text(says.t("orders.cancel.irreversible"))


async def it_is_told(page: Page, order: str, says: Reader) -> None:
    """In the message centre, and on the first page in one plain sentence."""
    home = page.url.partition("/chat")[0]
    await page.goto(f"{home}/messages")
    await page.click(f".list-row:has-text('{order}')")
    await expect(page.locator(".letter")).to_contain_text(says.t("notices.order_cancelled.lead", order=order))
    await page.goto(home)
    await expect(page.locator("main")).to_contain_text(says.t("counter.case.bot"))


@pytest.mark.spoken("zh")
async def test_by_chat_and_number(site: Site, lang: str, says: Reader) -> None:
    """The order is named by its number; whoever confirms twice at once cancels once."""
    person = NATIVES[lang]
    order = person.order(Story.CANCELLABLE)
    books, customer = Books(site, order), await signed_in(site, person, lang)
    room = await customer.begin(text=f"{CHANGED_MIND[lang]} {order}")
    page = await customer.until(room, 'value="confirm:')
    assert books.nothing_changed()
    (choice,) = re.findall('value="(confirm:[^"]+)"', page.text)
    presses = [customer.say(f"{room}/entries", client_id=uuid4(), choice=choice) for _ in range(2)]
    assert [answer.status_code for answer in await asyncio.gather(*presses)] == [200, 200]
    await customer.until(room, shown(says.t("orders.slip.done")))
    with clock.frozen(clock.now() + timedelta(seconds=5)):  # a turn that met another one is taken by the sweep
        page = await customer.until(room, shown(says.t("bot.solved.ask")))
    assert page.text.count('class="slip" data-state="done"') == 1
    await books.check_cancelled_once()


@pytest.mark.browser
@pytest.mark.spoken("ja")
async def test_by_pages_without_scripts(street: Street, lang: str, says: Reader) -> None:
    person = NATIVES[lang]
    late, order = person.order(Story.LATE), person.order(Story.CANCELLABLE)
    books = Books(street.site, order)
    page = await street.customer(person, lang, scripts=False)
    await page.click(f".order:has-text('{late}') .order-headline a")
    await expect(page.locator(".refusal").first).to_contain_text(says.t("errors.cancel_shipped"))
    await expect(page.locator(".refusal .option")).not_to_have_count(0)
    await page.click("nav a[href='/orders']")
    await page.click(f".order:has-text('{order}') .order-headline a")
    await page.get_by_role("link", name=says.t("actions.order.cancel.name")).click()
    await page.locator("input[name=reason]").first.check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await slip_tells(page, order, says)
    assert books.nothing_changed()
    await page.get_by_role("button", name=says.t("counter.quote.confirm")).click()
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))
    await expect(page.locator(".slip[data-state=done]")).to_contain_text(order)
    await books.check_cancelled_once()


@pytest.mark.browser
@pytest.mark.spoken("en")
async def test_by_chat_without_scripts(street: Street, lang: str, says: Reader) -> None:
    person = NATIVES[lang]
    order = person.order(Story.CANCELLABLE)
    books = Books(street.site, order)
    page = await street.customer(person, lang, scripts=False)
    await page.locator(".now").get_by_role("button", name=says.t("counter.home.start")).click()
    await write(page, f"{CHANGED_MIND[lang]} {order}")
    await slip_tells(page, order, says)
    await page.click(".slip .primary")
    await expect(page.locator("[data-author=bot]").last).to_contain_text(says.t("bot.executing"))
    await asyncio.sleep(1)
    await page.get_by_role("link", name=says.t("counter.chat.reload")).click()
    await expect(page.locator(".slip[data-state=done]")).to_contain_text(order)
    await books.check_cancelled_once()


@pytest.mark.browser
@pytest.mark.skipif(not DATA.is_dir(), reason=f"the public retail data is not at {DATA}")
async def test_in_an_imported_shop(street: Street) -> None:
    """In English and in dollars, where an order can only go as a whole and only while it is pending."""
    site, says = street.site, Reader("en", "America/New_York")
    await import_shop(site.app.store_db, DATA)
    await world.open_retail(site.app.db, site.app.store_db, Progress(StringIO()))
    await site.app.learn_shops()
    customer, order, late = str(site.value(_RETAIL)).split()
    books = Books(site, order)
    page = await street.shopper("retail", customer, "en", width=DESK)
    await page.locator(".now").get_by_role("button", name=says.t("counter.home.start")).click()
    await write(page, f"{CHANGED_MIND['en']} {late}")
    await expect(page.locator(".timeline")).to_contain_text("already being processed")
    await write(page, f"Then please cancel {order}")
    await slip_tells(page, order, says)
    await expect(page.locator(".slip tfoot")).to_contain_text("$")
    assert books.nothing_changed()
    await page.click(".slip .primary")
    await expect(page.locator(".slip[data-state=done]")).to_contain_text(order)
    await books.check_cancelled_once()
