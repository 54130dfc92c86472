"""Documents as PDF: a layout of ours and the words that stand in it, set within the process, with its own fonts.

Words are data and stay words, whatever they contain; no file is read for them and no host is asked. What comes out is
PDF/A: fonts embedded as far as they are used, tagged for screen readers, its language told, nothing that could run or
load. The same words at the same time give the same bytes.
"""

import asyncio
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import typst

_GROUND = Path(__file__).with_name("ground.typ")
_FONTS = ("manimgx_fonts_cjk", "manimgx_fonts")
_CJK, _FACE = "CJK", "Noto Sans CJK JP"  # one face holds the glyphs of all regions, and takes those of the language
_REGIONS = {"ja": "JP", "en": "US", "zh": "CN", "ko": "KR"}
_setting = asyncio.Semaphore(1)  # documents may not starve the conversations


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is called, by whom and when it was made (aware), and its language (of kit.i18n)."""

    title: str
    author: str
    made_at: datetime
    lang: str


class Layout:
    """A layout file. In it the words are `it`; type, colours and what fits long words come from ground.typ."""

    def __init__(self, path: Path) -> None:
        self.source = _GROUND.read_bytes() + path.read_bytes()


async def printed(layout: Layout, words: Any, title: Title) -> bytes:
    """The document as PDF, set beside the event loop, one at a time; `words` is a Struct that the layout knows."""
    async with _setting:
        return await asyncio.to_thread(document, layout, words, title)


def document(layout: Layout, words: Any, title: Title) -> bytes:
    """The document as PDF."""
    inputs = {
        "words": msgspec.json.encode(words).decode(),
        "title": title.title,
        "author": title.author,
        "lang": title.lang,
        "region": _REGIONS[title.lang],
    }
    made_at = int(title.made_at.timestamp())
    try:
        return _set(layout.source, inputs, made_at, archival=True)
    except typst.TypstError:  # a character that is in no font: PDF/A forbids the box that shows it
        return _set(layout.source, inputs, made_at, archival=False)


def _set(source: bytes, inputs: dict[str, str], made_at: int, *, archival: bool) -> bytes:
    return typst.compile(
        source,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=["a-2a"] if archival else [],
        timestamp=made_at,
    )


@cache
def _fonts() -> typst.Fonts:
    """The fonts, every face that is used read into memory before the first document."""
    folders = [str(files(package)) for package in _FONTS]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    faces = [family for family in fonts.families() if _CJK not in family or family == _FACE]
    touch = "".join(f'#text(font: "{face}", fallback: false)[x]' for face in faces)
    typst.compile(touch.encode(), font_paths=fonts, ignore_system_fonts=True, format="pdf")
    return fonts
