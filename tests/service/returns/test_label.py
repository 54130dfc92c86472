"""The slip for the parcel: read back by a barcode reader, in four languages, with long words, the same each time."""

from datetime import UTC, datetime
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from msgspec.structs import replace
from pypdf import PdfReader

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.rules import DocumentCard, Paper
from madoguchi.core.carriers.consignments.queries import access_consignment
from madoguchi.front.counter.return_sending import sending
from madoguchi.front.ui.told import card as told_card
from madoguchi.kit.codes import code128, qr
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import LANGUAGES, Reader
from madoguchi.kit.pdf import Title, document
from madoguchi.service.returns.label import _LAYOUT, Label, Printable, label, pdf
from tests.kit.test_pdf import beyond
from tests.service.returns.conftest import CARRIER, Yard

SHIRTS = {"lines": {"2": 1}, "reason": "size", "condition": "unopened"}
CLOTHES = "MD-10233915"
COFFEE = "MD-10233790"
LONG = "株式会社" + "超長社名" * 30


async def made(yard: Yard, lang: str = "ja", method: str = "label") -> Printable:
    back = await yard.send_back(CLOTHES, **SHIRTS, method=method)
    return await yard.db.run(SYSTEM, lambda tx: label(tx, SYSTEM, back.id, lang))


def codes(content: bytes) -> dict[str, str]:
    """What a reader finds on the first page, by kind."""
    image = pypdfium2.PdfDocument(content)[0].render(scale=200 / 72).to_pil()
    return {str(found.format): found.text for found in zxingcpp.read_barcodes(image)}


def words(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_both_codes_say_the_number(yard: Yard, lang: str) -> None:
    slip = await made(yard, lang)
    content = await pdf(slip)
    number = slip.label.number[1]
    assert set(codes(content).values()) == {number}
    assert len(codes(content)) == 2
    said, reader = words(content), Reader(lang)
    for expected in (number, CLOTHES, reader.t("returns.label.postage.ours"), "150-0001", slip.label.sender[1]):
        assert expected in said, expected
    assert content == await pdf(slip), "the same slip gives the same bytes"
    assert b"/FontFile" in content
    assert not beyond(content)


async def test_what_is_taken_off_afterwards_and_whose_code_is_shown_are_told(yard: Yard) -> None:
    """Nobody pays at the counter, where the carrier's code is shown and not ours."""
    told = {"lines": {"1": 2}, "reason": "mistake", "condition": "unopened", "method": "code"}
    back = await yard.send_back(COFFEE, **told)
    slip = await yard.db.run(SYSTEM, lambda tx: label(tx, SYSTEM, back.id, "ja"))
    t = Reader("ja").t
    assert slip.label.postage_notes == (t("returns.label.paid.taken_off"), t("returns.label.form.code"))
    assert "配送会社の2次元コード" in slip.label.steps[-1]


async def test_a_counter_is_shown_the_carriers_code_and_never_ours(yard: Yard) -> None:
    told = {"lines": {"1": 2}, "reason": "mistake", "condition": "unopened", "method": "code"}
    back = await yard.send_back(COFFEE, **told)
    carried = await yard.db.run(SYSTEM, lambda tx: access_consignment(tx, SYSTEM, back.id))
    assert carried
    reader = Reader("ja")
    soon = sending(back, carried, reader, booked=False)
    assert soon
    assert soon.code is None
    there = replace(carried, carrier=CARRIER, number="440000000015", paperless="PL-1")
    shown = sending(back, there, reader, booked=False)
    assert shown
    assert shown.code
    assert (shown.code.number, shown.code.marks) == ("440000000015", qr("PL-1"))


async def test_nothing_on_it_tells_what_was_paid(yard: Yard) -> None:
    said = words(await pdf(await made(yard)))
    assert "円" not in said
    assert "¥" not in said


@pytest.mark.parametrize("name", [LONG, "A" * 200, "김" * 120, "国" * 200, "x y " * 60])
def test_long_words_stay_on_the_paper(name: str) -> None:
    whole = _drawn(name)
    content = document(_LAYOUT, whole.label, whole.title)
    assert not beyond(content)
    assert set(codes(content).values()) == {"R-2KX7-9Q4M"}


def test_many_things_take_more_pages() -> None:
    whole = _drawn("佐藤 美咲", items=120)
    content = document(_LAYOUT, whole.label, whole.title)
    assert len(PdfReader(BytesIO(content)).pages) > 1
    assert "品物 119" in words(content)


async def test_what_is_not_to_be_sent_has_none(yard: Yard) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    actor, _ = await yard.actor(CLOTHES)
    await yard.agree(CLOTHES, await yard.asks(actor, "return.cancel", return_id=str(back.id)))
    with pytest.raises(Refused) as refused:
        await yard.db.run(actor, lambda tx: label(tx, actor, back.id, "ja"))
    assert refused.value.code == "return_no_label"


async def test_it_is_handed_out_as_often_as_it_is_asked_for(yard: Yard) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    actor, _ = await yard.actor(CLOTHES)
    for _ in range(2):
        card = await yard.db.run(
            actor, lambda tx: actions.run(tx, yard.catalogue, actor, "return.label", {"return_id": str(back.id)})
        )
        assert isinstance(card, DocumentCard)
        assert (card.number, card.paper) == (back.number, Paper.RETURN_SLIP)
        told = told_card(card, Reader("ja"))
        assert told.url == f"/api/v1/returns/{back.id}/pdf"  # type: ignore[union-attr]


async def test_somebody_elses_is_nobodys(yard: Yard) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    other, _ = await yard.actor("MD-10233650")
    with pytest.raises(Refused) as refused:
        await yard.db.run(other, lambda tx: label(tx, other, back.id, "ja"))
    assert refused.value.status == 404


def _drawn(name: str, items: int = 2) -> Printable:
    number = "R-2KX7-9Q4M"
    return Printable(
        Label(
            title="返品伝票",
            number=("返品番号", number),
            square=qr(number),
            bars=code128(number),
            to=("お届け先", f"{name} 返品係"),
            address=name,
            sender=("ご依頼主", name),
            postage="着払い",
            postage_notes=(name,),
            facts=(("注文番号", name),),
            columns=("お品物", "数量"),
            items=tuple((f"品物 {n} {name if n == 0 else ''}", "1") for n in range(items)),
            steps_title="お送りいただくまで",
            steps=(name, "二"),
        ),
        Title(title="返品伝票", author="マドグチ商店", made_at=datetime(2026, 3, 3, tzinfo=UTC), lang="ja"),
    )
