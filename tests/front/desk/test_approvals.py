"""Approvals at the desk: what waits for whom, one press, a word why not, and who was quicker."""

import asyncio

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.front.ui.feeds import Form
from madoguchi.kit import ids
from tests.front.counter.customer import signed_in
from tests.front.desk.associate import Associate, Caller, at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

PAGE = "/desk/approvals"
WHY_NOT = "まず配送会社に確認しましょう"
_STATE = "select state from requests order by id desc limit 1"
_DECIDED = "select s.name || ': ' || r.decision_note from requests r join staff s on s.id = r.decided_by"


async def asking(site: Site, amount: int = 5000) -> tuple[Associate, Caller]:
    """An associate who has asked for more than they may grant, in a case of 佐藤さん."""
    caller = await in_line(site, MISAKI, "また遅れています")
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    await grant(aoi, caller, amount)
    return aoi, caller


async def grant(associate: Associate, caller: Caller, amount: int) -> None:
    path = f"/desk/cases/{caller.case_id}/quotes"
    given = {"amount": amount, "reason": "apology", "note": "二度も遅れたため", "filled": 1}
    await associate.post(path, {"action": "goodwill.grant", "case_id": caller.case_id} | given)
    await associate.post(f"{associate.page.url.path}/confirmation", {"token": associate.field("token")})
    assert associate.page.status_code == 200, associate.page.text


def refusal(approval: str) -> str:
    """Where the same wish is declined."""
    return approval.removesuffix("approval") + "refusal"


async def test_a_leader_sees_who_asks_for_what_and_why_and_agrees(site: Site) -> None:
    aoi, caller = await asking(site)
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    assert 'class="count">1<' in (await ken.get("/desk/panels/approvals")).text
    page = await ken.get(PAGE)
    for words in ("田中 葵", "佐藤 美咲", "5,000円", "二度も遅れたため", "1件の上限", "3,000円", "この1年の特別対応"):
        assert words in page.text
    assert "15,000円" not in page.text, "a limit that it is not above"
    await ken.post(ken.link(f"{PAGE}/[^/]+/approval"))
    assert ken.page.url.path == PAGE
    assert "承認を待っている依頼はありません" in ken.page.text
    await site.quiet()
    assert site.value(_STATE) == "done"
    assert "鈴木 健さんが承認しました" in (await aoi.get(f"/desk/cases/{caller.case_id}")).text
    assert "承認</" in (await aoi.get(PAGE)).text, "whoever asked finds how it ended"


async def test_what_was_given_in_another_currency_is_left_out_of_the_sum(site: Site) -> None:
    """A shop that changed its currency keeps what it granted before."""
    aoi, caller = await asking(site, 1000)
    await site.quiet()
    assert site.value("update goodwill_grants set currency = 'USD' where state = 'given' returning 1") == 1
    await grant(aoi, caller, 5000)
    page = await (await at_desk(site, "鈴木 健", role=Role.LEADER)).get(PAGE)
    assert page.status_code == 200
    assert "5,000円" in page.text
    assert "1,000円" not in page.text


async def test_not_without_a_word_why(site: Site) -> None:
    aoi, caller = await asking(site)
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    await ken.get(PAGE)
    approve = ken.link(f"{PAGE}/[^/]+/approval")
    refused = await ken.post(refusal(approve))
    assert (refused.status_code, site.value(_STATE)) == (422, "needs_approval")
    await ken.post(refusal(approve), {"note": WHY_NOT})
    assert site.value(_STATE) == "failed"
    assert site.value(_DECIDED) == f"鈴木 健: {WHY_NOT}"
    assert WHY_NOT in (await aoi.get(f"/desk/cases/{caller.case_id}")).text
    misaki = await signed_in(site, MISAKI)
    assert WHY_NOT not in (await misaki.get(f"/chat/{caller.case_id}")).text
    await site.quiet()
    assert site.value("select count(*) from messages where template = 'goodwill_given'") == 0


async def test_decided_inside_the_conversation_one_stays_there(site: Site) -> None:
    _, caller = await asking(site)
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    case = f"/desk/cases/{caller.case_id}"
    await ken.get(f"{case}?pane=customer")
    await ken.post(ken.link(f"{PAGE}/[^/]+/approval"), {"case": ken.field("case")})
    assert ken.page.url.path == case
    assert "鈴木 健さんが承認しました" in ken.page.text


