"""The office's rules: read, edited, previewed, saved, gone back to; and what goes wrong on the way."""

from datetime import timedelta

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.pack import Then
from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.kit import clock
from madoguchi.kit.i18n import LANGUAGES, Reader
from tests.conftest import NOW
from tests.front.desk.associate import at_desk
from tests.front.office.administrator import DRAFT, EDIT, RULES, VERSIONS, boxes, change, decided, in_office, rules
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

JA = Reader("ja")
SAVED = {"note": "冬のお買い物のため", "day": ""}


@pytest.mark.parametrize("path", [RULES, EDIT, VERSIONS])
async def test_only_administrators_come_in(site: Site, path: str) -> None:
    leader = await at_desk(site, role=Role.LEADER)
    assert (await leader.get(path)).status_code == 403
    guest = await site.client()
    assert (await guest.get(path)).headers["location"].startswith("/desk/sign-in")
    assert (await (await in_office(site)).get(path)).status_code == 200


async def test_rules_of_nobody_are_not_there(site: Site) -> None:
    admin = await in_office(site)
    for path in ("/office/rules/nobody", "/office/rules/nobody/edit", "/office/rules/nobody/versions"):
        assert (await admin.get(path)).status_code == 404
    assert (await admin.get(f"{VERSIONS}/99")).status_code == 404
    assert (await admin.get(f"{DRAFT}/decisions/00000000-0000-7000-8000-000000000000")).status_code == 404


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_rule_is_told_with_its_value(site: Site, lang: str) -> None:
    admin = await in_office(site)
    page = (await admin.post("/settings/display", {"lang": lang, "next": RULES})).text
    reader = Reader(lang)
    for told in (
        reader.t("policy.field.returns.days"),
        reader.t("policy.value.days", n=30),
        reader.t("policy.value.hours", n=48),
        reader.t("policy.wish.gift_options"),
        reader.t("policy.when.after_cut_off"),
        reader.t("policy.then.ask_store"),
        "民法",
    ):
        assert told in page


async def test_a_change_is_previewed_saved_and_holds(site: Site) -> None:
    await decided(site, 10, 31, 40, 60)
    decisions = site.value("select count(*) from policy_decisions")
    admin = await in_office(site)
    await change(admin, {"returns/days": "４５"})
    assert admin.page.url.path == DRAFT
    page = admin.page.text
    assert JA.t("policy.value.days", n=45) in page
    # 10 days: taken back for longer; 31 and 40: taken back after all; 60: late with both
    assert JA.t("office.draft.effect.counts", all=decisions, others=3, days=30) in page
    assert (await rules(site)).returns.days == 30

    await admin.post(VERSIONS, SAVED)
    assert admin.page.url.path == f"{VERSIONS}/2"
    assert SAVED["note"] in admin.page.text
    assert "森 千恵" in admin.page.text
    now = await rules(site)
    assert (now.returns.days, now.version) == (45, 2)
    assert (await admin.get(EDIT)).status_code == 200
    assert boxes(admin.page.text)["base"] == "2"
    assert "45" in (await admin.get(RULES)).text


@pytest.mark.parametrize(
    ("story", "verdict", "quoted"), [(Story.CANCELLABLE, "allow", True), (Story.LATE, "offer_alternative", False)]
)
async def test_what_a_customer_asks_is_recorded(site: Site, story: Story, verdict: str, quoted: bool) -> None:
    customer = await site.api(MISAKI)
    order = site.value("select id from orders where store_ref = %s", MISAKI.order(story))
    wish = {"action": "order.cancel", "arguments": {"order_id": str(order), "reason": "no_longer_needed"}}
    await customer.post("/api/v1/quotes", json=wish)
    record = """select verdict || ' ' || (quote_id is not null) || ' ' || version || ' ' || length(inputs_hash) || ' '
                  || (customer_id = (select customer_id from orders where id = order_id)) || ' ' || actor_role
                from policy_decisions where order_id = %s and actor_role <> 'system'"""
    assert site.value(record, order) == f"{verdict} {str(quoted).lower()} 1 64 true customer"


async def test_each_decision_can_be_looked_into(site: Site) -> None:
    await decided(site, 40)
    admin = await in_office(site)
    await change(admin, {"returns/days": "45"})
    await admin.get(admin.link(rf"{DRAFT}/decisions/[0-9a-f-]+"))
    page = admin.page.text
    assert JA.t("policy.verdict.offer_alternative") in page
    assert JA.t("policy.verdict.allow") in page
    assert "お届けから30日以内に承っております" in page
    assert JA.t("policy.said.faults.customer") in page


