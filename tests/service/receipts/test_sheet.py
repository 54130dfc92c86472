"""Documents in words and on paper: what the law asks for stands there, in four languages, whatever the names are."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import msgspec
import pytest
from pypdf import PdfReader

from madoguchi.core.actions.rules import Said
from madoguchi.kit import ids
from madoguchi.kit.i18n import LANGUAGES, Reader
from madoguchi.kit.money import Money, total
from madoguchi.service.receipts.printing import pdf
from madoguchi.service.receipts.queries import Issued
from madoguchi.service.receipts.rules import Document, Item, Kind, Paid, Returned, by_rate
from madoguchi.service.receipts.sheet import file_name, sheet
from tests.kit.test_pdf import beyond, fonts, read

LATE = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)  # it is the 4th in Tokyo already
NUMBER = "I-7K2QD-9XM4T"
GOODS = (
    Item("南部鉄器 急須", 1, Money(12_800, "JPY"), 10),
    Item("コーヒー豆 200g", 2, Money(2_160, "JPY"), 8),
    Item(Said("receipts.shipping"), 1, Money(550, "JPY"), 10),
)
LONG = "株式会社" + "国" * 40 + " 김민수 😀 営業部御担当者" + "様" * 10


def issued(
    *,
    kind: Kind = Kind.RECEIPT,
    items: tuple[Item, ...] = GOODS,
    addressee: str = "株式会社窓口",
    replaces: str | None = None,
    returned: int = 0,
    standard: int = 10,
) -> Issued:
    whole = total([item.amount for item in items], items[0].amount.currency)
    said = Document(
        kind=kind,
        lang="ja",
        zone="Asia/Tokyo",
        issuer="マドグチ商店",
        address="東京都渋谷区神宮前一丁目2番3号",
        registration="T3010401000000",
        addressee=addressee,
        note="お品代として",
        order_ref="MD-10233915",
        ordered_at=LATE - timedelta(days=9),
        items=items,
        total=whole,
        standard=standard,
        rates=by_rate(items),
        paid=(Paid("Visa ···· 4242", whole),),
        returns=(Returned(LATE, Money(returned, "JPY")),) if returned else (),
        replaces=replaces,
    )
    return Issued(ids.uuid7(), NUMBER, ids.uuid7(), kind, 1, msgspec.to_builtins(said), LATE)


def close(text: str) -> str:
    """Without the blanks and ends of lines of a page."""
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
async def test_what_the_sheet_says_stands_on_paper(kind: Kind, lang: str) -> None:
    made = issued(kind=kind, returned=1_000)
    words, paper = sheet(made, lang), close(read(await pdf(made, lang)))
    said = [words.title, words.subtitle, words.to, *words.amount, words.note, words.declared, words.issuer]
    said += [words.address, words.registration, *words.remarks, *words.columns, *words.rate_columns, words.total]
    said += [cell for row in (*words.items, *words.rates, *words.facts, words.number, words.issued) for cell in row]
    assert [one for one in said if close(one) not in paper] == []


async def test_it_is_named_and_dated() -> None:
    content = await pdf(issued(), "ja")
    meta = PdfReader(BytesIO(content)).metadata
    assert meta
    assert (meta.title, meta.author, meta.creation_date) == (f"領収書 {NUMBER}", "マドグチ商店", LATE)
    assert len(content) < 150_000
    assert fonts(content)
    assert await pdf(issued(), "ja") == content


async def test_long_names_are_fitted() -> None:
    content = await pdf(issued(addressee=LONG), "ja")
    assert close(LONG) in close(read(content))
    assert beyond(content) == []
    assert len(PdfReader(BytesIO(content)).pages) == 1


async def test_many_goods_go_on_with_their_headings() -> None:
    many = tuple(Item(f"湯呑み {at}", 1, Money(1_650, "JPY"), 10) for at in range(60))
    pages = [page.extract_text() for page in PdfReader(BytesIO(await pdf(issued(items=many), "ja"))).pages]
    assert len(pages) > 1
    assert all("品名" in page and NUMBER in page for page in pages)
    assert "1 / 3" in pages[0]
    assert all(f"湯呑み {at}" in "".join(pages) for at in range(60))


def test_reduced_rates_are_marked_also_where_there_is_nothing_else() -> None:
    (row,) = sheet(issued(items=GOODS[1:2]), "ja").items
    assert row == ("コーヒー豆 200g ※", "2", "8%", "2,160円")
    assert "※は軽減税率（8%）の対象です。" in sheet(issued(items=GOODS[1:2]), "ja").remarks


def test_days_are_those_of_the_issuer() -> None:
    words = sheet(issued(), "en")
    assert words.issued == ("Issued", "March 4, 2026")
    assert ("Date of sale", "February 23, 2026") in words.facts


def test_a_translation_also_names_the_original() -> None:
    assert sheet(issued(), "ja").original == ""
    assert sheet(issued(), "ko").original == "領収書"


def test_another_issue_says_whose_place_it_takes() -> None:
    words = sheet(issued(replaces="I-AAAAA-BBBBB"), "ja")
    assert words.again == "再発行"
    assert any("I-AAAAA-BBBBB" in remark for remark in words.remarks)
    assert sheet(issued(), "ja").again == ""


def test_what_came_back_is_told_by_day() -> None:
    note = sheet(issued(kind=Kind.CREDIT_NOTE, returned=1_000), "ja")
    assert ("返還日", "2026年3月4日　1,000円") in note.facts
    assert any("1,000円" in remark for remark in sheet(issued(returned=1_000), "ja").remarks)


@pytest.mark.parametrize(("amount", "told"), [(49_999, False), (50_000, True)])
def test_large_receipts_say_why_they_bear_no_stamp(amount: int, told: bool) -> None:
    words = sheet(issued(items=(Item("机", 1, Money(amount, "JPY"), 10),)), "ja")
    assert any("収入印紙" in remark for remark in words.remarks) == told


def test_where_nothing_is_taxed_nothing_is_said_of_tax() -> None:
    words = sheet(issued(items=(Item("Desk", 1, Money(10_000, "USD"), 0),), standard=0), "en")
    assert words.rates == ()
    assert words.items == (("Desk", "1", "", "$100.00"),)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_is_named_in_the_readers_language(lang: str) -> None:
    reader = Reader(lang)
    assert file_name(issued(), reader) == f"{reader.t('receipts.title.receipt')}_{NUMBER}.pdf"
