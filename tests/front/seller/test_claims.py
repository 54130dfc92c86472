"""Claims on the guarantee at the seller's door: until when, what is said, the one answer; nothing of anybody else's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from madoguchi.edge.stores.demo.people import MISAKI, YOKO
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.front.counter.customer import signed_in
from tests.front.counter.test_photos import picture
from tests.front.seller.merchant import asked, claimed, merchant
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

LATER = NOW + timedelta(hours=49)


@pytest.fixture
def later(site: Site) -> Iterator[None]:
    """Two days and an hour after the morning on which the world stands."""
    with clock.frozen(LATER):
        yield


async def claim(site: Site) -> str:
    with clock.frozen(NOW):
        await asked(site, "色が違うので返品したいです", topic="return")
    return await claimed(site, "佐藤です。色が違います。090-1234-5678 までお電話ください")


async def test_a_claim_stands_with_its_deadline_and_without_its_customer(site: Site, later: None) -> None:
    id = await claim(site)
    hers = await merchant(site)
    listed = (await hers.get("/seller/claims")).text
    assert f"/seller/claims/{id}" in listed
    assert "回答待ち" in listed
    page = (await hers.get(f"/seller/claims/{id}")).text
    assert "●●●です。色が違います。●●● までお電話ください" in page
    assert "あと48時間" in page or "あと47時間" in page
    assert "佐藤" not in page
    goods = re.search(r"<h2>商品</h2>.*?</section>", page, re.S)
    assert goods
    assert "有田焼 飯碗" in goods.group()
    assert "× 2" in goods.group()
    assert "送料を含む" in page
    thread = re.search(r"/seller/threads/[0-9a-f-]+", goods.group())
    assert thread
    assert "色が違うので返品したいです" in (await hers.get(thread.group())).text


async def test_the_seller_answers_once(site: Site, later: None) -> None:
    id = await claim(site)
    hers = await merchant(site)
    await hers.get(f"/seller/claims/{id}")
    path = f"/seller/claims/{id}/answers"
    empty = await hers.post(path, {"answer": "refuse", "words": " "})
    assert empty.status_code == 422
    page = await hers.post(path, {"answer": "refuse", "words": "写真どおりの品です。yamada@example.jp へ"})
    assert "写真どおりの品です。●●● へ" in page.text
    assert "<form class" not in page.text.partition("<main")[2].partition("</main")[0]
    late = await hers.post(path, {"answer": "refund", "words": ""})
    assert late.status_code == 409


async def photo(site: Site, colour: str) -> str:
    """A photo that the customer sent, under a name that tells who took it."""
    file = ("佐藤の皿.jpg", picture(colour=colour), "image/jpeg")
    hers = await site.api(MISAKI)
    return str((await hers.post("/api/v1/photos", files={"file": file})).json()["id"])


async def test_both_sides_show_photos_if_the_customer_wants_it(site: Site, later: None) -> None:
    with clock.frozen(NOW):
        await asked(site, "色が違います", topic="return")
    mine, kept = await photo(site, "red"), await photo(site, "blue")
    id = await claimed(site, photos=[mine], show_photos="yes")
    hers, place = await merchant(site), f"/seller/claims/{id}"
    assert f"{place}/photos/{mine}" in (await hers.get(place)).text
    seen = await hers.http.get(f"{place}/photos/{mine}")
    assert (seen.headers["content-type"], "photo.jpg" in seen.headers["content-disposition"]) == ("image/jpeg", True)
    for who, none in ((hers, kept), (await merchant(site, "nagisa"), mine)):
        assert (await who.http.get(f"{place}/photos/{none}")).status_code == 404
    await hers.get(place)
    words = {"csrf": hers.field("csrf"), "answer": "refuse", "words": "写真どおりの品です"}
    files = {"photos[new]": ("店.jpg", picture(), "image/jpeg")}
    assert (await hers.http.post(f"{place}/answers", data=words, files=files)).status_code == 303
    assert len(set(re.findall(f"{place}/photos/[0-9a-f-]+", (await hers.get(place)).text))) == 2
    customer = await signed_in(site, MISAKI)
    shown = re.findall(f"/guarantee/{id}/photos/[0-9a-f-]+", (await customer.get("/guarantee")).text)[0]
    assert b"SECRET-PLACE" not in (await customer.http.get(shown)).content
    assert (await (await signed_in(site, YOKO)).http.get(shown)).status_code == 404
    assert (await customer.http.get(f"/guarantee/{id}/photos/{mine}")).status_code == 404


async def test_what_the_customer_does_not_show_the_seller_does_not_see(site: Site, later: None) -> None:
    with clock.frozen(NOW):
        await asked(site, "色が違います", topic="return")
    mine = await photo(site, "red")
    id = await claimed(site, photos=[mine])
    hers = await merchant(site)
    assert "/photos/" not in (await hers.get(f"/seller/claims/{id}")).text
    assert (await hers.http.get(f"/seller/claims/{id}/photos/{mine}")).status_code == 404


async def test_another_seller_and_what_is_none_get_one_answer(site: Site, later: None) -> None:
    id = await claim(site)
    others = await merchant(site, "nagisa")
    for claim_id in (id, str(uuid4())):
        assert (await others.get(f"/seller/claims/{claim_id}")).status_code == 404
        answer = await others.send(f"/seller/claims/{claim_id}/answers", {"answer": "refund", "words": ""})
        assert answer.status_code == 404
    assert id not in (await others.get("/seller/claims")).text
    assert site.value("select answer from guarantee_claims") is None


async def test_an_answer_after_the_end_is_refused(site: Site, later: None) -> None:
    id = await claim(site)
    with clock.frozen(LATER + timedelta(hours=49)):
        hers = await merchant(site)
        await hers.get(f"/seller/claims/{id}")
        page = await hers.post(f"/seller/claims/{id}/answers", {"answer": "refuse", "words": "遅くなりました"})
    assert page.status_code == 409
    assert 'role="alert"' in page.text
