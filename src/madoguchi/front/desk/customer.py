"""The right pane: who the customer is and how sure we are, their orders and what may be done, what went before."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Level
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.rules import OrderCard, Said
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.queries import Case, CaseLine, Entry
from madoguchi.core.ledger.intents.queries import intents_of_order
from madoguchi.core.people import queries as people
from madoguchi.core.people.queries import Customer
from madoguchi.core.policy.queries import Grounds, grounds_for
from madoguchi.core.requests.queries import approvals_in
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.front.desk import doable, waiting, wishes
from madoguchi.front.desk.board import case_url, customer_name, reason_label
from madoguchi.front.desk.doable import ActionView, Doable
from madoguchi.front.desk.given import Ask
from madoguchi.front.desk.waiting import Waiting, WaitingView
from madoguchi.front.desk.wishes import Wish, WishView
from madoguchi.front.ui.cards import OrderView, order_view
from madoguchi.front.ui.documents import DocumentView
from madoguchi.front.ui.documents import view as document_view
from madoguchi.front.ui.grounds import GroundsView, grounds_view
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.i18n import Reader
from madoguchi.kit.ids import uuid7
from madoguchi.service.bot.offering import buttons
from madoguchi.service.orders.verbs import order_cards
from madoguchi.service.receipts.queries import Issued, receipts_of
from madoguchi.service.refunds.words import sentences
from madoguchi.service.routing import queries as routing
from madoguchi.service.routing.queries import Handover, Promise

_ORDERS = 6
_EARLIER = 5
_NOTES = 5
_GROUNDS = 8


class Pane(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the pane shows, as rows; `chosen` is the order with its possibilities."""

    case: Case
    customer: Customer
    time_zone: str
    handover: Handover | None
    orders: Sequence[OrderCard]
    chosen: OrderCard | None
    gift_code: str | None
    wishes: Sequence[Wish]
    refunds: Sequence[tuple[Said, Said]]
    documents: Sequence[Issued]
    on_order: Sequence[Doable]
    on_customer: Sequence[Doable]
    approvals: Sequence[Waiting]
    grounds: Sequence[Grounds]
    buttons: Sequence[str]
    earlier: Sequence[CaseLine]
    promises: Sequence[Promise]
    notes: Sequence[Entry]
    now: datetime

    @property
    def level(self) -> Level:
        """How sure we were of them when they last wrote."""
        return Level(self.case.customer_level)


class OrderLink(msgspec.Struct, frozen=True):
    """An order in the list."""

    url: str
    number: str
    headline: str
    state: str
    tone: str
    current: bool


class EarlierView(msgspec.Struct, frozen=True):
    """An earlier case."""

    url: str
    number: str
    reason: str
    opened: datetime
    open: bool


class PromiseView(msgspec.Struct, frozen=True):
    """What was promised, and whether its day has come."""

    text: str
    due: date
    by: str
    tone: str


class PaneView(msgspec.Struct, frozen=True, kw_only=True):
    """The pane in the reader's words."""

    name: str
    kana: str
    level: int
    proven: bool
    facts: Sequence[tuple[str, str]]
    summary: Sequence[str]
    tried: Sequence[str]
    orders: Sequence[OrderLink]
    order: OrderView | None
    order_id: str
    wishes: Sequence[WishView]
    refunds: Sequence[tuple[str, str]]
    documents: Sequence[DocumentView]
    actions: Sequence[ActionView]
    beside: Sequence[ActionView]
    approvals: Sequence[WaitingView]
    grounds: Sequence[GroundsView]
    buttons: Sequence[tuple[str, str]]
    client_id: str
    earlier: Sequence[EarlierView]
    promises: Sequence[PromiseView]
    notes: Sequence[Entry]
    url: str
    acts: bool


async def load(
    tx: Tx,
    actor: Actor,
    catalogue: Catalogue,
    case: Case,
    order_id: UUID | None = None,
    wanted: Ask | None = None,
) -> Pane:
    """The pane of a case; `order_id` is the order somebody wants to see, which must be this customer's.

    `wanted` is a form that is shown again.
    """
    customer = await people.access_customer(tx, actor, case.customer_id)
    orders = await orders_of(tx, customer.id, limit=_ORDERS)
    chosen = await _chosen(tx, actor, customer, orders, case, order_id)
    earlier = await cases.cases_of(tx, customer.id, limit=_EARLIER + 1)
    on_order = await doable.on_order(tx, actor, catalogue, chosen, wanted) if chosen else ()
    shop = await people.store(tx, customer.store_id)
    refunds = await intents_of_order(tx, actor, chosen.id) if chosen else ()
    return Pane(
        case=case,
        customer=customer,
        time_zone=shop.time_zone,
        handover=await routing.handover_of(tx, actor, case.id),
        orders=await order_cards(tx, orders),
        chosen=(await order_cards(tx, [chosen]))[0] if chosen else None,
        gift_code=chosen.document.gift_code if chosen else None,
        wishes=await wishes.load(tx, actor, customer.id),
        refunds=[sentences(refund, tx.now, shop.time_zone, shop.country) for refund in refunds],
        documents=await receipts_of(tx, actor, chosen.id) if chosen else (),
        on_order=on_order,
        on_customer=await doable.on_customer(tx, actor, catalogue, customer, case, wanted),
        approvals=await waiting.load(tx, actor, await approvals_in(tx, case.id)),
        grounds=await grounds_for(tx, actor, customer.id, chosen.id if chosen else None, limit=_GROUNDS),
        buttons=buttons(catalogue, [able.offer for able in on_order]) if chosen else (),
        earlier=[line for line in earlier if line.id != case.id][:_EARLIER],
        promises=await routing.promises_to(tx, actor, customer.id),
        notes=await cases.notes_on(tx, actor, customer.id, limit=_NOTES),
        now=tx.now,
    )


