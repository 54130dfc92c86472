"""A leader decides what the warehouse left open and what customers object to; nobody below a leader does."""

from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.service.returns.queries import Return
from tests.front.desk.associate import at_desk
from tests.front.warehouse.worker import back, sent_back, units, worker
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

DRINKS = "MD-10233702"
TOLD = {"lines": {"2": 1}, "reason": "mistake", "condition": "unopened"}


async def test_what_the_warehouse_left_open_is_decided(site: Site) -> None:
    of = await _looked_at(site, acceptance="manual")
    assert site.value("update return_units set late = true where return_id = %s returning 1", of.id)
    leader = await at_desk(site, "鈴木 健", role=Role.LEADER)
    await leader.get("/desk/approvals")
    assert "/desk/returns" in leader.page.text
    await leader.get("/desk/returns")
    assert of.number
    assert of.number in leader.page.text
    assert "取り消しまたは期限切れのあとに届きました。" in leader.page.text
    assert "お約束どおり（代金の100%）を認める：2,160円" in leader.page.text  # what a press gives is said before
    assert "代金の70%：1,512円" in leader.page.text
    assert "間違えて" in leader.page.text  # and why the customer sends it back
    page = await leader.post(f"/desk/returns/{of.id}/review", {"answer": "reduced", "note": "一部に傷"})
    assert page.status_code == 422
    await leader.post(f"/desk/returns/{of.id}/review", {"answer": "reduced", "percent": "70", "note": "一部に傷"})
    assert f"{of.number}：決定を記録しました。" in leader.page.text
    assert f"/desk/returns/{of.id}" not in leader.page.text
    await site.quiet()
    assert site.value("select sum(amount) from refund_intents where order_id = %s", of.order_id) == 1512
    # and the customer reads the reason beside the money
    assert site.value("select outcome::text like '%%一部に傷%%' from requests where action = 'return.settle'")


async def test_a_parcel_that_nobody_found_is_decided_with_one_press(site: Site) -> None:
    of = await sent_back(site, DRINKS, **TOLD, method="own")
    site.value(
        """insert into return_parcels (id, return_id, carrier, number, state, scanned_at, told_at, told)
           select gen_random_uuid(), id, 'みさき便', '12345678', 'delivered', agreed_at, agreed_at, true
           from returns where id = %s returning 1""",
        of.id,
    )
    site.value("update return_units set reception = 'in_transit' where return_id = %s returning 1", of.id)
    site.value("update returns set state = 'in_transit', doubt = 'missing' where id = %s returning 1", of.id)
    leader = await at_desk(site, "鈴木 健", role=Role.LEADER)
    await leader.get("/desk/returns")
    assert "お荷物を倉庫で確認できておらず、お探ししています。" in leader.page.text
    assert leader.page.text.count('name="answer"') == 3, "nothing else is asked"
    await leader.post(f"/desk/returns/{of.id}/missing", {"answer": "believe"})
    assert f"/desk/returns/{of.id}" not in leader.page.text
    await site.quiet()
    assert site.value("select sum(amount) from refund_intents where order_id = %s", of.order_id) == 2160


async def test_an_objection_is_answered(site: Site) -> None:
    of = await _looked_at(site, complete="no", acceptance="reduced", percent="50", why="incomplete")
    await site.quiet()
    customer = Actor(role=Role.CUSTOMER, id=of.customer_id, level=Level.SIGNED_IN)
    raw = {"return_id": of.id, "note": "付属品は入れました"}
    await site.app.db.run(customer, lambda tx: actions.run(tx, site.app.catalogue, customer, "return.appeal", raw))
    leader = await at_desk(site, "鈴木 健", role=Role.LEADER)
    await leader.get("/desk/returns")
    assert "付属品は入れました" in leader.page.text
    await leader.post(f"/desk/returns/{of.id}/review", {"answer": "accepted", "note": "写真で確認"})
    await site.quiet()
    assert site.value("select sum(amount) from refund_intents where order_id = %s", of.order_id) == 2160
    assert (await back(site, of.id)).answered_at


async def test_associates_do_not_decide(site: Site) -> None:
    of = await _looked_at(site, acceptance="manual")
    clerk = await at_desk(site)
    assert (await clerk.get("/desk/returns")).status_code == 403
    assert (await clerk.post(f"/desk/returns/{of.id}/review", {"answer": "accepted", "note": "x"})).status_code == 403
    assert site.value("select acceptance from return_units where return_id = %s", of.id) == "manual"


async def _looked_at(site: Site, **found: str) -> Return:
    """A return of which one unit is here and was looked at."""
    of = await sent_back(site, DRINKS, **TOLD)
    door = await worker(site)
    unit: UUID = (await units(site, of.id))[0].id
    await door.get(f"/warehouse/returns/{of.id}")
    await door.post(f"/warehouse/returns/{of.id}", {f"units[{unit}]": "received"})
    await door.get(f"/warehouse/returns/{of.id}/units/{unit}")
    await door.post(
        f"/warehouse/returns/{of.id}/units/{unit}", {"grade": "new", "disposition": "restock", **found, "sure": "yes"}
    )
    assert await site.app.db.run(
        SYSTEM, lambda tx: tx.value("select inspected_at from return_units where id = %s", [unit])
    )
    return await back(site, of.id)
