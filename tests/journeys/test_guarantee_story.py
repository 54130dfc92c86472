"""購入者保証: the seller refuses, the shop denies it, the customer appeals, and other people make it good."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from tests.conftest import NOW
from tests.front.desk.associate import Associate, at_desk
from tests.front.seller.merchant import asked, claimed, merchant
from tests.journeys.scenes import ADMIN
from tests.journeys.street import DESK, Street, staff_token
from tests.web import Site

pytestmark = pytest.mark.browser

DESK_SAYS = Reader("ja")  # the staff of the demo
WHY = "お写真からは違いを確認できませんでした"


@pytest.mark.spoken("ja")
async def test_an_appeal_is_decided_by_others(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    await asked(site, "色が違うので返品したいです", topic="return")
    with clock.frozen(NOW + timedelta(hours=48)):
        await _refused_by_the_seller(site)
        first, second = [await at_desk(site, name, role=Role.LEADER) for name in ("鈴木 健", "高橋 誠")]
        await _decide(street, "deny")
        await _agree(site, first)

        page = await street.customer(MISAKI, lang)
        await page.goto(f"{site.url}/guarantee")
        await expect(page.locator("main")).to_contain_text(says.t("guarantee.state.denied"))
        await expect(page.locator("main")).to_contain_text(WHY)
        await page.get_by_role("link", name=says.t("actions.guarantee.appeal.name")).click()
        await page.get_by_label(says.t("actions.guarantee.appeal.field.note")).fill("箱の色名も違います。")
        await page.locator("main form .primary").click()
        await expect(page.locator("main")).to_contain_text(site.value("select number from guarantee_claims"))

        await _decide(street, "grant")
        wish = site.value("select id from requests where state = 'needs_approval'")
        refused = await first.post(f"/desk/approvals/{wish}/approval")
        assert DESK_SAYS.t("errors.guarantee_decided_by_you") in refused.text
        await _agree(site, second)

        await page.goto(f"{site.url}/guarantee")
        await expect(page.locator("main")).to_contain_text(says.t("guarantee.state.reversed"))
        for check in (unbalanced, drifted):
            assert await site.app.db.run(SYSTEM, check) == []


async def _refused_by_the_seller(site: Site) -> None:
    path = f"/seller/claims/{await claimed(site, '写真は赤ですが、茶色が届きました')}"
    theirs = await merchant(site)
    await theirs.get(path)
    await theirs.post(f"{path}/answers", {"answer": "refuse", "words": "写真どおりの品です"})


async def _decide(street: Street, verdict: str) -> None:
    """Somebody at the desk reads both sides and decides."""
    page = await _staff(street)
    await expect(page.locator("main")).to_contain_text("写真は赤ですが、茶色が届きました")
    await expect(page.locator("main")).to_contain_text("写真どおりの品です")
    await page.get_by_label(DESK_SAYS.t(f"guarantee.verdict.{verdict}")).check()
    await page.get_by_label(DESK_SAYS.t("guarantee.liability.seller"), exact=True).check()
    await page.get_by_label(DESK_SAYS.t("actions.guarantee.decide.field.note")).fill(WHY)
    await page.get_by_role("button", name=DESK_SAYS.t("desk.guarantee.decide")).click()
    await expect(page.locator("main")).to_contain_text("承認を待っています")


async def _staff(street: Street) -> Page:
    page = await street.guest("ja", width=DESK)
    token = await staff_token(street.site, ADMIN)
    await page.context.add_cookies([{"name": "session", "value": token, "url": street.site.url}])
    await page.goto(f"{street.site.url}/desk/guarantee")
    return page


async def _agree(site: Site, leader: Associate) -> None:
    await leader.get("/desk/approvals")
    await leader.post(leader.link("/desk/approvals/[0-9a-f-]+/approval"))
    await site.quiet()
