"""The returns centre without scripts: four short screens, kept on the way; a page to follow it, its slip and code."""

import re
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader

from madoguchi.edge.stores.demo.people import ICHIRO, MISAKI, YOKO
from tests.front.counter.customer import Customer, guest, signed_in
from tests.front.counter.test_photos import picture
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

CLOTHES, CLEANER = "MD-10233915", "MD-10233650"


async def _begin(site: Site, ref: str = CLOTHES, lang: str = "ja") -> tuple[Customer, str]:
    customer = await signed_in(site, ICHIRO if ref == CLEANER else MISAKI, lang)
    order = site.value("select id from orders where store_ref = %s", ref)
    path = f"/orders/{order}/return"
    await customer.get(path)
    return customer, path


async def _agree(customer: Customer) -> str:
    """Confirm the slip; the page of the return."""
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    assert re.fullmatch("/returns/[0-9a-f-]+", customer.page.url.path), customer.page.text
    return customer.page.url.path


async def _shirt(customer: Customer, path: str) -> str:
    """A shirt that does not fit, up to the page of its return."""
    await customer.post(f"{path}/items", {"lines[2]": "1"})
    assert customer.page.url.path == f"{path}/reason"
    await customer.post(f"{path}/reason", {"reason": "size", "condition": "unopened"})
    if customer.page.url.path == f"{path}/outcome":
        await customer.post(f"{path}/outcome", {"method": "label"})
    assert customer.page.url.path.startswith("/quotes/"), customer.page.text
    return await _agree(customer)


async def test_clothes_that_do_not_fit(site: Site) -> None:
    customer, path = await _begin(site)
    assert customer.page.url.path == f"{path}/items"
    assert "まで返品できます" in customer.page.text, "each line says until when"
    here = await _shirt(customer, path)
    page = customer.page.text
    assert "までにお送りください" in page
    assert "次はお客様の番です" in page
    assert "<svg" in page

    slip = await customer.http.get(f"{here}/slip")
    assert (slip.status_code, slip.headers["content-type"]) == (200, "application/pdf")
    number = str(site.value("select number from returns"))
    assert number in PdfReader(BytesIO(slip.content)).pages[0].extract_text()
    assert number in (await customer.get(f"{here}/code")).text
    client = await site.api(MISAKI)
    paper = await client.get(f"/api/v1{here}/pdf?lang=en")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert (await (await site.api(YOKO)).get(f"/api/v1{here}/pdf")).status_code == 404
    day = await customer.http.get(f"{here}/calendar")
    assert day.headers["content-type"].startswith("text/calendar")
    assert number in day.text.replace("\r\n ", "")
    assert number in (await customer.get("/returns")).text or "発送待ち" in customer.page.text
    assert f'href="{here}"' in (await customer.get(path.removesuffix("/return"))).text, "the order leads to it"
    assert site.value("select count(*) from drafts") == 0, "nothing is left to go on with"

    for other in (await signed_in(site, YOKO), await guest(site)):
        for part in ("", "/slip", "/code", "/calendar"):
            answer = await other.http.get(here + part)
            assert answer.status_code in {303, 401, 404}, part


async def test_it_can_be_gone_on_with_later_and_anywhere(site: Site) -> None:
    customer, path = await _begin(site)
    await customer.post(f"{path}/items", {"lines[2]": "1"})
    await customer.post(f"{path}/reason", {"reason": "size", "later": "1"})
    assert customer.page.url.path == "/returns"
    assert "書きかけの返品" in customer.page.text
    elsewhere = await signed_in(site, MISAKI)
    await elsewhere.get(path)
    assert elsewhere.page.url.path == f"{path}/reason", "where it was left"
    assert re.search('value="size" checked', elsewhere.page.text)
    await elsewhere.get("/returns")
    await elsewhere.post(elsewhere.link(f"{path}-draft/end"))
    assert site.value("select count(*) from drafts") == 0


async def test_a_photo_is_asked_for_only_where_the_rules_ask(site: Site) -> None:
    customer, path = await _begin(site, CLEANER)
    await customer.post(f"{path}/items", {"lines[1]": "1"})
    assert 'name="photos' not in customer.page.text
    await customer.post(f"{path}/reason", {"reason": "defective", "condition": "opened"})
    assert 'href="#f-photos"' in customer.page.text
    answer = await customer.http.post(
        f"{path}/reason",
        data={"csrf": customer._csrf, "reason": "defective", "condition": "opened"},
        files={"photos[new]": ("broken.jpg", picture(), "image/jpeg")},
    )
    assert answer.status_code == 303, answer.text
    await customer.get(answer.headers["location"])
    assert customer.page.url.path == f"{path}/outcome"


async def test_the_one_thing_of_an_order_is_chosen_already(site: Site) -> None:
    """What it follows from a default is asked as if it had been ticked: the photo, and whether another is wanted."""
    customer, path = await _begin(site, CLEANER)
    assert customer.page.url.path == f"{path}/reason"
    page = (await customer.post(f"{path}/reason", {"reason": "defective"})).text
    assert 'name="photos' in page
    assert 'href="#f-condition"' not in page, "what is broken need not be described"
    assert 'name="photos' in (await customer.get(f"{path}/reason")).text, "what was told is kept meanwhile"
    answer = await customer.http.post(
        f"{path}/reason",
        data={"csrf": customer._csrf, "reason": "defective"},
        files={"photos[new]": ("broken.jpg", picture(), "image/jpeg")},
    )
    await customer.get(answer.headers["location"])
    assert customer.page.url.path == f"{path}/outcome"
    assert re.findall('name="method" value="([a-z]+)"', customer.page.text) == ["label", "code", "pickup"]
    await customer.post(f"{path}/outcome", {"method": "label", "wish": "replacement"})
    assert customer.page.url.path.startswith("/quotes/"), customer.page.text


