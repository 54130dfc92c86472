"""Issued documents as files, for those who may see their order. The session is the key: no link can leak one."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import STAFF, Level
from madoguchi.core.actions.rules import DocumentCard, Paper
from madoguchi.front.ui.access import Access
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.files import disposition
from madoguchi.kit.i18n import NAMES, Reader
from madoguchi.service.receipts import printing
from madoguchi.service.receipts.queries import Issued, access_receipt
from madoguchi.service.receipts.sheet import file_name
from madoguchi.service.returns import label

READERS = Access(Level.PROVEN, STAFF, signs_in="/identify")


class FileLink(msgspec.Struct, frozen=True):
    """A document's PDF in a language."""

    url: str
    label: str


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """An issued document in a list: what it is, to whom, since when."""

    url: str
    title: str
    detail: str
    files: Sequence[FileLink]


def files(receipt_id: UUID, own: str, reader: Reader, paper: Paper = Paper.RECEIPT) -> tuple[FileLink, ...]:
    """A document's files for a reader: in the issuer's language, which is the form that law knows, and in theirs."""
    return tuple(
        FileLink(f"{_at(paper, receipt_id)}?lang={lang}", reader.t("receipts.file", language=NAMES[lang]))
        for lang in dict.fromkeys((own, reader.lang))
    )


def _at(paper: Paper, id: UUID) -> str:
    return f"/returns/{id}/slip" if paper is Paper.RETURN_SLIP else f"/receipts/{id}/pdf"


def page_url(card: DocumentCard) -> str:
    """The page that a document belongs to."""
    return f"/returns/{card.id}" if card.paper is Paper.RETURN_SLIP else f"/receipts/{card.id}"


def view(issued: Issued, reader: Reader) -> DocumentView:
    """A document for a list."""
    return DocumentView(
        url=f"/receipts/{issued.id}",
        title=f"{reader.t(f'receipts.title.{issued.kind}')} {issued.number}",
        detail=reader.t(
            "receipts.of", name=issued.said.addressee, day=reader.full_date(reader.local_day(issued.issued_at))
        ),
        files=files(issued.id, issued.said.lang, reader),
    )


async def show(services: Services, visitor: Visitor, receipt_id: UUID, lang: str | None) -> Response[bytes]:
    """A document's PDF, named in the reader's language; invisible to everybody else."""
    made = await services.db.run(visitor.actor, lambda tx: access_receipt(tx, visitor.actor, receipt_id))
    return _sent(await printing.pdf(made, lang or made.said.lang), file_name(made, visitor.reader))


async def return_slip(services: Services, visitor: Visitor, return_id: UUID, lang: str | None) -> Response[bytes]:
    """The slip of a return as PDF, in the reader's language unless another is asked for."""
    wanted = lang or visitor.reader.lang
    made = await services.db.run(visitor.actor, lambda tx: label.label(tx, visitor.actor, return_id, wanted))
    return _sent(await label.pdf(made), f"{made.title.title}.pdf")


def _sent(content: bytes, name: str) -> Response[bytes]:
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "content-disposition": disposition(name),
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
        },
    )
