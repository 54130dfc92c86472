"""What is sent back: the carrier's number and code on its page, collected at the door, followed to the warehouse."""

import re
from datetime import datetime, timedelta

from madoguchi.core.carriers import numbers
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.kit.jobs import Nothing
from tests.front.counter.customer import Customer
from tests.front.counter.test_returning import _begin, _shirt
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

_STATE = "select state from returns"


async def _sent_back(site: Site) -> tuple[Customer, str, str]:
    """A shirt that does not fit: the customer, the page of its return, and the carrier's number."""
    customer, path = await _begin(site)
    here = await _shirt(customer, path)
    await site.quiet()
    number = str(site.value("select number from carrier_consignments"))
    assert numbers.is_valid(number)
    return customer, here, number


async def _booked(customer: Customer, here: str, day: str, band: str) -> None:
    await customer.get(here)
    await customer.get(customer.link(f"{here}/actions/return.pickup"))
    await customer.post(customer.page.url.path, {"day": day, "band": band})
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})


async def _read(customer: Customer, path: str) -> str:
    """A page as it is read, without what keeps words together on a line."""
    return re.sub("<[^>]+>|\u2060", "", (await customer.get(path)).text)


async def test_the_carriers_code_replaces_a_printed_label(site: Site) -> None:
    customer, here, number = await _sent_back(site)
    page = (await customer.get(f"{here}/code")).text
    assert "つばさ急便の窓口・端末用" in page
    assert number in page
    assert len(re.findall('<svg[^>]*class="[^"]*square', page)) == 2, "the carrier's, and ours"
    assert number in (await customer.get(here)).text


async def test_it_is_collected_and_followed_to_the_warehouse(site: Site, now: datetime) -> None:
    customer, here, _ = await _sent_back(site)
    tomorrow = (now + timedelta(days=1)).date()
    await _booked(customer, here, tomorrow.isoformat(), "14_16")
    await site.quiet()
    words = Reader("ja").t("delivery.slot.14_16", day=tomorrow)
    page = await _read(customer, here)
    assert words in page
    assert Reader("ja").t("counter.returns.send") in page
    assert "ご返金の予定額：" in page
    states = [site.value(_STATE)]
    for days in (2, 5):
        with clock.frozen(now + timedelta(days=days)):
            for carrier in site.app.carriers.values():
                await carrier.tick(clock.now(), site.app.shippers.tell)
            await site.app.follower.follow(Nothing())
            states.append(site.value(_STATE))
    assert states == ["approved", "in_transit", "in_transit"], "the warehouse has not had it in hand"
    assert site.value("select state from return_parcels") == "delivered"
    page = await _read(customer, here)
    assert words not in page
    assert Reader("ja").t("counter.returns.send") not in page, "nothing is to be sent any more"


async def test_a_time_that_is_not_offered_changes_nothing(site: Site) -> None:
    customer, here, _ = await _sent_back(site)
    before = site.counts()
    answer = await customer.send(f"{here}/actions/return.pickup", {"day": "2026-03-01", "band": "14_16"})
    assert answer.status_code == 422
    assert Reader("ja").t("errors.slot_unavailable") in answer.text
    assert site.counts() == before
