"""The right pane: who the customer is and how sure we are, their orders and what may be done, what went before."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Level
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Refusal
from madoguchi.core.actions.verbs import Offer, offers
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.queries import Case, CaseLine, Entry
from madoguchi.core.people import queries as people
from madoguchi.core.people.queries import Customer
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.front.desk.board import case_url, customer_name, reason_label
from madoguchi.front.ui.cards import OrderView, order_view
from madoguchi.front.ui.picks import PickView, pick_views
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.i18n import Reader
from madoguchi.kit.ids import uuid7
from madoguchi.service.bot.offering import buttons
from madoguchi.service.orders.rules import order_card
from madoguchi.service.orders.verbs import Cancellable, cancellable
from madoguchi.service.routing import queries as routing
from madoguchi.service.routing.queries import Handover, Promise

_ORDERS = 6
_EARLIER = 5
_NOTES = 5
_BY_LINE = "order.cancel"  # the action that can be done to some lines only


class Pane(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the pane shows, as rows; `chosen` is the order with its possibilities."""

    case: Case
    customer: Customer
    time_zone: str
    handover: Handover | None
    orders: Sequence[Order]
    chosen: Order | None
    offers: Sequence[Offer]
    buttons: Sequence[str]
    cancellable: Cancellable | None
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


class ActionView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done with the chosen order (with `lines`, to some of them only), or why not and what instead."""

    name: str
    label: str
    lines: Sequence[PickView]
    refusal: str
    instead: Sequence[str]


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
    actions: Sequence[ActionView]
    picked: bool
    buttons: Sequence[tuple[str, str]]
    client_id: str
    earlier: Sequence[EarlierView]
    promises: Sequence[PromiseView]
    notes: Sequence[Entry]
    url: str
    acts: bool


async def load(tx: Tx, actor: Actor, catalogue: Catalogue, case: Case, order_id: UUID | None = None) -> Pane:
    """The pane of a case; `order_id` is the order somebody wants to see, which must be this customer's."""
    customer = await people.access_customer(tx, actor, case.customer_id)
    orders = await orders_of(tx, customer.id, limit=_ORDERS)
    chosen = await _chosen(tx, actor, customer, orders, case, order_id)
    earlier = await cases.cases_of(tx, customer.id, limit=_EARLIER + 1)
    found = await offers(tx, catalogue, actor, Subject(About.ORDER, chosen.id)) if chosen else ()
    return Pane(
        case=case,
        customer=customer,
        time_zone=(await people.store(tx, customer.store_id)).time_zone,
        handover=await routing.handover_of(tx, actor, case.id),
        orders=orders,
        chosen=chosen,
        offers=found,
        buttons=buttons(catalogue, found) if chosen else (),
        cancellable=await cancellable(tx, chosen) if chosen else None,
        earlier=[line for line in earlier if line.id != case.id][:_EARLIER],
        promises=await routing.promises_to(tx, actor, customer.id),
        notes=await cases.notes_on(tx, actor, customer.id, limit=_NOTES),
        now=tx.now,
    )


def view(pane: Pane, reader: Reader, *, acts: bool, writes: bool, wanted: Mapping[str, int] | None = None) -> PaneView:
    """The pane as the template shows it. `acts`, `writes`: whether the actor may act on the customer's orders here, and
    write to them; `wanted` are the units that were picked in a form that is shown again.
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
        order=_order(pane, chosen, reader) if chosen else None,
        order_id=str(chosen.id) if chosen else "",
        actions=[_action(pane, offer, reader, wanted) for offer in pane.offers],
        picked=wanted is not None,
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


def _order(pane: Pane, order: Order, reader: Reader) -> OrderView:
    shown = order_view(order_card(order.id, order.document, pane.now, pane.time_zone), reader)
    return msgspec.structs.replace(shown, url="")


def _link(pane: Pane, order: Order, reader: Reader) -> OrderLink:
    shown = _order(pane, order, reader)
    url = f"{case_url(pane.case.id)}?order={order.id}&pane=customer"
    current = pane.chosen is not None and order.id == pane.chosen.id
    return OrderLink(url, shown.number, shown.headline, shown.state, shown.tone, current)


def _action(pane: Pane, offer: Offer, reader: Reader, wanted: Mapping[str, int] | None) -> ActionView:
    refusal = offer.refusal
    return ActionView(
        name=offer.action,
        label=reader.t(f"actions.{offer.action}.name"),
        lines=_picks(pane, reader, wanted) if offer.action == _BY_LINE else (),
        refusal=reader.t(f"errors.{refusal.code}", **refusal.parameters) if refusal else "",
        instead=_instead(refusal, reader) if refusal else [],
    )


def _instead(refusal: Refusal, reader: Reader) -> list[str]:
    return [label for name in refusal.alternatives if (label := reason_label(name, reader))]


def _picks(pane: Pane, reader: Reader, wanted: Mapping[str, int] | None) -> Sequence[PickView]:
    """The lines to pick from, where the rules let one pick and there is more than one thing."""
    found = pane.cancellable
    several = found is not None and found.picks and sum(line.units for line in found.lines) > 1
    return pick_views(found.lines, reader, wanted) if found and several else ()