async def test_whoever_is_later_is_told_who_was_quicker(site: Site) -> None:
    await asking(site)
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    chie = await at_desk(site, "森 千恵", role=Role.ADMIN)
    await ken.get(PAGE)
    await chie.get(PAGE)
    path = ken.link(f"{PAGE}/[^/]+/approval")
    await ken.post(path)
    late = await chie.post(refusal(path), {"note": WHY_NOT})
    assert late.status_code == 409
    assert "鈴木 健さんがすでに判断しました" in late.text
    await site.quiet()
    assert site.value(_STATE) == "done"


async def test_of_presses_at_once_one_counts(site: Site) -> None:
    await asking(site)
    leaders = [await at_desk(site, role=Role.LEADER) for _ in range(3)]
    for leader in leaders:
        await leader.get(PAGE)
    path = leaders[0].link(f"{PAGE}/[^/]+/approval")
    answers = await asyncio.gather(*(leader.send(path) for leader in leaders))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
    await site.quiet()
    assert site.value("select count(*) from demo_store.credits") == 1


@pytest.mark.parametrize("role", [Role.ASSOCIATE, Role.LEADER])
async def test_who_may_not_decide_changes_nothing(site: Site, role: Role) -> None:
    """An associate, and a leader where an administrator has to."""
    await asking(site, 5000 if role is Role.ASSOCIATE else 30_000)
    somebody = await at_desk(site, "Oliver Smith", role=role)
    page = await somebody.get(PAGE)
    assert "formaction" not in page.text
    path = f"{PAGE}/{site.value('select id from requests')}"
    before = site.counts()
    for how in ("approval", "refusal"):
        assert (await somebody.post(f"{path}/{how}", {"note": WHY_NOT})).status_code == 403
    assert site.counts() == before


async def test_only_whoever_asked_takes_it_back(site: Site) -> None:
    aoi, caller = await asking(site)
    oliver = await at_desk(site, "Oliver Smith")
    path = f"{PAGE}/{site.value('select id from requests')}/withdrawal"
    await oliver.get(PAGE)
    assert (await oliver.post(path)).status_code == 403
    assert site.value(_STATE) == "needs_approval"
    await aoi.get(PAGE)
    assert "依頼を取り下げる" in aoi.page.text
    await aoi.post(path)
    assert site.value(_STATE) == "cancelled"
    assert site.value("select state from goodwill_grants") == "ended"
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    await ken.get(PAGE)
    late = await ken.post(path.removesuffix("withdrawal") + "approval")
    assert late.status_code == 409
    assert "もう承認を待っていません" in late.text
    assert str(caller.case_id) not in ken.page.text


async def test_what_does_not_exist_is_not_there(site: Site) -> None:
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    await ken.get(PAGE)
    assert (await ken.post(f"{PAGE}/{ids.uuid7()}/approval")).status_code == 404


async def test_staff_hear_of_it_at_once_and_customers_never(site: Site) -> None:
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    reader = await site.services.feeds.join(Form(ken.actor.audience, "ja", "Asia/Tokyo", "html"), {"approvals": 0})
    await asking(site)
    async with asyncio.timeout(5):
        event = await anext(reader.events())
    assert event
    assert (event.name, b"approvals" in event.data) == ("ping", True)
    site.services.feeds.leave(reader)
    assert (await ken.http.get("/live?topics=approvals")).status_code == 200
    misaki = await signed_in(site, MISAKI)
    assert (await misaki.http.get("/live?topics=approvals")).status_code == 404


async def test_what_a_customer_wishes_for_waits_too_and_they_are_told(site: Site) -> None:
    """A charge that nobody knows, asked about on a page: no conversation, and still somebody has to look."""
    api = await site.api(MISAKI)
    wish = {"action": "charge.unknown", "arguments": {"amount": {"amount": 12_345, "currency": "JPY"}}}
    quote = (await api.post("/api/v1/quotes", json=wish)).json()
    await api.post(f"/api/v1/quotes/{quote['id']}/confirmation", json={"token": quote["confirmation"]["token"]})
    await site.quiet()
    assert site.value("select template from messages") == "request_waits"
    ken = await at_desk(site, "鈴木 健", role=Role.LEADER)
    page = await ken.get(PAGE)
    for words in ("12,345円", "お客様", "佐藤 美咲"):
        assert words in page.text
    await ken.post(refusal(ken.link(f"{PAGE}/[^/]+/approval")), {"note": WHY_NOT})
    assert ken.page.url.path == PAGE
    await site.quiet()
    assert site.value("select count(*) from messages where template = 'change_failed'") == 1


async def test_a_customer_hears_nothing_of_what_staff_ask_among_themselves(site: Site) -> None:
    await asking(site)
    await site.quiet()
    assert site.value("select count(*) from messages") == 0
