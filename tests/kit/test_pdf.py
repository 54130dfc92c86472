"""Documents: every script set in embedded fonts, long words kept on the paper, nothing read and nobody asked."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from madoguchi.kit.pdf import Layout, Title, document, printed
from tests.house.sources import ROOT

MADE = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
SCRIPTS = "領収書 髙橋様 김민수 简体中文 Müller Δελτα Дмитрий ไทย 😀"


class Words(msgspec.Struct, frozen=True):
    """What the layout of these tests knows."""

    name: str


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    file = tmp_path_factory.mktemp("layouts") / "plain.typ"
    file.write_text('#set page(paper: "a5")\n#whole(it.name)\n\n#fitted(it.name, (20pt, 12pt, 8pt))')
    return Layout(file)


def made(layout: Layout, name: str, lang: str = "ja", at: datetime = MADE) -> bytes:
    return document(layout, Words(name), Title(title=f"題 {name}", author="マドグチ商店", made_at=at, lang=lang))


def read(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def fonts(content: bytes) -> list[DictionaryObject]:
    found = []
    for page in PdfReader(BytesIO(content)).pages:
        found += [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    return found


def beyond(content: bytes) -> list[str]:
    """Characters that stand outside of their page."""
    lost = []
    for page in pypdfium2.PdfDocument(content):
        text = page.get_textpage()
        for at in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(at)
            if left < 0 or bottom < 0 or right > page.get_width() or top > page.get_height():
                lost.append(text.get_text_range(at, 1))
    return lost


def test_every_script_is_set_in_embedded_fonts(layout: Layout) -> None:
    content = made(layout, SCRIPTS)
    assert SCRIPTS in read(content)
    assert len(content) < 100_000
    for font in fonts(content):
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()
        assert "+" in font["/BaseFont"]  # a subset


@pytest.mark.parametrize(("lang", "region"), [("ja", "JP"), ("en", "US"), ("zh", "CN"), ("ko", "KR")])
def test_it_tells_what_it_is(layout: Layout, lang: str, region: str) -> None:
    pdf = PdfReader(BytesIO(made(layout, "窓口", lang)))
    assert pdf.metadata
    assert (pdf.metadata.title, pdf.metadata.author) == ("題 窓口", "マドグチ商店")
    assert pdf.metadata.creation_date == MADE
    root = pdf.root_object
    assert root["/Lang"] == f"{lang}-{region}"
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert b"<pdfaid:part>2</pdfaid:part>" in root["/Metadata"].get_data()  # type: ignore[attr-defined]


def test_characters_are_drawn_as_the_language_has_them(layout: Layout) -> None:
    def drawn(lang: str) -> bytes:
        return bytes(pypdfium2.PdfDocument(made(layout, "骨直", lang))[0].render(scale=3).to_pil().tobytes())

    assert len({drawn(lang) for lang in ("ja", "zh")}) == 2


def test_the_same_words_give_the_same_bytes(layout: Layout) -> None:
    assert made(layout, "窓口") == made(layout, "窓口")
    assert made(layout, "窓口") != made(layout, "窓口", at=MADE + timedelta(days=1))


@pytest.mark.parametrize(
    "name", ["Ｗ" * 60, "W" * 300, "김" * 60, "😀" * 60, "https://example.jp/" + "a" * 200, "長" * 900]
)
def test_long_words_stay_on_the_paper(layout: Layout, name: str) -> None:
    content = made(layout, name)
    assert beyond(content) == []
    assert "".join(read(content).split()).count(name[-1]) >= 2 * name.count(name[-1])


def test_catches_what_stands_beyond(tmp_path: Path) -> None:
    file = tmp_path / "wide.typ"
    file.write_text("#it.name")
    assert beyond(made(Layout(file), "W" * 300))


def test_words_stay_words(layout: Layout) -> None:
    spoken = '#read("/etc/passwd") #panic() $x$ *b* @label <label> "quoted" \\ end'
    assert spoken in read(made(layout, spoken))


def test_a_character_that_no_font_has_is_a_box(layout: Layout) -> None:
    content = made(layout, "山田\ue000太郎")
    assert "山田" in read(content)
    assert len(PdfReader(BytesIO(content)).pages) == 1


@settings(max_examples=40, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_anything_can_be_printed(layout: Layout, name: str) -> None:
    assert isinstance(PdfReader(BytesIO(made(layout, name))).pages[0], PageObject)


async def test_it_is_set_beside_the_event_loop(layout: Layout) -> None:
    title = Title(title="題", author="マドグチ商店", made_at=MADE, lang="ja")
    assert await printed(layout, Words("窓口"), title) == document(layout, Words("窓口"), title)


ALONE = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from madoguchi.kit.pdf import Layout, Title, document
import msgspec

class Words(msgspec.Struct):
    name: str

layout, out = Layout(Path(sys.argv[1])), sys.stdout.buffer
title = Title(title="t", author="a", made_at=datetime(2026, 3, 3, tzinfo=UTC), lang="ja")
document(layout, Words("first"), title)

def refuse(event, arguments):
    if event.split(".")[0] in {"open", "socket", "subprocess", "os"}:
        raise AssertionError(event)

sys.addaudithook(refuse)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # from here on nothing can be opened, by nobody in the process
out.write(document(layout, Words(sys.argv[2]), title))
"""


def test_no_file_is_read_and_no_host_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "plain.typ"
    file.write_text("#whole(it.name)")
    run = subprocess.run(
        [sys.executable, "-c", ALONE, str(file), SCRIPTS],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    assert SCRIPTS in read(run.stdout)


def test_catches_a_layout_that_reads(tmp_path: Path) -> None:
    file = tmp_path / "reads.typ"
    file.write_text('#if it.name != "first" { read("other.typ") }')
    run = subprocess.run(
        [sys.executable, "-c", ALONE, str(file), "second"],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
    )
    assert run.returncode != 0
