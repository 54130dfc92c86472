"""Receipts of an order: to whom, for what, and the sheet to print."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.cards import SlipView
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.receipts.queries import Issued, access_receipt, receipts_of
from madoguchi.service.receipts.rules import RatePart
from madoguchi.service.receipts.verbs import LIMIT, issue

_Row = tuple[str, Money | None, str]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names on the sheet; `id` is the receipt's, so that a double click issues one."""

    id: UUID
    addressee: str
    note: str = ""


@get("/orders/{order_id:uuid}/receipt", access=KNOWN_CUSTOMERS)
async def ask(request: Asked, services: Services, visitor: Visitor, order_id: UUID) -> Response[str]:
    """To whom, and what was issued before."""
    return await _form(request, services, visitor, order_id, None, None)


@post("/orders/{order_id:uuid}/receipt", access=KNOWN_CUSTOMERS)
async def make(request: Asked, services: Services, visitor: Visitor, order_id: UUID) -> Response[str]:
    """Issue it, and show it."""
    given, actor = await form(request, Wanted), visitor.actor
    slow_down(services.limits.write, visitor.counted_as)
    try:
        made = await services.db.run(
            actor, lambda tx: issue(tx, actor, order_id, given.id, given.addressee, given.note)
        )
    except Refused as refused:
        if refused.status == 404:
            raise
        return await _form(request, services, visitor, order_id, given, refused)
    return see_other(f"/receipts/{made.id}")


@get("/receipts/{receipt_id:uuid}", access=KNOWN_CUSTOMERS)
async def sheet(request: Asked, services: Services, visitor: Visitor, receipt_id: UUID) -> Response[str]:
    """The sheet to print."""
    made = await services.db.run(visitor.actor, lambda tx: access_receipt(tx, visitor.actor, receipt_id))
    return page(
        request, services, visitor, "receipt.html", slip=_slip(made, visitor.reader), back=f"/orders/{made.order_id}"
    )


async def _form(
    request: Asked,
    services: Services,
    visitor: Visitor,
    order_id: UUID,
    given: Wanted | None,
    refused: Refused | None,
) -> Response[str]:
    actor = visitor.actor
    return page(
        request,
        services,
        visitor,
        "receipt_form.html",
        refused=refused,
        issued=await services.db.run(actor, lambda tx: receipts_of(tx, actor, order_id)),
        given=given,
        order_id=order_id,
        receipt_id=given.id if given else ids.uuid7(),
        limit=LIMIT,
    )


def _slip(made: Issued, reader: Reader) -> SlipView:
    said, t = made.receipt, reader.t
    rows: list[_Row] = [
        (t("receipts.addressee"), None, t("receipts.to", name=said.addressee)),
        (t("receipts.note"), None, said.note),
        (t("receipts.order"), None, said.order_ref),
        (t("receipts.ordered"), None, _day(said.ordered_at, reader)),
    ]
    standard = max(item.rate for item in said.items)
    for item in said.items:
        name = t("receipts.reduced", name=item.name) if item.rate < standard else item.name
        rows.append((name if item.quantity == 1 else f"{name} × {item.quantity}", item.amount, ""))
    if said.shipping:
        rows.append((t("receipts.shipping"), said.shipping, ""))
    rows += [(t("receipts.by_rate"), None, ""), *(_rate(part, reader) for part in said.rates)]
    if said.returned:
        rows += [(t("receipts.returned", amount=said.returned), None, "")]
        rows += [_rate(part, reader) for part in said.returned_rates]
    title = t("receipts.title.again") if said.marked else t("receipts.title")
    number = t("receipts.registration", number=said.registration) if said.registration else ""
    return SlipView(
        title=title,
        number=made.number,
        lines=tuple(rows),
        total=(t("receipts.total"), said.total),
        warning="",
        next="",
        rule=" ".join(part for part in (number, t("receipts.legend")) if part),
        state="done",
        state_label=said.issuer,
        state_time=t("receipts.issued", day=_day(made.issued_at, reader), n=made.issue),
        expires=None,
    )


def _day(at: datetime, reader: Reader) -> str:
    """With its year, which a tax document needs also in that very year."""
    return reader.local_day(at).isoformat()


def _rate(part: RatePart, reader: Reader) -> _Row:
    return reader.t("receipts.rate", rate=part.rate), part.amount, reader.t("receipts.tax", tax=part.tax)
