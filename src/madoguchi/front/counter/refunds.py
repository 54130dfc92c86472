"""Where a refund is, until which day it should show, and what the customer can do about it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.ledger.advances.rules import Advance
from madoguchi.core.ledger.intents.queries import access_intent
from madoguchi.core.ledger.intents.rules import Intent, IntentState
from madoguchi.core.people.queries import Store, store
from madoguchi.front.counter.page import page
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.refunds.advances import sentences as sentences_of
from madoguchi.service.refunds.queries import account_shown
from madoguchi.service.refunds.words import sentences

_MOVABLE = {IntentState.PLANNED, IntentState.FAILED}


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """A refund in sentences; `account` is masked."""

    id: UUID
    number: str
    order_id: UUID | None
    title: str
    text: str
    account: str = ""
    needs_account: bool
    movable: bool


class AdvanceView(msgspec.Struct, frozen=True):
    """Money that was paid back in advance, in sentences."""

    title: str
    text: str


@get("/refunds/{refund_id:uuid}", access=KNOWN_CUSTOMERS)
async def refund(request: Asked, services: Services, visitor: Visitor, refund_id: UUID) -> Response[str]:
    """One refund."""

    async def work(tx: Tx) -> RefundView:
        intent = await access_intent(tx, visitor.actor, refund_id)
        view = _view(intent, await store(tx, intent.store_id), tx.now, visitor.reader)
        return msgspec.structs.replace(view, account=await account_shown(tx, intent.id) or "")

    found = await services.db.run(visitor.actor, work)
    return page(request, services, visitor, "refund.html", found=found)


async def refund_views(tx: Tx, intents: Sequence[Intent], reader: Reader) -> list[RefundView]:
    """Refunds for a list."""
    return [_view(intent, await store(tx, intent.store_id), tx.now, reader) for intent in intents]


def advance_views(advances: Sequence[Advance], reader: Reader) -> list[AdvanceView]:
    """Advances for a list."""
    return [AdvanceView(*(one.to(reader) for one in sentences_of(advance))) for advance in advances]


def _view(intent: Intent, shop: Store, now: datetime, reader: Reader) -> RefundView:
    what, how_far = sentences(intent, now, shop.time_zone, shop.country)
    return RefundView(
        id=intent.id,
        number=intent.number,
        order_id=None if intent.gift_id else intent.order_id,
        title=what.to(reader),
        text=how_far.to(reader),
        needs_account=intent.state is IntentState.PLANNED,
        movable=intent.state in _MOVABLE and bool(intent.detours),
    )
