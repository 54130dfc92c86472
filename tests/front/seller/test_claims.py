"""Claims on the guarantee at the seller's door: until when, what is said, the one answer; nothing of anybody else's."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from madoguchi.kit import clock
from tests.conftest import NOW
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
