"""The warehouse: scanned, opened, looked at, noted; what cannot be matched is put aside. No word of a customer."""

import re
from io import BytesIO

import pytest
from PIL import Image

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.service.returns.rules import ReturnState
from tests.front.warehouse.worker import back, sent_back, units, worker
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

DRINKS = "MD-10233702"
TOLD = {"lines": {"2": 2}, "reason": "mistake", "condition": "unopened"}
AS_NEW = {"grade": "new", "disposition": "restock"}


async def test_from_the_scan_to_the_money(site: Site) -> None:
    of = await sent_back(site, DRINKS, **TOLD)
    first, second = await units(site, of.id)
    door = await worker(site)
    await door.get("/warehouse")
    assert of.number in door.page.text
    page = await door.post("/warehouse/scans", {"code": f" {(of.number or '').lower().replace('-', 'ー')} "})
    assert page.url.path == f"/warehouse/returns/{of.id}"
    page = await door.post(
        f"/warehouse/returns/{of.id}", {f"units[{first.id}]": "received", f"units[{second.id}]": "later"}
    )
    assert (await back(site, of.id)).state is ReturnState.RECEIVED
    place = door.link(f"/warehouse/returns/{of.id}/units/[0-9a-f-]+")
    await door.get(place)
    looked_at = AS_NEW | {"complete": "no", "acceptance": "reduced", "percent": "60", "why": "incomplete"}
    page = await door.post(place, looked_at)
    assert "60%" in page.text
    assert "1,296円" in page.text
    assert (await units(site, of.id))[0].inspected_at is None
    shown = {
        name: door.field(name) for name in ("complete", "acceptance", "percent", "why", "grade", "disposition", "sure")
    }
    await door.post(place, shown)
    await site.quiet()
    assert site.value("select sum(amount) from refund_intents where order_id = %s", of.order_id) == 1296


async def test_what_cannot_be_matched_is_put_aside_until_somebody_knows(site: Site) -> None:
    door = await worker(site)
    await door.get("/warehouse")
    page = await door.post("/warehouse/scans", {"code": "4400-0000-9999"})
    assert page.url.path == "/warehouse/strays/new"
    await door.post("/warehouse/strays", {"code": "4400-0000-9999", "note": "赤い箱", "place": "棚3"})
    assert "4400-0000-9999" in door.page.text
    assert "棚3" in door.page.text
    stray = site.value("select id from stray_parcels")
    await door.post(f"/warehouse/strays/{stray}/answer", {"answer": "差出人へ返送"})
    assert "4400-0000-9999" not in door.page.text
    assert site.value("select answer from stray_parcels") == "差出人へ返送"


async def test_a_label_that_was_used_before_is_put_aside(site: Site) -> None:
    of = await sent_back(site, DRINKS, **TOLD)
    door = await worker(site)
    await door.get(f"/warehouse/returns/{of.id}")
    told = {f"units[{unit.id}]": "received" for unit in await units(site, of.id)}
    await door.post(f"/warehouse/returns/{of.id}", told)
    page = await door.post(f"/warehouse/returns/{of.id}", told)
    assert page.status_code == 409
    for unit in await units(site, of.id):
        place = f"/warehouse/returns/{of.id}/units/{unit.id}"
        await door.get(place)
        await door.post(place, {"sure": "yes"} | AS_NEW)
    page = await door.post("/warehouse/scans", {"code": of.number or ""})
    assert page.url.path == "/warehouse/strays/new"
    await door.post("/warehouse/strays", {"code": of.number or ""})
    assert site.value("select what from stray_parcels") == "again"


async def test_photos_are_kept_for_whoever_decides_and_what_was_filled_in_stays(site: Site) -> None:
    of = await sent_back(site, DRINKS, **TOLD)
    unit = (await units(site, of.id))[0]
    door = await worker(site)
    place = f"/warehouse/returns/{of.id}/units/{unit.id}"
    await door.get(f"/warehouse/returns/{of.id}")
    shown = {"photos[new]": ("a.jpg", _photo(), "image/jpeg")}
    filled_in = {
        "csrf": door._csrf,
        "note": "角がつぶれている",
        "grade": "worn",
        "disposition": "resell",
        "opened": "yes",
    }
    early = await door.http.post(place, data=filled_in | {"only_photos": "yes"}, files=shown)
    assert early.status_code == 409
    await door.post(f"/warehouse/returns/{of.id}", {f"units[{unit.id}]": "received"})
    door.page = await door.http.post(place, data=filled_in | {"only_photos": "yes"}, files=shown)
    assert "角がつぶれている" in door.page.text
    assert [_chosen(door.page.text, name) for name in ("grade", "disposition", "opened")] == ["worn", "resell", "yes"]
    photo = door.link("/warehouse/photos/[0-9a-f-]+")
    assert (await door.http.get(photo)).headers["content-type"] == "image/jpeg"
    other = await worker(site, Role.ASSOCIATE)
    assert (await other.http.get(photo)).status_code == 403
    again = {"photos[new]": ("b.jpg", _photo("blue"), "image/jpeg")}
    door.page = await door.http.post(place, data=filled_in, files=again)
    assert door.field("sure") == "yes"
    assert site.value("select cardinality(photos) from return_units where id = %s", unit.id) == 2


