"""A seller's questions: by deadline, one with its customer by alias, answered; and nothing of anybody else's."""

from datetime import timedelta
from uuid import uuid4

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people.sellers.queries import seller_by_ref
from madoguchi.core.people.sellers.verbs import add_person, deactivate_person
from madoguchi.edge.stores.demo.people import YOKO
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.security import hash_password
from tests.conftest import NOW
from tests.front.counter.customer import guest
from tests.front.counter.test_photos import picture
from tests.front.seller.merchant import asked, merchant
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

MAIL, PASSWORD = "hana@sellers.example", "窓口-correct-horse"


async def test_the_most_urgent_question_comes_first_with_its_time(site: Site) -> None:
    _, first = await asked(site)
    with clock.frozen(NOW + timedelta(hours=40)):
        _, second = await asked(site, "届きません", person=YOKO, order="MD-10234360")
        hers = await merchant(site)
        text = (await hers.get("/seller")).text
    assert text.index(str(first)) < text.index(str(second))
    assert "あと8時間（3月5日（木） 10:00まで）" in text
    with clock.frozen(NOW + timedelta(hours=50)):
        text = (await (await merchant(site)).get("/seller")).text
    assert "期限を2時間過ぎています" in text


async def test_an_answer_reaches_the_customer_and_ends_the_wait(site: Site) -> None:
    customer, case_id = await asked(site, "佐藤です。電子レンジで使えますか")
    hers = await merchant(site)
    page = await hers.get(f"/seller/threads/{case_id}")
    assert "●●●です。電子レンジで使えますか" in page.text
    assert "有田焼 飯碗 (青)" in page.text
    await hers.post(
        f"/seller/threads/{case_id}/entries", {"client_id": "1", "text": "はい。yamada@example.jp へどうぞ"}
    )
    assert str(case_id) not in (await hers.get("/seller")).text
    assert str(case_id) in (await hers.get("/seller/answered")).text
    page = await customer.get(f"/chat/{case_id}")
    assert "はい。●●● へどうぞ" in page.text
    assert "山田商店から回答がありました。" in page.text
    assert "山田商店から回答がありました。" in (await customer.get("/cases")).text


async def test_the_customer_goes_on_where_they_read(site: Site) -> None:
    customer, case_id = await asked(site)
    hers = await merchant(site)
    await hers.post(f"/seller/threads/{case_id}/entries", {"client_id": "1", "text": "はい"})
    await customer.get(f"/chat/{case_id}")
    await customer.post(f"/chat/{case_id}/entries", {"client_id": "2", "text": "オーブンは? 090-1234-5678"})
    assert "オーブンは? ●●●" in (await hers.get(f"/seller/threads/{case_id}")).text
    sent = await customer.upload(f"/chat/{case_id}/attachments", picture(), name="佐藤美咲.jpg")
    assert sent.status_code == 200
    page = await hers.get(f"/seller/threads/{case_id}")
    assert "佐藤" not in page.text
    photo = await hers.http.get(hers.link(rf"/seller/threads/{case_id}/photos/\d+"))
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
    assert "photo.jpg" in photo.headers["content-disposition"]


async def test_a_seller_sends_photos_and_is_told_what_is_none(site: Site) -> None:
    customer, case_id = await asked(site)
    hers = await merchant(site)
    await hers.get(f"/seller/threads/{case_id}")
    path = f"/seller/threads/{case_id}/attachments"
    assert (await hers.upload(path, b"<svg onload=alert(1)>")).json()["code"] == "not_a_photo"
    assert (await hers.upload(path, picture())).status_code == 200
    assert f"/files/{case_id}/" in (await customer.get(f"/chat/{case_id}")).text


@pytest.mark.parametrize("text", ["", "　", "x" * 4_001])
async def test_what_cannot_be_sent_is_said_on_the_page(site: Site, text: str) -> None:
    _, case_id = await asked(site)
    hers = await merchant(site)
    await hers.get(f"/seller/threads/{case_id}")
    page = await hers.post(f"/seller/threads/{case_id}/entries", {"client_id": "1", "text": text})
    assert page.status_code == 422
    assert 'role="alert"' in page.text


