"""Documents on paper."""

from pathlib import Path

from madoguchi.kit.pdf import Layout, Title, printed
from madoguchi.service.receipts.queries import Issued
from madoguchi.service.receipts.sheet import sheet

_LAYOUT = Layout(Path(__file__).with_name("sheet.typ"))


async def pdf(issued: Issued, lang: str) -> bytes:
    """A document as PDF in a language."""
    words = sheet(issued, lang)
    title = Title(title=f"{words.title} {issued.number}", author=words.issuer, made_at=issued.issued_at, lang=lang)
    return await printed(_LAYOUT, words, title)
