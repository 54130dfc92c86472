"""Receipts and credit notes that were issued, and their PDF."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.front.api.routes import KNOWN, Asked, Operation, answer, get, query
from madoguchi.front.ui import documents, told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.service.receipts.queries import receipts_of

_TAG = "Orders"


class Spoken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which language; without one in the issuer's own, which is the form that law knows."""

    lang: Literal["ja", "en", "zh", "ko"] | None = None


@get("/orders/{order_id:uuid}/receipts", Operation(tag=_TAG, gives=list[told.Document], refuses=("not_found",)), KNOWN)
async def show_all(services: Services, visitor: Visitor, order_id: UUID) -> Response[bytes]:
    """What was issued for an order, oldest first. `order.receipt` among the actions issues another."""
    actor = visitor.actor
    found = await services.db.run(actor, lambda tx: receipts_of(tx, actor, order_id))
    return answer([told.card(one.card, visitor.reader) for one in found])


@get(
    "/receipts/{receipt_id:uuid}/pdf",
    Operation(tag=_TAG, query=Spoken, gives=bytes, media="application/pdf", refuses=("not_found",)),
    KNOWN,
)
async def pdf(request: Asked, services: Services, visitor: Visitor, receipt_id: UUID) -> Response[bytes]:
    """A receipt or credit note as PDF."""
    return await documents.show(services, visitor, receipt_id, query(request, Spoken).lang)


@get(
    "/returns/{return_id:uuid}/pdf",
    Operation(tag=_TAG, query=Spoken, gives=bytes, media="application/pdf", refuses=("not_found", "return_no_label")),
    KNOWN,
)
async def slip(request: Asked, services: Services, visitor: Visitor, return_id: UUID) -> Response[bytes]:
    """The slip that goes into the parcel of a return, as PDF; without a language in the session's."""
    return await documents.return_slip(services, visitor, return_id, query(request, Spoken).lang)


ROUTES = [show_all, pdf, slip]
