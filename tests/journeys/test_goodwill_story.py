"""特別対応: an associate wants to give more than they may; a leader agrees, and the customer has it."""

import pytest
from playwright.async_api import Locator, Page, expect

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.ledger.credits.queries import unsettled
from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.front.demo.world import STAFF
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from tests.front.desk.associate import in_line
from tests.journeys.street import Street

pytestmark = pytest.mark.browser

AOI = STAFF[0]
KEN = next(colleague for colleague in STAFF if colleague.role is Role.LEADER)
GIFT = Money(5000, "JPY")  # more than an associate may grant
NOTE = "二度も遅れ、お祝いに間に合わなかったため"


@pytest.mark.spoken("ja", alone=True)
async def test_goodwill_over_the_limit(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    misaki = await street.customer(MISAKI, lang)
    aoi = await street.colleague(AOI)
    caller = await in_line(site, MISAKI, "やかんがまた遅れています", order=MISAKI.order(Story.LATE))
    await aoi.locator("[data-offer] .primary").click()
    await misaki.goto(f"{site.url}/chat/{caller.case_id}")
    ken = await street.colleague(KEN)
    await grant(aoi, says)
    await expect(aoi.locator("chat-room")).to_contain_text(says.t("cases.approval.asked.leader"))
    await expect(aoi.locator(".nav-count .count")).to_have_text("1")

    await expect(ken.locator(".nav-count .count")).to_have_text("1")  # while he looks at something else
    await ken.keyboard.press("g")
    card = ken.locator(".approval")
    for words in (AOI.name, NOTE, says.money(GIFT), says.t("goodwill.told.late")):
        await expect(card).to_contain_text(words)
    await nobody_declines_without_a_word(ken, card, says)
    await ken.keyboard.press("y")  # means nothing as long as none has the focus
    await expect(card.get_by_role("button", name=says.t("desk.approvals.approve"))).to_be_visible()
    await ken.keyboard.press("j")
    await ken.keyboard.press("y")
    await expect(ken.locator("main")).to_contain_text(says.t("desk.approvals.waiting.none"))
    await site.quiet()

    await expect(aoi.locator("chat-room")).to_contain_text(
        says.t("cases.approval.approved", name=KEN.name, note="").strip()
    )
    await expect(misaki.locator("chat-room")).to_contain_text(says.t("goodwill.told.late"))
    for words in (NOTE, says.t("cases.approval.asked.leader"), KEN.name):
        await expect(misaki.locator("chat-room")).not_to_contain_text(words)
    await misaki.goto(f"{site.url}/messages")
    await misaki.get_by_role("link", name=says.t("notices.goodwill_given.subject")).click()
    await expect(misaki.locator("main")).to_contain_text(says.t("goodwill.credit", amount=GIFT))
    await misaki.goto(f"{site.url}/balances")
    await expect(misaki.locator("main")).to_contain_text(says.money(GIFT))
    assert await site.app.db.run(SYSTEM, unsettled) == []
    assert street.complaints_of(422) == []


async def grant(page: Page, says: Reader) -> None:
    """Fill in the form in the right pane, look at the slip, confirm."""
    name = says.t("actions.goodwill.grant.name")
    await page.locator("summary", has_text=name).click()
    form = page.locator("form", has=page.locator("input[value='goodwill.grant']"))
    await expect(form).to_contain_text(says.t("goodwill.alone", amount=Money(3000, "JPY")))
    await form.get_by_label(says.t("actions.goodwill.grant.field.amount")).fill("５，０００円")
    await form.get_by_label(says.t("policy.option.goodwill.reasons.late")).check()
    await form.get_by_label(says.t("actions.goodwill.grant.field.note")).fill(NOTE)
    await form.get_by_role("button", name=says.t("desk.action.check")).click()
    await expect(page.locator(".asked .slip")).to_contain_text(says.t("goodwill.next.approval"))
    await page.locator(".asked").get_by_role("button", name=name).click()


async def nobody_declines_without_a_word(page: Page, card: Locator, says: Reader) -> None:
    """Whoever asked is to know why."""
    await card.get_by_role("button", name=says.t("desk.approvals.decline")).click()
    await expect(page.locator("main")).to_contain_text(says.t("errors.decision_note_missing"))
    await expect(card).to_contain_text(NOTE)
