"""The guarantee's page: the terms with the numbers of the rules, and one's own claims."""

from datetime import timedelta

import pytest

from madoguchi.edge.stores.demo.people import KENTA, MISAKI
from madoguchi.kit import clock
from madoguchi.kit.i18n import LANGUAGES, Reader
from madoguchi.kit.money import Money
from tests.conftest import NOW
from tests.front.counter.customer import guest, signed_in
from tests.front.counter.test_photos import picture
from tests.front.office.administrator import VERSIONS, change, in_office
from tests.front.seller.merchant import BOWLS, asked, claimed
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

JA = Reader("ja")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_everybody_reads_the_terms_with_the_numbers_of_the_rules(site: Site, lang: str) -> None:
    visitor = await guest(site, lang)
    page = (await visitor.get("/guarantee")).text
    reader = Reader(lang)
    for told in (
        reader.t("counter.guarantee.lead", most=Money(300_000, "JPY")),
        reader.t("counter.guarantee.step.ask", n=48),
        reader.t("counter.guarantee.step.claim", n=90),
        reader.t("counter.guarantee.step.decide", limit=Money(30_000, "JPY")),
        reader.t("counter.guarantee.covers.not_received", n=3),
    ):
        assert told in page


async def test_the_terms_follow_the_rules(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"guarantee/most": "200000", "guarantee/report_days": "60"})
    await admin.post(VERSIONS, {"note": "見直し", "day": ""})
    page = (await (await guest(site)).get("/guarantee")).text
    assert JA.t("counter.guarantee.lead", most=Money(200_000, "JPY")) in page
    assert JA.t("counter.guarantee.step.claim", n=60) in page


async def test_a_customer_sees_their_claim_and_takes_it_back(site: Site) -> None:
    await asked(site, "色が違うので返品したいです", topic="return")
    with clock.frozen(NOW + timedelta(hours=48)):
        await claimed(site)
        customer = await signed_in(site, MISAKI)
        assert "購入者保証 G-" in customer.page.text, "the first page tells of it"
        page = (await customer.get("/guarantee")).text
        assert "出品者の回答を3月7日（土） 10:00までお待ちしています。" in page
        withdraw = f"/orders/{_order(site)}/actions/guarantee.withdraw"
        assert withdraw in page
        stranger = await signed_in(site, KENTA)
        assert withdraw not in (await stranger.get("/guarantee")).text
        await customer.get(withdraw)
        assert "取り下げました" in (await customer.post(withdraw)).text
        assert site.value("select state from guarantee_claims") == "withdrawn"
        assert "購入者保証 G-" not in (await customer.get("/")).text


async def test_who_shows_photos_is_asked_who_may_see_them(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    path = f"/orders/{_order(site)}/actions/guarantee.claim"
    await customer.get(path)
    assert 'name="show_photos"' not in customer.page.text
    form = {"csrf": customer.field("csrf"), "ground": "not_received", "lines[1]": "2", "note": "届きません"}
    form |= {"disputed": "no"}
    files = {"photos[new]": ("皿.jpg", picture(), "image/jpeg")}
    page = await customer.http.post(path, data=form, files=files)
    assert 'name="show_photos"' in page.text
    assert JA.t("actions.guarantee.claim.field.show_photos.help") in page.text


async def test_before_the_seller_was_asked_it_says_what_comes_first(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    path = f"/orders/{_order(site)}/actions/guarantee.claim"
    await customer.get(path)
    form = {"ground": "not_received", "lines[1]": "2", "note": "届きません", "disputed": "no"}
    page = await customer.send(path, form)
    assert page.status_code == 409
    assert JA.t("errors.guarantee_ask_seller", hours=48) in page.text
    assert site.value("select count(*) from guarantee_claims") == 0


def _order(site: Site) -> object:
    return site.value("select id from orders where store_ref = %s", BOWLS)