async def test_a_screen_that_asks_nothing_yet_leads_to_the_first(site: Site) -> None:
    customer, path = await _begin(site)
    await customer.get(f"{path}/outcome")
    assert customer.page.url.path == f"{path}/items"


async def test_another_reason_asks_anew_and_forgets_what_no_longer_matters(site: Site) -> None:
    customer, path = await _begin(site, CLEANER)
    await customer.post(f"{path}/reason", {"reason": "late"})
    await customer.post(f"{path}/outcome", {"method": "label", "wish": "replacement"})
    await customer.post(f"{path}/reason", {"reason": "no_longer_needed", "condition": "unopened"})
    page = customer.page.text
    assert re.findall('name="method" value="([a-z]+)"', page) == ["own", "code", "pickup"]
    assert 'value="own" checked' in page, "what was chosen before is none of them"
    assert "880円" in page, "what a way costs stands beside it"
    assert 'name="wish"' not in page
    await customer.post(f"{path}/outcome", {"method": "code", "refund_to": "bank"})
    assert customer.page.url.path.startswith("/quotes/"), customer.page.text
    assert "880円" in customer.page.text


@pytest.mark.parametrize(("reason", "ways"), [("size", ["label", "code", "pickup"]), ("mistake", [])])
async def test_an_exchange_asks_for_the_way_back_once_it_knows_why(site: Site, reason: str, ways: list[str]) -> None:
    """Also on one page: what follows is asked on it next, where there is something to choose."""
    customer = await signed_in(site, MISAKI)
    here = f"/orders/{site.value('select id from orders where store_ref = %s', CLOTHES)}/actions/order.exchange"
    page = (await customer.get(here)).text
    assert 'name="method"' not in page
    line, sku = re.findall(r'name="(items\[[^"]+\])" value="([^"]+)"', page)[0]
    (method_ref, *_) = re.findall('name="method_ref" value="([^"]+)"', page)
    told = {line: sku, "reason": reason, "condition": "unopened", "method_ref": method_ref}
    page = (await customer.post(here, told)).text
    if ways:
        assert customer.page.status_code == 200, "one more question is no mistake"
        assert re.findall('name="method" value="([a-z]+)"', page) == ways
        assert 'value="label" checked' in page
        assert 'href="#f-method"' in page
        await customer.post(here, told | {"method": "label"})
    assert customer.page.url.path.startswith("/quotes/"), customer.page.text


@pytest.mark.parametrize(
    ("screen", "wrong", "where"),
    [
        ("items", {}, "lines"),
        ("items", {"lines[2]": "9"}, "lines"),
        ("reason", {"condition": "unopened"}, "reason"),
        ("reason", {"reason": "because", "condition": "unopened"}, "reason"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_on_its_screen(
    site: Site, screen: str, wrong: dict[str, object], where: str
) -> None:
    customer, path = await _begin(site)
    await customer.post(f"{path}/items", {"lines[2]": "1"})
    await customer.get(f"{path}/{screen}")
    page = await customer.post(f"{path}/{screen}", wrong)
    assert page.status_code in {409, 422}
    assert f'href="#f-{where}"' in page.text


async def test_what_the_rules_do_not_allow_is_told_before_anything_else(site: Site) -> None:
    customer, path = await _begin(site)
    await customer.post(f"{path}/items", {"lines[2]": "1"})
    page = await customer.post(f"{path}/reason", {"reason": "dislike", "condition": "used"})
    assert page.status_code == 409
    assert site.value("select count(*) from quotes") == 0
    assert re.search('value="dislike" checked', page.text), "what was said is kept"


async def test_orders_of_others_and_screens_that_are_none(site: Site) -> None:
    customer, path = await _begin(site)
    other = await signed_in(site, YOKO)
    for screen in ("", "/items", "/reason"):
        assert (await other.http.get(path + screen)).status_code == 404
    assert (await other.send(f"{path}/items", {"lines[2]": "1"})).status_code in {403, 404}
    assert (await customer.http.get(f"{path}/nowhere")).status_code in {400, 404}
    assert site.value("select count(*) from drafts") == 0


async def test_it_can_be_called_off_from_its_page(site: Site) -> None:
    customer, path = await _begin(site)
    here = await _shirt(customer, path)
    await customer.get(customer.link(f"{here}/actions/return.cancel"))
    await customer.post(customer.page.url.path)
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    await customer.get(here)
    assert "返品を取り消しました" in customer.page.text
    assert (await customer.http.get(f"{here}/slip")).status_code == 409
    assert UUID(here.rpartition("/")[2])


@pytest.mark.parametrize("lang", ["en", "zh", "ko"])
async def test_in_every_language(site: Site, lang: str) -> None:
    customer, path = await _begin(site, lang=lang)
    here = await _shirt(customer, path)
    assert f'lang="{"zh-Hans" if lang == "zh" else lang}"' in customer.page.text
    await customer.get("/returns")
    assert here in customer.page.text


async def test_the_centre_leads_to_an_exchange_as_well(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    page = await customer.get("/returns")
    order = site.value("select id from orders where store_ref = %s", CLOTHES)
    assert f"/orders/{order}/actions/order.exchange" in page.text
