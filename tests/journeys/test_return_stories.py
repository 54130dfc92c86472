"""返品: clothes that do not fit, a bowl that was opened, one that came broken; from the order to the money."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.shop.port import TrackingState
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.kit import clock, ids
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import misfolded, uncounted, units_of, unpaid
from tests.journeys.street import Street
from tests.web import Site

pytestmark = pytest.mark.browser

CLOTHES, BOWLS = "MD-10233915", "MD-10233871"
NUMBER = "440000000015"


@pytest.mark.spoken("ja")
async def test_clothes_that_do_not_fit(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page = await street.customer(MISAKI, lang)
    await begin(page, site, says, CLOTHES)
    await page.locator('select[name="lines[2]"]').select_option("1")
    await go_on(page, says)
    await tell(page, says, "size", "unopened")
    await page.get_by_label(says.t("returns.method.label")).check()
    await go_on(page, says)
    slip = page.locator(".slip")
    await expect(slip).to_contain_text(says.t("returns.postage.ours"))
    price = await slip.locator("tfoot td").inner_text()
    await slip.locator(".primary").click()
    await expect(page.locator("h1")).to_contain_text(says.t("counter.returns.now.approved", day="").strip())
    async with page.expect_download() as paper:
        await page.get_by_role("link", name=says.t("counter.returns.slip")).click()
    assert (await paper.value).suggested_filename.endswith(".pdf")
    here = page.url
    await page.goto(f"{here}/code")
    await expect(page.locator("main")).to_contain_text(str(site.value("select number from returns")))

    await scanned(site)
    await page.goto(here)
    await expect(page.locator("main")).to_contain_text(says.t("counter.returns.now.in_transit"))
    await looked_at(site)
    await page.goto(here)
    await expect(page.locator("h1")).to_contain_text(says.t("counter.returns.now.settled"))
    await expect(page.locator("main")).to_contain_text(price)
    await sound(site)


@pytest.mark.spoken("ja")
async def test_a_bowl_that_was_opened_gives_half(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page = await street.customer(MISAKI, lang, scripts=False)
    await begin(page, site, says, BOWLS)
    await page.locator('select[name="lines[1]"]').select_option("1")
    await go_on(page, says)
    await tell(page, says, "dislike", "opened")
    await page.get_by_label(says.t("returns.method.own")).check()
    await go_on(page, says)
    slip = page.locator(".slip")
    await expect(slip).to_contain_text(says.t("returns.postage.yours"))
    whole = int(str(site.value("select total / quantity from demo_store.order_lines where order_ref = %s", BOWLS)))
    (said,) = await slip.locator("tfoot td").all_inner_texts()
    assert said == says.money(Money((whole + 1) // 2, "JPY"))
    await slip.locator(".primary").click()
    await expect(page.locator("main")).to_contain_text(says.t("counter.returns.send.own"))
    await scanned(site)
    await looked_at(site)
    assert site.value("select paid from return_units") == (whole + 1) // 2
    await sound(site)


@pytest.mark.spoken("ja")
async def test_a_broken_bowl_is_sent_again_without_proof(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page = await street.customer(MISAKI, lang)
    await begin(page, site, says, BOWLS)
    await page.locator('select[name="lines[1]"]').select_option("1")
    await go_on(page, says)
    await page.get_by_label(says.t("returns.reason.damaged"), exact=True).check()
    assert await page.locator("input[type=file]").count() == 0, "who tells it is believed"
    await go_on(page, says)
    await page.get_by_label(says.t("returns.wish.replacement")).check()
    await go_on(page, says)
    await page.locator(".slip .primary").click()
    await page.wait_for_url("**/returns/*")
    await site.quiet()
    await page.reload()
    assert site.value("select count(*) from demo_store.orders where replaces = %s", BOWLS) == 1
    assert site.value("select count(*) from refund_intents") == 0
    await sound(site)


# --- what people do


async def begin(page: Page, site: Site, says: Reader, order: str) -> None:
    """From the list of what can come back to the first screen."""
    await page.goto(f"{site.url}/returns")
    row = page.locator("article.returnable", has_text=order)
    await row.get_by_role("link", name=says.t("counter.returns.begin")).click()
    await expect(page.locator("h1")).to_have_text(says.t("counter.returns.title.items"))


async def tell(page: Page, says: Reader, reason: str, condition: str) -> None:
    """Why it comes back, and how it is."""
    await page.get_by_label(says.t(f"returns.reason.{reason}"), exact=True).check()
    await page.get_by_label(says.t(f"returns.condition.{condition}"), exact=True).check()
    await go_on(page, says)


async def go_on(page: Page, says: Reader) -> None:
    """The next screen."""
    await page.get_by_role("button", name=says.t("counter.returns.next"), exact=True).click()
    await page.wait_for_load_state()


async def scanned(site: Site) -> None:
    """The carrier has the parcel in hand."""
    back = site.value("select id from returns")

    async def work(tx: Any) -> None:
        await parcels.announced(tx, back, "ヤマト運輸", NUMBER)
        await parcels.tracked(tx, "ヤマト運輸", NUMBER, TrackingState.IN_TRANSIT, clock.now())

    await site.app.db.run(SYSTEM, work)
    await site.quiet()


async def looked_at(site: Site) -> None:
    """The warehouse has the goods, and they are as the customer said."""
    back = site.value("select id from returns")
    hired = await site.app.db.run(
        SYSTEM,
        lambda tx: add_staff(
            tx, email="hako@example.jp", name="箱田", role=Role.WAREHOUSE, locale="ja", languages=["ja"]
        ),
    )
    actor = Actor(role=Role.WAREHOUSE, id=hired, session=ids.uuid7(), name="箱田")
    await act(site, actor, "return.receive", return_id=back)
    for unit in await site.app.db.run(SYSTEM, lambda tx: units_of(tx, back)):  # type: ignore[arg-type]
        await act(site, actor, "return.inspect", return_id=back, unit_id=unit.id, disposition="restock")


async def act(site: Site, actor: Actor, name: str, **raw: object) -> None:
    await site.app.db.run(actor, lambda tx: actions.run(tx, site.app.catalogue, actor, name, raw))
    await site.quiet()


async def sound(site: Site) -> None:
    for check in (unbalanced, drifted, misfolded, uncounted, unpaid):
        assert await site.app.db.run(SYSTEM, check) == []
