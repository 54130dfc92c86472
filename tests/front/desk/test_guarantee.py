"""Claims on the guarantee at the desk: both sides in their own words, decided by one, agreed to by another."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from tests.conftest import NOW
from tests.front.counter.customer import guest
from tests.front.desk.associate import Associate, at_desk
from tests.front.seller.merchant import BOWLS, asked, claimed, merchant
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

HERE = "/desk/guarantee"
JA = Reader("ja")


@pytest.fixture
def later(site: Site) -> Iterator[None]:
    """Two days after the seller was asked."""
    with clock.frozen(NOW + timedelta(hours=48)):
        yield


async def _refused_by_seller(site: Site) -> None:
    with clock.frozen(NOW):
        await asked(site, "色が違うので返品したいです", topic="return")
    path = f"/seller/claims/{await claimed(site, '色が違います。090-1234-5678')}"
    hers = await merchant(site)
    await hers.get(path)
    await hers.post(f"{path}/answers", {"answer": "refuse", "words": "写真どおりです。0955-12-3456"})


def order_of(site: Site) -> object:
    return site.value("select id from orders where store_ref = %s", BOWLS)


def state_of(site: Site) -> object:
    return site.value("select state from guarantee_claims")


async def _decided(site: Site, associate: Associate, verdict: str) -> None:
    await associate.get(HERE)
    given = {"verdict": verdict, "liability": "seller", "note": "双方のお話を確認しました"}
    await associate.post(f"{HERE}/{order_of(site)}/decision", given)


async def test_only_staff_see_it(site: Site) -> None:
    visitor = await guest(site)
    assert (await visitor.get(HERE)).url.path == "/desk/sign-in"
    assert (await (await merchant(site)).http.get(HERE)).status_code in {302, 303, 403}


@pytest.mark.parametrize(("verdict", "state"), [("grant", "granted"), ("deny", "denied")])
async def test_one_decides_and_another_agrees(site: Site, later: None, verdict: str, state: str) -> None:
    await _refused_by_seller(site)
    aoi = await at_desk(site)
    page = (await aoi.get(HERE)).text
    assert "090-1234-5678" in page  # whoever decides reads what was really written
    assert "0955-12-3456" in page
    assert "有田焼 飯碗" in page  # and which goods it is about
    assert (await aoi.get(aoi.link("/desk/cases/[0-9a-f-]+"))).status_code == 200  # with what was written before
    await _decided(site, aoi, verdict)
    assert state_of(site) == "under_review"
    asked_again = (await aoi.get(HERE)).text
    assert JA.t("desk.guarantee.waits", by="田中 葵", at=NOW + timedelta(hours=48)) in asked_again
    assert "/desk/approvals" in asked_again.partition("<main")[2]
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    page = await ken.get("/desk/approvals")
    assert JA.t(f"guarantee.verdict.{verdict}") in page.text
    await ken.post(ken.link("/desk/approvals/[0-9a-f-]+/approval"))
    await site.quiet()
    assert state_of(site) == state
    assert JA.t("desk.guarantee.none") in (await ken.get(HERE)).text


async def test_what_is_not_filled_in_is_said(site: Site, later: None) -> None:
    await _refused_by_seller(site)
    aoi = await at_desk(site)
    await aoi.get(HERE)
    page = await aoi.send(f"{HERE}/{order_of(site)}/decision", {"verdict": "grant", "liability": "", "note": ""})
    assert page.status_code == 422
    assert state_of(site) == "under_review"
    assert site.value("select count(*) from requests where action = 'guarantee.decide'") == 0


async def test_of_an_order_without_a_claim_nothing_is_decided(site: Site) -> None:
    aoi = await at_desk(site)
    await aoi.get(HERE)
    given = {"verdict": "grant", "liability": "seller", "note": "x"}
    page = await aoi.send(f"{HERE}/{order_of(site)}/decision", given)
    assert page.status_code == 409
    assert site.value("select count(*) from requests where action = 'guarantee.decide'") == 0