async def test_what_cannot_be_is_said_beside_it_and_nothing_is_lost(site: Site) -> None:
    admin = await in_office(site)
    before = site.counts()
    wrong = {
        "returns/days": "三十",
        "returns/opened_percent": "101",
        "claims/good_faith/limit": "-1",
        "goodwill/limits/associate/case": "12.5",
        "returns/season/bought_from": "02-30",
        "receipts/registration": "T123",
        "receipts/issuer": "",
        "subscriptions/used": "everything",
        "claims/wait_hours": "NaN",
        "returns/label_days": "28",
    }
    await change(admin, wrong)
    assert admin.page.status_code == 422
    page = admin.page.text
    assert page.count('class="field-error"') == len(wrong) - 1
    assert JA.t("policy.wrong.number", least=0, most=3650) in page
    assert JA.t("policy.wrong.number", least=0, most=100) in page
    assert JA.t("policy.wrong.pattern") in page
    sent = boxes(page)
    assert all(sent[f"values[{path}]"] == value for path, value in wrong.items() if path != "subscriptions/used")
    assert site.counts() == before


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"refunds/tenders/card/original/least_days": "9"}, "policy.wrong.span"),
        ({"claims/good_faith/limit": "60000"}, "policy.wrong.good_faith"),
        ({"goodwill/limits/associate/case": "30000"}, "policy.wrong.goodwill_rank"),
        ({"goodwill/limits/leader/case": "60000"}, "policy.wrong.goodwill_year"),
        ({"returns/season/bought_to": "10-01"}, "policy.wrong.season"),
    ],
)
async def test_what_contradicts_itself_is_refused(site: Site, values: dict[str, str], says: str) -> None:
    admin = await in_office(site)
    await change(admin, values)
    assert admin.page.status_code == 422
    assert JA.t(says) in admin.page.text


async def test_boxes_can_be_ticked_and_all_cannot_be_cleared(site: Site) -> None:
    admin = await in_office(site)
    await admin.get(EDIT)
    form = boxes(admin.page.text)
    without = {name: value for name, value in form.items() if not name.startswith("values[claims/remedies/")}
    await admin.post(DRAFT, without)
    assert JA.t("policy.wrong.empty") in admin.page.text
    await admin.get(EDIT)
    await admin.post(DRAFT, without | {"values[claims/remedies/refund]": "1"})
    assert admin.page.url.path == DRAFT
    await admin.post(VERSIONS, SAVED)
    assert [str(one) for one in (await rules(site)).claims.remedies] == ["refund"]


async def test_a_row_of_the_matrix_can_say_something_else(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"changes/cancel/cancel.preparing/then": "deny"})
    await admin.post(VERSIONS, SAVED)
    row = next(row for row in (await rules(site)).changes.cancel if row.id == "cancel.preparing")
    assert row.then is Then.DENY


async def test_a_version_needs_a_reason_and_a_day_to_come(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"returns/days": "45"})
    for fields, says in [
        ({"note": "  ", "day": ""}, "note_missing"),
        ({"note": "x" * 501, "day": ""}, "note_too_long"),
        ({"note": "ok", "day": "2026-03-02"}, "effective_past"),
        ({"note": "ok", "day": "明日"}, "effective_day"),
    ]:
        await admin.post(VERSIONS, fields)
        assert admin.page.status_code == 422, says
        assert JA.t(f"errors.{says}", limit=500) in admin.page.text
        assert fields["note"].strip() in admin.page.text
    assert (await rules(site)).version == 1


async def test_a_version_begins_on_its_day(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"returns/days": "45"})
    await admin.post(VERSIONS, {"note": "4月から", "day": "2026-04-01"})
    assert (await rules(site)).returns.days == 30
    assert "4月1日" in (await admin.get(RULES)).text
    with clock.frozen(NOW + timedelta(days=30)):
        assert (await rules(site)).returns.days == 45


async def test_whoever_is_second_sees_what_the_first_did_and_loses_nothing(site: Site) -> None:
    first, second = await in_office(site), await in_office(site, "高橋 蓮")
    await change(second, {"returns/days": "45"})
    await change(first, {"claims/wait_hours": "24"})
    await first.post(VERSIONS, SAVED)

    await second.post(VERSIONS, SAVED)
    assert second.page.status_code == 409
    assert JA.t("errors.rules_moved") in second.page.text
    assert JA.t("policy.value.hours", n=24) in second.page.text
    assert JA.t("policy.value.days", n=45) in second.page.text

    await second.post(f"{DRAFT}/base")
    await second.post(VERSIONS, SAVED)
    now = await rules(site)
    assert (now.version, now.returns.days, now.claims.wait_hours) == (3, 45, 24)


async def test_the_way_back_is_a_version_of_its_own(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"returns/days": "45"})
    await admin.post(VERSIONS, SAVED)
    await admin.get(f"{VERSIONS}/1")
    await admin.post(f"{VERSIONS}/1/draft")
    assert admin.page.url.path == DRAFT
    await admin.post(VERSIONS, {"note": "もとに戻す", "day": ""})
    now = await rules(site)
    assert (now.version, now.returns.days) == (3, 30)
    history = (await admin.get(VERSIONS)).text
    assert all(JA.t("office.versions.number", number=number) in history for number in (1, 2, 3))


async def test_a_draft_can_be_thrown_away_and_nothing_is_saved_twice(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"returns/days": "45"})
    await admin.post(f"{DRAFT}/removal")
    assert admin.page.url.path == RULES
    assert (await admin.send(VERSIONS, SAVED)).status_code == 409
    await change(admin, {"returns/days": "45"})
    await admin.send(VERSIONS, SAVED)
    assert (await admin.send(VERSIONS, SAVED)).status_code == 409
    assert (await rules(site)).version == 2


async def test_what_is_the_same_is_not_saved(site: Site) -> None:
    admin = await in_office(site)
    await admin.post(f"{VERSIONS}/1/draft")
    await admin.post(VERSIONS, SAVED)
    assert JA.t("errors.nothing_changed") in admin.page.text
