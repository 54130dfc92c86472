"""Photos: checked and encoded anew, seen by those who may read the entry, as a file and nothing else."""

from io import BytesIO
from uuid import uuid4

from msgspec.structs import force_setattr, replace
from PIL import Image

from madoguchi.edge.stores.demo.people import MISAKI, YOKO
from tests.front.counter.customer import guest, id_of, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture that tells where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, exif=exif)
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
