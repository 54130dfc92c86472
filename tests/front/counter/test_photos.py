"""Photos: checked and encoded anew, seen by those who may read the entry, as a file and nothing else."""

import re
from io import BytesIO
from uuid import uuid4

import httpx
from msgspec.structs import force_setattr, replace
from PIL import Image

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import ICHIRO, MISAKI, YOKO
from tests.front.counter.customer import Customer, guest, id_of, signed_in
from tests.front.desk.associate import at_desk
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "teal") -> bytes:
    """A picture that tells where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, exif=exif)
    return out.getvalue()


async def test_a_photo_is_shown_to_both_sides_and_to_nobody_else(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    room = await customer.begin()
    sent = await customer.upload(f"{room}/attachments", picture(), "../../\u200b割れた\u202egpj.皿.png")
    assert sent.status_code == 200, sent.text
    url = f"/files/{id_of(room)}/{sent.json()['seq']}"
    shown = await customer.http.get(url)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in ", ".join(shown.headers.get_list("content-security-policy"))
    assert shown.headers["cache-control"] == "no-store"
    assert b"SECRET-PLACE" not in shown.content
    assert Image.open(BytesIO(shown.content)).size == (64, 48)
    page = await customer.get(room)
    assert f'src="{url}"' in page.text
    assert "割れたgpj.皿.jpg" in page.text

    nowhere = f"/files/{uuid4()}/1"
    for other in (await signed_in(site, YOKO), await guest(site)):
        foreign, missing = await other.http.get(url), await other.http.get(nowhere)
        assert foreign.status_code == missing.status_code == 404
        assert foreign.text.replace(other._csrf, "") == missing.text.replace(other._csrf, "")
    await customer.get("/")
    await customer.post("/session/end")
    assert (await customer.http.get(url)).status_code == 404


async def test_the_same_post_stores_one_photo(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    client_id = str(uuid4())
    first = await visitor.upload(f"{room}/attachments", picture(), client_id=client_id)
    again = await visitor.upload(f"{room}/attachments", picture(), client_id=client_id)
    assert first.json() == again.json()
    other = await visitor.upload(f"{room}/attachments", picture(size=(10, 10)), client_id=client_id)
    assert (other.status_code, other.json()["code"]) == (422, "client_id_reused")


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def test_what_is_no_photo_is_refused_whatever_it_calls_itself(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    page = b"<!doctype html><script>1</script>"
    for content in (b"", b"GIF89a", _SVG, b"%PDF-1.7 ...", page, picture()[:60], b"PK\x03\x04" * 9):
        sent = await visitor.upload(f"{room}/attachments", content)
        assert (sent.status_code, sent.json()["code"]) == (422, "not_a_photo"), content[:8]
    assert site.value("select count(*) from entries where kind = 'file'") == 0


async def test_twenty_megabytes_are_too_much(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    sent = await visitor.upload(f"{room}/attachments", b"\xff\xd8" + bytes(20_000_000))
    assert (sent.status_code, sent.json()["code"]) == (413, "too_large")
    page = await visitor.http.post(
        f"{room}/attachments",
        data={"client_id": "a", "csrf": visitor._csrf},
        files={"file": ("a.jpg", bytes(20_000_000), "image/jpeg")},
    )
    assert page.status_code == 413
    assert "10 MB以下" in page.text
    assert (await visitor.get(room)).status_code == 200


async def test_the_limit_is_told_as_it_is_set(site: Site) -> None:
    visitor = await guest(site, "en")
    room = await visitor.begin()
    force_setattr(site.services, "settings", replace(site.services.settings, upload_limit=2_500_000))
    sent = await visitor.upload(f"{room}/attachments", b"\xff\xd8" + bytes(20_000_000))
    assert "no more than 2.5 MB" in sent.json()["detail"]
    assert "Photos can be up to 2.5 MB" in (await visitor.get(room)).text


async def test_without_scripts_a_photo_leads_back_to_the_conversation(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    for content, status in ((picture("PNG"), 303), (_SVG, 422)):
        sent = await visitor.http.post(
            f"{room}/attachments",
            data={"client_id": str(uuid4()), "csrf": visitor._csrf},
            files={"file": ("a.png", content, "image/png")},
        )
        assert sent.status_code == status
    assert "写真として読み取れませんでした" in sent.text
    assert 'id="compose-text"' in sent.text


async def test_a_text_field_is_no_file(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin()
    sent = await visitor.say(f"{room}/attachments", client_id="a", file="text")
    assert sent.status_code == 422


# --- photos that go with a wish


CLEANER = "MD-10233650"  # worth more than what is believed without a photo


async def _claim(site: Site) -> tuple[Customer, str]:
    customer = await signed_in(site, ICHIRO)
    order = site.value("select id from orders where store_ref = %s", CLEANER)
    path = f"/orders/{order}/actions/item.replace"
    await customer.get(path)
    return customer, path


async def _send(customer: Customer, path: str, *files: bytes, **more: str) -> httpx.Response:
    """Post the claim with these photos, as a browser without scripts does."""
    new = [("photos[new]", (f"{n}.jpg", content, "image/jpeg")) for n, content in enumerate(files)]
    empty = [("photos[new]", ("", b"", "application/octet-stream"))]
    data = {"csrf": customer._csrf, "lines[1]": "1", "problem": "damaged"} | more
    answer = await customer.http.post(path, data=data, files=new or empty)
    return await customer.get(answer.headers["location"]) if answer.status_code == 303 else customer._see(answer)


async def test_a_claim_is_made_with_photos_and_staff_see_them(site: Site) -> None:
    customer, path = await _claim(site)
    assert 'enctype="multipart/form-data"' in customer.page.text
    page = await _send(customer, path, picture(), picture(size=(30, 20)), picture())
    assert page.url.path.startswith("/quotes/"), page.text
    shown = re.findall(r'<img src="(/photos/[0-9a-f-]+)"', page.text)
    assert len(shown) == 2, "the same photo is shown once"
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    assert shown[0] in customer.page.text

    leader = await at_desk(site, "森", role=Role.LEADER)
    assert shown[0] in (await leader.get("/desk/approvals")).text
    for viewer in (customer, leader):
        photo = await viewer.http.get(shown[0])
        assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
    for other in (await signed_in(site, YOKO), await guest(site)):
        assert (await other.http.get(shown[0])).status_code == 404


async def test_without_the_photo_that_is_asked_for_the_form_says_so(site: Site) -> None:
    customer, path = await _claim(site)
    page = await _send(customer, path)
    assert page.status_code == 422
    assert 'href="#f-photos"' in page.text
    assert 'id="f-photos-error"' in page.text


async def test_what_is_no_photo_is_told_beside_those_that_are_kept(site: Site) -> None:
    customer, path = await _claim(site)
    page = await _send(customer, path, picture(), _SVG)
    assert page.status_code == 422
    assert 'href="#f-photos"' in page.text
    assert "写真として読み取れませんでした" in page.text
    kept = re.findall(r'name="photos\[([0-9a-f-]+)\]" value="1" checked', page.text)
    assert len(kept) == 1, "the one that was good need not be sent again"
    page = await _send(customer, path, **{f"photos[{kept[0]}]": "1"})
    assert page.url.path.startswith("/quotes/"), page.text
    again = await customer.get(customer.link(rf"{path}\?quote=[0-9a-f-]+"))
    assert f'name="photos[{kept[0]}]" value="1" checked' in again.text


async def test_at_most_five_at_once(site: Site) -> None:
    customer, path = await _claim(site)
    page = await _send(customer, path, *(picture(size=(8, n + 1)) for n in range(6)))
    assert page.status_code == 422
    assert "5枚まで" in page.text
    assert site.value("select count(*) from photos") == 0


async def test_a_photo_of_somebody_else_is_none(site: Site) -> None:
    other, claim = await _claim(site)
    await _send(other, claim, picture())
    theirs = str(site.value("select id from photos"))
    customer = await signed_in(site, MISAKI)
    order = site.value("select id from orders where store_ref = 'MD-10233871'")
    path = f"/orders/{order}/actions/item.replace"
    await customer.get(path)
    before = site.value("select count(*) from quotes")
    page = await _send(customer, path, **{f"photos[{theirs}]": "1"})
    assert page.status_code == 422
    assert theirs not in page.text
    assert site.value("select count(*) from quotes") == before
