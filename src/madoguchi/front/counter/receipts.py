"""Receipts and credit notes: the sheet to print, and its PDF."""

from typing import Literal
from uuid import UUID

from litestar import Response

from madoguchi.front.counter.page import page
from madoguchi.front.ui import documents
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.service.receipts.queries import access_receipt
from madoguchi.service.receipts.sheet import sheet


@get("/receipts/{receipt_id:uuid}", access=KNOWN_CUSTOMERS)
async def show(request: Asked, services: Services, visitor: Visitor, receipt_id: UUID) -> Response[str]:
    """The sheet to print."""
    made = await services.db.run(visitor.actor, lambda tx: access_receipt(tx, visitor.actor, receipt_id))
    return page(
        request,
        services,
        visitor,
        "receipt.html",
        sheet=sheet(made, visitor.reader.lang),
        files=documents.files(made.id, made.said.lang, visitor.reader),
        back=f"/orders/{made.order_id}",
    )


@get("/receipts/{receipt_id:uuid}/pdf", access=documents.READERS)
async def pdf(
    services: Services, visitor: Visitor, receipt_id: UUID, lang: Literal["ja", "en", "zh", "ko"] | None = None
) -> Response[bytes]:
    """The sheet as PDF, in a language or in the issuer's own; for the desk as well."""
    return await documents.show(services, visitor, receipt_id, lang)
