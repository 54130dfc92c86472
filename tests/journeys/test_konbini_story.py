"""コンビニで払ったお金: it cannot go back there, so a customer gives an account, and the desk transfers it."""

import pytest
from playwright.async_api import Page, expect

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.ledger.intents.queries import uncovered
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.edge.stores.demo.people import KENTA
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.demo.world import STAFF
from madoguchi.kit.i18n import Reader
from tests.journeys.street import Street

ORDER = "MD-10234590"  # two bags of rice
_OWED = "select id::text from refund_intents"
_STATE = "select state from refund_intents"
_GIVEN = "select sum(refunded) = sum(captured) from demo_store.tenders where order_ref = %s"


@pytest.mark.browser
@pytest.mark.spoken("ja", alone=True)
async def test_paid_in_cash_given_back_by_bank(street: Street, lang: str, says: Reader) -> None:
    """From the cancellation to the transfer; a name in kanji is asked for in kana, before anything is kept."""
    site = street.site
    page = await street.customer(KENTA, lang)
    await cancel_to_bank(page, street, says)
    await site.quiet()
    tracker = f"{site.url}/refunds/{site.value(_OWED)}"
    await page.goto(tracker)
    await page.get_by_role("link", name=says.t("actions.refund.give_account.name")).click()
    await give_account(page, street, says)
    await page.goto(tracker)
    await expect(page.locator("main")).to_contain_text("****567")
    await expect(page.locator("main")).not_to_contain_text("1234567")
    await the_desk_pays(street)
    await page.goto(tracker)
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("返金しました")
    assert (site.value(_STATE), site.value(_GIVEN, ORDER)) == ("succeeded", True)
    for check in (unbalanced, uncovered, drifted):
        assert await site.app.db.run(SYSTEM, check) == []


async def cancel_to_bank(page: Page, street: Street, says: Reader) -> None:
    """Choose the bank where there is a choice; the slip says where the money goes and how long that takes."""
    await page.goto(f"{street.site.url}/orders")
    await page.click(f".order:has-text('{ORDER}') .order-headline a")
    await page.get_by_role("link", name=says.t("actions.order.cancel.name")).click()
    await page.get_by_label(says.t("orders.refund_to.bank")).check()
    await page.get_by_role("button", name=says.t("counter.action.next")).click()
    slip = page.locator(".slip")
    await expect(slip).to_contain_text(says.t("orders.money.to.bank", label="コンビニ払い"))
    await expect(slip).to_contain_text(says.t("orders.money.days", low=5, high=10))
    await expect(slip).to_contain_text(says.t("orders.refund_to.bank.next"))
    await page.get_by_role("button", name=says.t("counter.quote.confirm")).click()
    await expect(page.locator("h1")).to_have_text(says.t("counter.request.title.done"))


async def give_account(page: Page, street: Street, says: Reader) -> None:
    """Full-width digits and hiragana are understood; kanji are not, and what was filled in stays."""
    for name, value in {
        "account[bank]": "みずほ銀行",
        "account[branch]": "大宮支店",
        "account[number]": "１２３４５６７",
        "account[holder]": "高橋健太",
    }.items():
        await page.fill(f"input[name='{name}']", value)
    await page.select_option("select[name='account[kind]']", "ordinary")
    submit = page.locator("main form .primary")
    await submit.click()
    await expect(page.locator("main")).to_contain_text(says.t("errors.kana"))
    assert street.complaints_of(422) == []
    await expect(page.locator("input[name='account[bank]']")).to_have_value("みずほ銀行")
    await page.fill("input[name='account[holder]']", "たかはし　けんた")
    await submit.click()
    await expect(page.locator(".notice[data-kind=success]")).to_be_visible()


async def the_desk_pays(street: Street) -> None:
    """A leader puts what waits into a batch and says that the bank has paid it."""
    leader = await street.colleague(next(one for one in STAFF if one.role is Role.LEADER))
    await leader.goto(f"{street.site.url}/desk/refunds")
    waiting = leader.locator("form[action^='/desk/refunds/payouts/demo']")
    await expect(waiting).to_contain_text(DEMO.name)
    await waiting.locator("button").click()
    await leader.locator("form[action$='/paid'] button").click()
    await street.site.quiet()
