"""Writing at the desk: messages, notes, photos, second looks, and what is refused."""

import asyncio
from uuid import UUID, uuid4

import pytest

from madoguchi.edge.stores.demo.people import KENTA, MISAKI
from tests.front.counter.test_photos import picture
from tests.front.desk.associate import JSON, Associate, Caller, at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def talking(site: Site) -> tuple[Associate, Caller]:
    """An associate who has a case open."""
    caller = await in_line(site, MISAKI, order="MD-10234567")
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    return aoi, caller


def last_text(site: Site, case_id: UUID) -> object:
    return site.value(
        "select text from entries where case_id = %s and kind <> 'status' order by seq desc limit 1", case_id
    )


def fields(text: str, **more: object) -> dict[str, object]:
    return {"client_id": uuid4(), "text": text, "seen": 99} | more


async def test_a_message_is_stored_once_for_its_id(site: Site) -> None:
    aoi, caller = await talking(site)
    entries = f"/desk/cases/{caller.case_id}/entries"
    words = fields("お調べします。")
    first, again = await aoi.say(entries, **words), await aoi.say(entries, **words)
    assert first.json()["seq"] == again.json()["seq"]
    assert site.value("select count(*) from entries where text = 'お調べします。'") == 1
    assert (await aoi.say(entries, **words | {"text": "別の話"})).status_code == 422


async def test_a_form_works_without_scripts(site: Site) -> None:
    aoi, caller = await talking(site)
    page = await aoi.post(f"/desk/cases/{caller.case_id}/entries", fields("お調べします。", seen=aoi.field("seen")))
    assert page.status_code == 200
    assert page.text.count("お調べします。") == 1


async def test_a_note_is_for_staff_only(site: Site) -> None:
    aoi, caller = await talking(site)
    await aoi.post(f"/desk/cases/{caller.case_id}/entries", fields("倉庫に確認済み", note=1))
    assert "data-internal" in aoi.page.text
    assert site.value("select audience from entries where text = '倉庫に確認済み'") == "staff"
    later = await at_desk(site, "鈴木 健")
    pane = (await later.get(f"/desk/panels/customer/{caller.case_id}")).text
    assert "倉庫に確認済み" in pane


async def test_who_has_not_taken_the_case_may_only_leave_a_note(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    ken = await at_desk(site, "鈴木 健")
    entries = f"/desk/cases/{caller.case_id}/entries"
    await ken.get(f"/desk/cases/{caller.case_id}")
    refused = await ken.send(entries, fields("お待たせしました"))
    assert refused.status_code == 409
    assert "お待たせしました" in refused.text  # nothing typed is lost
    assert (await ken.say(entries, **fields("前にもお問い合わせあり", note=1))).status_code == 200
    assert last_text(site, caller.case_id) == "前にもお問い合わせあり"


async def test_a_closed_case_takes_no_words(site: Site) -> None:
    aoi, caller = await talking(site)
    await aoi.post(f"/desk/cases/{caller.case_id}/wrap-up", {"reason": "order.status", "outcome": "solved"})
    answer = await aoi.say(f"/desk/cases/{caller.case_id}/entries", **fields("もう一つ"))
    assert (answer.status_code, answer.json()["code"]) == (409, "case_closed")


async def test_card_numbers_are_masked_before_they_are_stored(site: Site) -> None:
    aoi, caller = await talking(site)
    answer = await aoi.say(f"/desk/cases/{caller.case_id}/entries", **fields("4242 4242 4242 4242 ですね"))
    assert answer.json()["masked"]
    assert last_text(site, caller.case_id) == "**** **** **** 4242 ですね"


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        ("", {}, "empty_message"),
        ("あ" * 4_001, {}, "message_too_long"),
        ("はい", {"seen": "many"}, "invalid_form"),
        ("はい", {"author": "customer"}, "invalid_form"),
        ("はい", {"client_id": "x" * 65}, "invalid_client_id"),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    site: Site, text: str, more: dict[str, object], code: str
) -> None:
    aoi, caller = await talking(site)
    before = site.counts()
    answer = await aoi.say(f"/desk/cases/{caller.case_id}/entries", **fields(text, **more))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert site.counts() == before