def view(pane: Pane, reader: Reader, *, acts: bool, writes: bool, wanted: Ask | None = None) -> PaneView:
    """The pane as the template shows it. `acts`, `writes`: whether the actor may act on the customer's orders here, and
    write to them; `wanted` is a form that is shown again.
    """
    customer, handover = pane.customer, pane.handover
    chosen = pane.chosen
    return PaneView(
        name=customer_name(customer.name, reader),
        kana=customer.kana,
        level=pane.level,
        proven=pane.level >= Level.PROVEN,
        facts=_facts(pane, reader),
        summary=[line.to(reader) for line in handover.lines] if handover else [],
        tried=[line.to(reader) for line in handover.tried] if handover else [],
        orders=[_link(pane, order, reader) for order in pane.orders] if len(pane.orders) > 1 else [],
        order=_chosen_order(pane, chosen, reader) if chosen else None,
        order_id=str(chosen.id) if chosen else "",
        wishes=[wishes.view(one, reader) for one in pane.wishes],
        refunds=[(what.to(reader), how_far.to(reader)) for what, how_far in pane.refunds],
        documents=[document_view(one, reader) for one in pane.documents],
        actions=[doable.view(at, able, reader, wanted) for at, able in enumerate(pane.on_order)],
        beside=[
            doable.view(at, able, reader, wanted) for at, able in enumerate(pane.on_customer, start=len(pane.on_order))
        ],
        approvals=[waiting.view(one, reader) for one in pane.approvals],
        grounds=[grounds_view(one, reader) for one in pane.grounds],
        buttons=[(name, reader.t(f"actions.{name}.name")) for name in pane.buttons] if writes else [],
        client_id=str(uuid7()),
        earlier=[
            EarlierView(
                case_url(line.id),
                line.number,
                reason_label(line.reason, reader) or reader.t("desk.reason.unknown"),
                line.opened_at,
                line.state != "closed",
            )
            for line in pane.earlier
        ],
        promises=[
            PromiseView(
                promise.text, reader.local_day(promise.due), promise.by, "wrong" if promise.due < pane.now else "plain"
            )
            for promise in pane.promises
        ],
        notes=pane.notes,
        url=case_url(pane.case.id),
        acts=acts,
    )


async def _chosen(
    tx: Tx, actor: Actor, customer: Customer, orders: Sequence[Order], case: Case, wanted: UUID | None
) -> Order | None:
    """The order asked for, else the case's, else the newest."""
    order_id = wanted or case.order_id
    if order_id is None:
        return orders[0] if orders else None
    order = next((order for order in orders if order.id == order_id), None) or await access_order(tx, actor, order_id)
    if order.customer_id != customer.id:
        raise invisible()
    return order


def _facts(pane: Pane, reader: Reader) -> list[tuple[str, str]]:
    customer = pane.customer
    facts = [
        (reader.t("desk.fact.mail"), customer.email or ""),
        (reader.t("desk.fact.phone"), customer.phone or ""),
        (reader.t("desk.fact.language"), reader.t(f"desk.language.{pane.case.locale}")),
        (reader.t("desk.fact.since"), reader.month(customer.created_at) if customer.store_ref else ""),
    ]
    if pane.handover:
        facts += [(_fact_name(name, reader), value) for name, value in pane.handover.facts.items()]
    return [(name, value) for name, value in facts if value]


def _fact_name(name: str, reader: Reader) -> str:
    key = f"desk.fact.{name}"
    return reader.t(key) if reader.has(key) else name


def _order(order: OrderCard, reader: Reader) -> OrderView:
    return msgspec.structs.replace(order_view(order, reader), url="")


def _chosen_order(pane: Pane, order: OrderCard, reader: Reader) -> OrderView:
    """With the code on the slip of a present, for whoever got it and has lost the slip."""
    view = _order(order, reader)
    if pane.gift_code is None:
        return view
    return msgspec.structs.replace(view, facts=(*view.facts, (reader.t("desk.fact.gift_code"), pane.gift_code)))


def _link(pane: Pane, order: OrderCard, reader: Reader) -> OrderLink:
    shown = _order(order, reader)
    url = f"{case_url(pane.case.id)}?order={order.id}&pane=customer"
    current = pane.chosen is not None and order.id == pane.chosen.id
    return OrderLink(url, shown.number, shown.headline, shown.state, shown.tone, current)
