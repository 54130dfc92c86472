"""返品の行き違い: something else lies in the parcel, and a parcel that the carrier loses."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.front.demo.world import STAFF
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.money import Money
from madoguchi.service.returns.rules import LOST_AFTER
from tests.conftest import NOW
from tests.journeys.street import DESK, Street, photo, staff_token
from tests.journeys.test_return_stories import CLOTHES, begin, go_on, scanned, sound, tell
from tests.web import Site

pytestmark = pytest.mark.browser

OUR_WORDS = Reader("ja")  # the warehouse's
LETTERS = Reader(MISAKI.customer.locale)
ORDER = LETTERS.t("returns.of.order", number=CLOTHES)


@pytest.mark.spoken("ja")
async def test_something_else_comes_back(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page, here = await _clothes_sent(street, lang, says)
    await scanned(site)
    await _find_something_else(await _warehouse(street), str(site.value("select number from returns")))
    await site.quiet()

    await page.goto(here)
    await expect(page.locator("h1")).to_have_text(says.t("counter.returns.now.refused"))
    await expect(page.locator("main")).to_contain_text(says.t("returns.line.wrong_item", name="").strip())
    shown = page.locator("main .photo-pick img")
    await expect(shown).to_have_count(1)
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    price = Money(int(str(site.value("select paid from return_units"))), "JPY")  # given when the carrier had it
    await expect(page.locator("main")).to_contain_text(says.t("returns.owed.money", amount=price))
    number = str(site.value("select number from carrier_consignments where document ->> 'kind' = 'out'"))
    sent_back = page.locator("section", has_text=number).last
    await expect(sent_back).to_contain_text(says.t("orders.tracking.info_received"))
    owed = LETTERS.t("notices.advance_not_returned.subject", order=CLOTHES)
    await _letters_say(page, site, owed, LETTERS.t("notices.return_sent_back.subject", order=ORDER))
    with clock.frozen(NOW + timedelta(days=4)):
        await site.caught_up()
        page = await street.customer(MISAKI, lang)
        await page.goto(here)
        last = page.locator("section", has_text=number).last.locator("li").last
        await expect(last).to_contain_text(says.t("orders.tracking.delivered"))
        await expect(last).to_have_attribute("data-state", "done")
        await sound(site)


@pytest.mark.spoken("ja")
async def test_a_parcel_that_is_lost_is_paid(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    page, here = await _clothes_sent(street, lang, says)
    await scanned(site)
    with clock.frozen(NOW + LOST_AFTER + timedelta(hours=1)):
        await site.app.returns.sweep(Nothing())
        await site.quiet()
        page = await street.customer(MISAKI, lang)
        await page.goto(here)
        await expect(page.locator("h1")).to_have_text(says.t("counter.returns.now.lost"))
        await expect(page.locator("main")).not_to_contain_text(says.t("counter.returns.road.received"))
        price = int(str(site.value("select amount from refund_intents")))
        assert price == site.value("select worth from return_units")
        await expect(page.locator("main")).to_contain_text(says.t("counter.order.refunds"))
        await _letters_say(page, site, LETTERS.t("notices.return_lost.subject", order=ORDER))
        await sound(site)


async def _clothes_sent(street: Street, lang: str, says: Reader) -> tuple[Page, str]:
    """A shirt that does not fit is to come back; the page that follows it."""
    page = await street.customer(MISAKI, lang)
    await begin(page, street.site, says, CLOTHES)
    await page.locator('select[name="lines[2]"]').select_option("1")
    await go_on(page, says)
    await tell(page, says, "size", "unopened")
    await page.get_by_label(says.t("returns.method.label")).check()
    await go_on(page, says)
    await page.locator(".slip .primary").click()
    await page.wait_for_url("**/returns/*")
    return page, page.url


async def _warehouse(street: Street) -> Page:
    """Somebody with a scanner."""
    page = await street.guest("ja", width=DESK)
    who = next(one for one in STAFF if one.role is Role.WAREHOUSE)
    token = await staff_token(street.site, who)
    await page.context.add_cookies([{"name": "session", "value": token, "url": street.site.url}])
    await page.goto(f"{street.site.url}/warehouse")
    return page


async def _find_something_else(page: Page, number: str) -> None:
    """The parcel is opened: it is another thing, of which a photo is taken."""
    await page.locator("input[name=code]").fill(number)
    await page.keyboard.press("Enter")
    await page.get_by_label(OUR_WORDS.t("warehouse.arrived.wrong_item")).check()
    await page.get_by_role("button", name=OUR_WORDS.t("warehouse.receive"), exact=True).click()
    await page.locator("main a.list-row").click()
    await expect(page.locator("main")).to_contain_text(OUR_WORDS.t("warehouse.inspect.another"))
    await page.set_input_files("#photo", {"name": "box.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await page.get_by_role("button", name=OUR_WORDS.t("warehouse.photo.send")).click()
    await expect(page.locator("main .photo-pick img")).to_have_count(1)


async def _letters_say(page: Page, site: Site, *subjects: str) -> None:
    """What lies in the message centre."""
    await page.goto(f"{site.url}/messages")
    for subject in subjects:
        await expect(page.locator("main")).to_contain_text(subject)
