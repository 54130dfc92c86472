"""Issued documents as files, for those who may see their order. The session is the key: no link can leak one."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import STAFF, Level
from madoguchi.front.ui.access import Access
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.files import disposition
from madoguchi.kit.i18n import NAMES, Reader
from madoguchi.service.receipts import printing
from madoguchi.service.receipts.queries import Issued, access_receipt
from madoguchi.service.receipts.sheet import file_name

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


def files(receipt_id: UUID, own: str, reader: Reader) -> tuple[FileLink, ...]:
    """A document's files for a reader: in the issuer's language, which is the form that law knows, and in theirs."""
    return tuple(
        FileLink(f"/receipts/{receipt_id}/pdf?lang={lang}", reader.t("receipts.file", language=NAMES[lang]))
        for lang in dict.fromkeys((own, reader.lang))
    )


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
    return Response(
        await printing.pdf(made, lang or made.said.lang),
        media_type="application/pdf",
        headers={
            "content-disposition": disposition(file_name(made, visitor.reader)),
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
        },
    )