def _photo(colour: str = "red") -> bytes:
    image = BytesIO()
    Image.new("RGB", (8, 8), colour).save(image, "JPEG")
    return image.getvalue()


def _chosen(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"[^>]* checked', page)
    return found[1] if found else ""


@pytest.mark.parametrize("path", ["/desk", "/office", "/orders", "/messages", "/seller"])
async def test_the_warehouse_opens_no_other_door(site: Site, path: str) -> None:
    door = await worker(site)
    assert (await door.http.get(path)).status_code in {401, 403}


async def test_nothing_of_whom_it_comes_from(site: Site) -> None:
    """Neither name, address, payment nor conversation stands on any page."""
    of = await sent_back(site, DRINKS, **TOLD)
    customer = next(one.customer for one in PEOPLE if DRINKS in one.order_refs)
    door = await worker(site)
    unit = (await units(site, of.id))[0]
    await door.get(f"/warehouse/returns/{of.id}")
    await door.post(f"/warehouse/returns/{of.id}", {f"units[{unit.id}]": "received"})
    for path in ("/warehouse", f"/warehouse/returns/{of.id}", f"/warehouse/returns/{of.id}/units/{unit.id}"):
        text = (await door.get(path)).text
        for secret in (customer.name, customer.email, "Visa", "••••", DRINKS):
            assert secret not in text, path


async def test_bad_input_changes_nothing(site: Site) -> None:
    of = await sent_back(site, DRINKS, **TOLD)
    unit = (await units(site, of.id))[0]
    door = await worker(site)
    place = f"/warehouse/returns/{of.id}/units/{unit.id}"
    await door.get("/warehouse")
    assert (await door.post(place, {"sure": "yes"} | AS_NEW)).status_code == 409
    assert (await door.post(place, {"grade": "splendid"})).status_code == 422
    assert (await door.post(f"/warehouse/returns/{of.id}", {})).status_code == 422
    await door.get(f"/warehouse/returns/{of.id}")
    await door.post(f"/warehouse/returns/{of.id}", {f"units[{unit.id}]": "received"})
    await door.get(place)
    for wrong in ({"acceptance": "reduced"}, {"acceptance": "reduced", "why": "used", "percent": "x"}):
        assert (await door.post(place, {**wrong, **AS_NEW, "sure": "yes"})).status_code in {409, 422}
    for elsewhere in ("/warehouse/returns/" + str(unit.id), f"/warehouse/returns/{of.id}/units/{of.id}"):
        assert (await door.get(elsewhere)).status_code == 404
    assert (await units(site, of.id))[0].inspected_at is None


async def test_what_the_customer_said_is_filled_in_and_the_rest_is_to_be_seen(site: Site) -> None:
    """Nobody puts opened goods back on the shelf by agreeing with a form."""
    of = await sent_back(site, DRINKS, **TOLD | {"condition": "opened"})
    unit = (await units(site, of.id))[0]
    door = await worker(site)
    place = f"/warehouse/returns/{of.id}/units/{unit.id}"
    await door.get(f"/warehouse/returns/{of.id}")
    await door.post(f"/warehouse/returns/{of.id}", {f"units[{unit.id}]": "received"})
    page = (await door.get(place)).text
    assert 'name="opened" value="yes" checked' in page
    for left_open in ("grade", "disposition"):
        assert not re.search(f'name="{left_open}" value="[a-z_]+" checked', page), left_open
    assert (await door.post(place, {"opened": "yes"})).status_code == 422
    shown = await door.post(place, {"opened": "yes", "grade": "good", "disposition": "resell"})
    assert shown.status_code == 200