async def test_threads_of_others_do_not_exist(site: Site) -> None:
    """Neither another seller's, nor a customer's chat, nor one that is none: one answer, and nothing changes."""
    customer, case_id = await asked(site)
    chat = (await customer.begin()).rpartition("/")[2]
    hers = await merchant(site, "nagisa")
    before = site.value("select count(*) from entries")
    told = set()
    for other in (case_id, chat, uuid4()):
        for path in (f"/seller/threads/{other}", f"/seller/threads/{other}/photos/1"):
            told.add(((await hers.get(path)).status_code, (await hers.http.get(path)).text.replace(str(other), "")))
        answer = await hers.send(f"/seller/threads/{other}/entries", {"client_id": "1", "text": "?"})
        assert answer.status_code == 404
    assert {status for status, _ in told} == {404}
    assert site.value("select count(*) from entries") == before
    assert str(case_id) not in (await hers.get("/seller")).text


async def test_a_closed_thread_takes_no_answer(site: Site) -> None:
    customer, case_id = await asked(site)
    hers = await merchant(site)
    await hers.get(f"/seller/threads/{case_id}")
    await customer.post(f"/chat/{case_id}/end")
    page = await hers.post(f"/seller/threads/{case_id}/entries", {"client_id": "1", "text": "はい"})
    assert page.status_code == 409
    assert "このやりとりは終了しています。" in page.text


async def test_its_people_hear_of_a_seller_and_of_nothing_else(site: Site) -> None:
    customer, case_id = await asked(site)
    hers = await merchant(site)
    json = {"accept": "application/json"}
    for who, path, status in (
        (hers, "/seller/live?topics=seller", 200),
        (hers, f"/seller/live?topics=case:{case_id}", 404),
        (hers, "/seller/live?topics=queue:all", 404),
        (hers, f"/seller/live?topics=seller:{hers.actor.seller_id}", 404),
        (customer, "/live?topics=seller", 404),
        (customer, "/seller/live?topics=seller", 403),
    ):
        assert (await who.http.get(path, headers=json)).status_code == status, path
    for path in ("waiting", f"threads/{case_id}", "claims"):
        assert "data-refetch" in (await hers.get(f"/seller/panels/{path}")).text
    others = await merchant(site, "nagisa")
    assert (await others.get(f"/seller/panels/threads/{case_id}")).status_code == 404


async def test_a_person_signs_in_and_out_and_is_let_go(site: Site) -> None:
    stored = await hash_password(PASSWORD)

    async def invite(tx: Tx) -> None:
        seller = await seller_by_ref(tx, DEMO.id, "yamada")
        assert seller
        await add_person(tx, seller_id=seller.id, email=MAIL, name="花", locale="ko", password_hash=stored)

    await site.services.db.run(SYSTEM, invite)
    visitor = await guest(site)
    assert (await visitor.get("/seller")).url.path == "/seller/sign-in"
    wrong = await visitor.send("/seller/sign-in", {"email": MAIL, "password": "wrong"}, accept="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_failed")
    page = await visitor.post("/seller/sign-in", {"email": MAIL, "password": PASSWORD})
    assert (page.url.path, "고객 문의" in page.text) == ("/seller", True)
    for door in ("/desk", "/office", "/orders", "/cases", "/live?topics=person"):
        assert (await visitor.http.get(door, headers={"accept": "application/json"})).status_code == 403, door
    assert (await visitor.post("/seller/sign-out")).url.path == "/seller/sign-in"
    await visitor.post("/seller/sign-in", {"email": MAIL, "password": PASSWORD})
    await site.services.db.run(SYSTEM, lambda tx: deactivate_person(tx, MAIL))
    site.services.sessions._seen.clear()
    assert (await visitor.get("/seller")).url.path == "/seller/sign-in"
    again = await visitor.send("/seller/sign-in", {"email": MAIL, "password": PASSWORD}, accept="application/json")
    assert again.status_code == 401
