"""不在票が入っていた: a parcel is asked to come again, to be left at the door, to go elsewhere."""

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.actions.carried import slot_words
from madoguchi.core.carriers.port import Band
from madoguchi.core.shop import mirror
from madoguchi.edge.stores.demo.people import EMMA, KENTA, Story
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.jobs import Nothing
from tests.journeys.street import DESK, Street, write
from tests.journeys.test_changes_story import confirmed, opened
from tests.web import Site

pytestmark = pytest.mark.browser

LEAVE_IT = {
    "ja": "玄関の前に置いていってほしいです",
    "en": "please have it left at my front door",
    "zh": "请放在门口就可以",
    "ko": "문 앞에 놓고 가 주세요",
}
_PARCEL = "select document #> '{shipments,0}' from orders where store_ref = %s"


@pytest.mark.spoken("ja")
async def test_a_missed_parcel_comes_again(street: Street, lang: str, says: Reader) -> None:
    """The page says that nobody was in; a day and a part of it are chosen, and then it comes."""
    site, order = street.site, KENTA.order(Story.MISSED)
    page = await street.customer(KENTA, lang)
    await opened(page, site, order)
    await expect(page.locator(".order")).to_contain_text(says.t("orders.tracking.attempt_failed"))
    await page.get_by_role("link", name=says.t("actions.delivery.redeliver.name")).click()
    day = clock.now().date() + timedelta(days=2)
    await page.get_by_label(says.t("delivery.day", day=day)).check()
    await page.get_by_label(says.t("delivery.band.18_20")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    when = slot_words(day, Band.FROM_18).to(says)
    await expect(page.locator(".slip")).to_contain_text(when)
    await confirmed(page, says)
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))
    await opened(page, site, order)
    await expect(page.locator(".order")).to_contain_text(when)
    await told_by_letter(page, site, slot_words(day, Band.FROM_18).to(Reader(KENTA.customer.locale)))
    await carried_until(site, clock.now() + timedelta(days=3))
    parcel = site.value(_PARCEL, order)
    assert isinstance(parcel, dict)
    came = datetime.fromisoformat(parcel["delivered_at"]).astimezone(says.zone)
    assert (came.date(), came.hour in {18, 19}) == (day, True)
    await opened(page, site, order)
    await expect(page.get_by_role("link", name=says.t("actions.delivery.redeliver.name"))).to_have_count(0)


@pytest.mark.spoken("en")
async def test_a_parcel_is_left_at_the_door(street: Street, lang: str, says: Reader) -> None:
    """In the conversation: the wish is understood, the ways that this carrier offers are buttons."""
    site, order = street.site, EMMA.order(Story.MISSED)
    page = await street.customer(EMMA, lang, width=DESK)
    await opened(page, site, order)
    await page.get_by_role("button", name=says.t("counter.order.help")).first.click()
    await write(page, LEAVE_IT[lang])
    await page.get_by_role("button", name=says.t("delivery.handing.front_door")).click()
    slip = page.locator(".slip").last
    await expect(slip).to_contain_text(says.t("delivery.handing.front_door"))
    await page.click(".slip .primary")
    await expect(page.locator(".slip[data-state=done]")).to_contain_text(says.t("delivery.handing.front_door"))
    await site.quiet()
    await carried_until(site, clock.now() + timedelta(days=3))
    parcel = site.value(_PARCEL, order)
    assert isinstance(parcel, dict)
    assert parcel["left_at"] == "玄関前"
    await told_by_letter(page, site, Reader(EMMA.customer.locale).t("delivery.handing.front_door"))


@pytest.mark.spoken("ja")
async def test_a_shipped_order_goes_elsewhere(street: Street, lang: str, says: Reader) -> None:
    """The order's address cannot be changed any more; the page leads to the carrier, which sends the parcel on."""
    site, order = street.site, KENTA.order(Story.SHIPPED)
    page = await street.customer(KENTA, lang)
    await opened(page, site, order)
    await page.locator("details.refusals summary").click()
    refused = page.locator(".refusal", has_text=says.t("errors.asks_carrier"))
    await refused.get_by_role("link", name=says.t("actions.delivery.redirect.name")).click()
    await page.get_by_label(says.t("ui.address.line1")).fill("桜木町2-1-1")
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    await expect(page.locator(".slip")).to_contain_text("桜木町2-1-1")
    await confirmed(page, says)
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))
    await opened(page, site, order)
    await expect(page.locator(".order")).to_contain_text("桜木町2-1-1")


async def told_by_letter(page: Page, site: Site, words: str) -> None:
    """What was agreed stands in the message centre."""
    await site.quiet()
    await page.goto(f"{site.url}/messages")
    await page.locator("main a[href^='/messages/']").first.click()
    await expect(page.locator(".letter")).to_contain_text(words)


async def carried_until(site: Site, until: datetime) -> None:
    """The carriers do what they were asked; the shop hears of it first, then time goes by."""
    for moment in (clock.now(), until):
        with clock.frozen(moment):
            for carrier in site.app.carriers.values():
                await carrier.tick(moment, site.app.shippers.tell)
            await site.app.follower.follow(Nothing())
            await site.app.stores["demo"].tick(moment)
            await mirror.follow(site.app.db, site.app.stores["demo"])
