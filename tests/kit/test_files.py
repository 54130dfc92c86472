"""Photos are decoded and encoded anew; files are named by what is in them."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from madoguchi.kit.errors import Refused
from madoguchi.kit.files import LARGEST_SIDE, LocalFiles, photo


def _image(kind: str, size: tuple[int, int] = (40, 30), **more: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **more)
    return out.getvalue()


def _all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_photos_come_out_as_jpeg(kind: str) -> None:
    made = await photo(_image(kind))
    assert made.media_type == "image/jpeg"
    assert (made.width, made.height) == (40, 30)
    assert made.content[:2] == b"\xff\xd8"


async def test_where_it_was_taken_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "canary-description"
    exif[0x8825] = {1: "N", 2: (35.0, 41.0, 22.0)}
    made = await photo(_image("JPEG", exif=exif))
    assert b"canary" not in made.content
    assert not Image.open(BytesIO(made.content)).getexif()


async def test_turned_photos_are_turned_back() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = await photo(_image("JPEG", exif=exif))
    assert (made.width, made.height) == (30, 40)


async def test_huge_photos_are_made_smaller() -> None:
    made = await photo(_image("PNG", (5000, 2500)))
    assert (made.width, made.height) == (LARGEST_SIDE, LARGEST_SIDE // 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4",
        _image("PNG")[:60],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        _image("BMP"),
    ],
    ids=["empty", "text", "svg", "pdf", "torn", "hollow", "bmp"],
)
async def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        await photo(content)
    assert refused.value.code == "not_a_photo"


async def test_what_hides_behind_a_photo_is_gone() -> None:
    made = await photo(_image("JPEG") + b"<script>alert(1)</script>")
    assert b"script" not in made.content


async def test_the_same_content_has_one_name(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path)
    name = await files.put(b"content")
    assert await files.put(b"content") == name
    assert await files.get(name) == b"content"
    assert [p.name for p in _all_files(tmp_path)] == [name]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64])
async def test_no_other_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        await LocalFiles(tmp_path).get(name)
