"""Codes are what a reader reads, whatever stands in them."""

import string

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from madoguchi.kit.codes import Marks, code128, qr


def drawn(marks: Marks, scale: int = 3, height: int = 1) -> Image.Image:
    """The code in black on white; bars `height` modules high."""
    image = Image.new("L", (marks.width * scale, marks.height * scale * height), 255)
    pen = ImageDraw.Draw(image)
    for x, y, length in marks.runs:
        pen.rectangle((x * scale, y * scale, (x + length) * scale - 1, (y + height) * scale - 1), fill=0)
    return image


def read(image: Image.Image) -> list[tuple[str, str]]:
    return [(str(found.format), found.text) for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("text", ["R-2KX7-9Q4M", "a", "R" * 100, "https://example.jp/returns/1", "返品"])
def test_qr(text: str) -> None:
    ((_, found),) = read(drawn(qr(text)))
    assert found == text


@pytest.mark.parametrize("text", ["R-2KX7-9Q4M", "x", string.printable[:95], "0" * 40, "~ ~"])
def test_code_128(text: str) -> None:
    plain = "".join(sign for sign in text if " " <= sign <= "~")
    ((_, found),) = read(drawn(code128(plain), height=30))
    assert found == plain


@pytest.mark.parametrize("text", ["", "返品", "a\tb", "é"])
def test_what_no_bar_code_holds(text: str) -> None:
    with pytest.raises(ValueError, match="bar code"):
        code128(text)


def test_a_code_is_told_as_runs_and_as_a_path() -> None:
    marks = qr("R-2KX7-9Q4M")
    assert marks == qr("R-2KX7-9Q4M")
    assert marks.path.count("M") == len(marks.runs)
    assert min(x for x, _, _ in marks.runs) == min(y for _, y, _ in marks.runs) == 4, "a quiet zone around it"
