"""間違えて会員になった: a customer ends a membership they never wanted, on a phone, and gets everything back."""

import pytest
from playwright.async_api import expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.intents.queries import uncovered
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from tests.journeys.street import Street

JUST_JOINED = "SUB-1002"
OWNER = next(person for person in PEOPLE if any(one.ref == JUST_JOINED for one in person.subscriptions))
_STATE = "select state from demo_store.subscriptions where ref = %s"
_PRICE = "select price from demo_store.subscriptions where ref = %s"
_OWED = "select sum(amount) from refund_intents"


@pytest.mark.browser
@pytest.mark.spoken("ja")
async def test_joined_by_mistake(street: Street, lang: str, says: Reader) -> None:
    """As easy as joining: a page, two answers, a slip, done."""
    site = street.site
    price = Money(int(str(site.value(_PRICE, JUST_JOINED))), "JPY")
    page = await street.customer(OWNER, lang)
    await page.get_by_role("link", name=says.t("counter.subscriptions.all")).click()
    await page.get_by_role("link", name=says.t("actions.subscription.cancel.name")).click()
    await page.get_by_label(says.t("actions.subscription.cancel.field.reason.by_mistake")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    slip = page.locator(".slip")
    await expect(slip).to_contain_text(says.t("policy.said.subscriptions.accidental", days=3))
    await expect(slip).to_contain_text(says.money(price))
    await expect(slip).to_contain_text(says.t("memberships.cancel.irreversible"))
    assert site.value(_STATE, JUST_JOINED) == "active", "so far it was only talk"
    await page.get_by_role("button", name=says.t("counter.quote.confirm")).click()
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))
    assert site.value(_STATE, JUST_JOINED) == "ended"
    assert site.value(_OWED) == price.amount
    for check in (unbalanced, drifted, uncovered):
        assert await site.services.db.run(SYSTEM, check) == []
    await page.goto(f"{site.url}/messages")
    letters = Reader(OWNER.customer.locale)
    await expect(page.locator("main")).to_contain_text(letters.t("actions.subscription.cancel.name"))
    await page.goto(f"{site.url}/subscriptions")
    await expect(page.locator("main")).to_contain_text(says.t("counter.subscriptions.ended"))