async def test_a_newer_message_is_read_before_the_answer_goes(site: Site) -> None:
    aoi, caller = await talking(site)
    seen = aoi.field("seen")
    await caller.say("やっぱり大丈夫です")
    entries = f"/desk/cases/{caller.case_id}/entries"
    words = fields("キャンセルしておきました", seen=seen)
    asked = await aoi.say(entries, **words)
    assert (asked.status_code, asked.json()["code"]) == (409, "look_again")
    assert "新しいメッセージ" in asked.json()["detail"]
    assert last_text(site, caller.case_id) == "やっぱり大丈夫です"
    sent = await aoi.say(entries, **words | asked.json()["again"])
    assert sent.status_code == 200
    assert last_text(site, caller.case_id) == "キャンセルしておきました"


async def test_the_page_asks_too_and_keeps_the_words(site: Site) -> None:
    aoi, caller = await talking(site)
    page = await aoi.send(f"/desk/cases/{caller.case_id}/entries", fields("ご注文 MD-10234602 の写真を添付します。"))
    assert page.status_code == 409
    assert "写真は送られていません" in page.text
    assert "別の注文番号" in page.text
    assert "ご注文 MD-10234602 の写真を添付します。</textarea>" in page.text
    assert 'name="checked" value="attachment order"' in page.text


async def test_a_sent_photo_answers_the_doubt(site: Site) -> None:
    aoi, caller = await talking(site)
    sent = await aoi.upload(f"/desk/cases/{caller.case_id}/attachments", picture())
    assert sent.status_code == 200, sent.text
    told = await aoi.say(f"/desk/cases/{caller.case_id}/entries", **fields("写真を添付しました。"))
    assert told.status_code == 200
    photo = await aoi.http.get(f"/files/{caller.case_id}/{sent.json()['seq']}")
    assert photo.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"%PDF-1.4", b"GIF89a" + b"\0" * 20])
async def test_what_is_no_photo_is_refused(site: Site, content: bytes) -> None:
    aoi, caller = await talking(site)
    before = site.counts()
    sent = await aoi.upload(f"/desk/cases/{caller.case_id}/attachments", content)
    assert (sent.status_code, sent.json()["code"]) == (422, "not_a_photo")
    assert site.counts() == before


async def test_a_photo_needs_the_case_in_hand(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    ken = await at_desk(site, "鈴木 健")
    sent = await ken.upload(f"/desk/cases/{caller.case_id}/attachments", picture())
    assert (sent.status_code, sent.json()["code"]) == (409, "not_assigned")


async def test_typing_and_reading_are_the_holders(site: Site) -> None:
    aoi, caller = await talking(site)
    ken = await at_desk(site, "鈴木 健")
    heard: list[object] = []
    topics = (f"case:{caller.case_id}", f"read:{caller.case_id}")
    stops = [site.services.hub.subscribe(topic, lambda note: heard.append(note)) for topic in topics]
    base = f"/desk/cases/{caller.case_id}"
    for who in (ken, aoi):
        assert (await who.send(f"{base}/typing", **JSON)).status_code == 200
        assert (await who.send(f"{base}/read", {"seq": 3}, **JSON)).status_code == 200
    await asyncio.sleep(0)
    for stop in stops:
        stop()
    payloads = [getattr(note, "payload", None) for note in heard]
    assert {"who": "associate", "name": "田中 葵"} in payloads
    assert {"who": "associate", "seq": 3} in payloads
    assert {"who": "associate", "name": "鈴木 健"} not in payloads
    assert site.value("select staff_read_seq from cases where id = %s", caller.case_id) == 3


async def test_what_somebody_writes_in_an_unknown_case_is_not_found(site: Site) -> None:
    aoi = await at_desk(site)
    for act, more in (("entries", fields("はい")), ("typing", {}), ("read", {"seq": 1})):
        assert (await aoi.send(f"/desk/cases/{uuid4()}/{act}", more, **JSON)).status_code == 404


async def test_writing_too_fast_is_slowed_down(site: Site) -> None:
    aoi, caller = await talking(site)
    entries = f"/desk/cases/{caller.case_id}/entries"
    answers = await asyncio.gather(*(aoi.say(entries, **fields(f"{n}")) for n in range(60)))
    slow = [answer for answer in answers if answer.status_code == 429]
    assert slow
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in slow)


async def test_who_waits_for_an_answer_stands_first(site: Site) -> None:
    aoi, caller = await talking(site)
    other = await in_line(site, KENTA, "箱がつぶれていました")
    await aoi.take(other.case_id)
    await aoi.say(f"/desk/cases/{caller.case_id}/entries", **fields("お調べします。"))
    mine = (await aoi.get("/desk/panels/mine")).text
    assert mine.index("箱がつぶれていました") < mine.index("佐藤 美咲")
