"""Cards and slips of the catalogue as the templates show them, in the reader's words."""

from datetime import date, datetime

import msgspec

from madoguchi.core.actions.fields import words
from madoguchi.core.actions.owing import pay_facts
from madoguchi.core.actions.rules import Fact, MoneyBack, OrderCard, Parcel, QueueTicket, Said, Slip, SlipLine, Step
from madoguchi.core.shop.port import OrderState, TrackingState
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money


class ItemView(msgspec.Struct, frozen=True):
    """A line of an order."""

    name: str
    quantity: int
    price: Money
    image: str


class StepView(msgspec.Struct, frozen=True):
    """A step of a parcel: `done`, `current`, `todo` or `wrong`; when and where it came there, empty when it has not."""

    label: str
    state: str
    time: str
    place: str


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order, headline first."""

    id: str
    number: str
    url: str
    placed: date
    headline: str
    state: str
    tone: str
    seller: str
    items: tuple[ItemView, ...]
    total: Money
    steps: tuple[StepView, ...]
    facts: tuple[tuple[str, str], ...]


class SlipView(msgspec.Struct, frozen=True, kw_only=True):
    """A slip: lines of (label, money, note); `ways` are pages that are needed now, (label, url)."""

    title: str
    number: str
    lines: tuple[tuple[str, Money | None, str], ...]
    total: tuple[str, Money] | None
    warning: str
    next: str
    rule: str
    state: str
    state_label: str
    state_time: str
    expires: datetime | None
    photos: tuple[str, ...] = ()
    ways: tuple[tuple[str, str], ...] = ()


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """A place in line."""

    state: str
    place: int
    wait: str
    number: str
    headline: str
    note: str


_ROAD = (
    TrackingState.INFO_RECEIVED,
    TrackingState.IN_TRANSIT,
    TrackingState.OUT_FOR_DELIVERY,
    TrackingState.DELIVERED,
)
_BEFORE = {  # what stands beside the road, and the station after which it stands
    TrackingState.EXCEPTION: TrackingState.IN_TRANSIT,
    TrackingState.ATTEMPT_FAILED: TrackingState.OUT_FOR_DELIVERY,
    TrackingState.AVAILABLE_FOR_PICKUP: TrackingState.OUT_FOR_DELIVERY,
    TrackingState.EXPIRED: TrackingState.OUT_FOR_DELIVERY,
    TrackingState.RETURNED_TO_SENDER: TrackingState.OUT_FOR_DELIVERY,
}
_WRONG = _BEFORE.keys() - {TrackingState.AVAILABLE_FOR_PICKUP}
_TONES = {
    OrderState.PENDING_PAYMENT: "waiting",
    OrderState.DELIVERED: "done",
    OrderState.CANCELLED: "plain",
}


def order_view(card: OrderCard, reader: Reader) -> OrderView:
    """An order in one plain sentence, its parcel's steps, its lines."""
    parcel = next((p for p in card.parcels if p.delivered_at is None), card.parcels[0] if card.parcels else None)
    return OrderView(
        id=str(card.id),
        number=card.ref,
        url=f"/orders/{card.id}",
        placed=card.placed_at.astimezone(reader.zone).date(),
        headline=_headline(card, parcel, reader),
        state=reader.t("orders.state.late") if card.late else reader.t(f"orders.state.{card.state}"),
        tone="risk" if card.late else _TONES.get(card.state, "plain"),
        seller=card.seller or "",
        items=_items(card, reader),
        total=card.total,
        steps=parcel_steps(parcel, reader) if parcel else (),
        facts=tuple((fact.label.to(reader), words(fact.words, reader)) for fact in _facts(card)),
    )


def _facts(card: OrderCard) -> tuple[Fact, ...]:
    """What is still to be paid, what the shop agreed to, and who brings what, under which number, agreed how."""
    coming = [parcel for parcel in card.parcels if parcel.carrier and parcel.delivered_at is None]
    return (
        *pay_facts(card.to_pay),
        *card.facts,
        *(fact for parcel in coming for fact in (_number(parcel), *parcel.agreed)),
    )


def _number(parcel: Parcel) -> Fact:
    return Fact(Said("delivery.fact.parcel"), f"{parcel.carrier} {parcel.number}")


def slip_view(
    slip: Slip, reader: Reader, *, done_at: datetime | None = None, expires: datetime | None = None
) -> SlipView:
    """A slip, open or (with `done_at`) done."""
    lines: list[tuple[str, Money | None, str]] = [(_line_name(line, reader), line.amount, "") for line in slip.lines]
    if slip.fees:
        lines.append((reader.t("orders.fees"), slip.fees, ""))
    if slip.money:
        lines.append((reader.t("orders.slip.expected" if slip.expected else "orders.slip.back_to"), None, ""))
        lines += [(money.whose(reader), money.amount, _when(slip, money, reader)) for money in slip.money]
    if slip.charges:
        lines.append((reader.t("orders.slip.charged_to"), None, ""))
        lines += [(charge.label, charge.amount, "") for charge in slip.charges]
    lines += [(fact.label.to(reader), None, words(fact.words, reader)) for fact in slip.facts]
    ways = slip.then.ways if slip.then and done_at else ()
    return SlipView(
        title=slip.title.to(reader),
        number=slip.order_ref,
        lines=tuple(lines),
        total=_total(slip, reader),
        warning=" ".join(said.to(reader) for said in slip.irreversible),
        next=_next(slip, reader, done=done_at is not None),
        rule=slip.rule.to(reader) if slip.rule else "",
        state=_state(slip, done=done_at is not None),
        state_label=reader.t("orders.slip.agreed" if slip.then else "orders.slip.done") if done_at else "",
        state_time=reader.datetime(done_at) if done_at else "",
        expires=expires,
        photos=tuple(f"/photos/{photo}" for photo in slip.photos),
        ways=tuple((reader.t(f"notices.link.{name}"), path) for name, path in ways),
    )


def _state(slip: Slip, *, done: bool) -> str:
    """What goes on once it was done is only agreed to, and bears no seal."""
    if not done:
        return "open"
    return "agreed" if slip.then else "done"


def _next(slip: Slip, reader: Reader, *, done: bool) -> str:
    """What confirming does; once that is done, what goes on."""
    if not done:
        return slip.next_step.to(reader) if slip.next_step else ""
    return "\n".join(said.to(reader) for said in slip.then.steps) if slip.then else ""


def _total(slip: Slip, reader: Reader) -> tuple[str, Money] | None:
    """What comes back, or what is to be paid; nothing where no money moves."""
    if slip.money:
        return reader.t("orders.slip.total.expected" if slip.expected else "orders.slip.total"), slip.total
    return (reader.t("orders.slip.charge_total"), slip.charged) if slip.charges else None


def ticket_view(ticket: QueueTicket, reader: Reader, number: str = "") -> TicketView:
    """A place in line, in words."""
    state = {"assigned": "connected", "waiting": "waiting", "offered": "offered", "left": "left"}[ticket.state]
    if state == "waiting" and ticket.people_online == 0:
        state = "closed"
    wait = ""
    if ticket.wait_minutes:
        low, high = ticket.wait_minutes
        key = "routing.wait.about" if low == high else "routing.wait.range"
        wait = reader.t(key, low=low, high=high)
    note = reader.t(f"routing.ticket.{state}.note")
    if ticket.opens_at:
        note = f"{reader.t('routing.ticket.opens', at=ticket.opens_at)} {note}"
    return TicketView(
        state=state,
        place=ticket.place,
        wait=wait,
        number=number,
        headline=reader.t(f"routing.ticket.{state}", name=ticket.associate or ""),
        note=note,
    )


def _line_name(line: SlipLine, reader: Reader) -> str:
    name = words(line.name, reader)
    return name if line.quantity == 1 else f"{name} × {line.quantity}"


def _items(card: OrderCard, reader: Reader) -> tuple[ItemView, ...]:
    items = [ItemView(item_name(line.name, line.options, reader), line.quantity, line.total, "") for line in card.lines]
    return (*items, ItemView(reader.t("orders.fees"), 1, card.fees, "")) if card.fees else tuple(items)


def _headline(card: OrderCard, parcel: Parcel | None, reader: Reader) -> str:
    if parcel and parcel.held_until and _waits(parcel):
        return reader.t(f"orders.headline.{parcel.state}", day=reader.local_day(parcel.held_until))
    if card.late:
        known = parcel.promised_until if parcel and parcel.promised_until != parcel.first_promised_until else None
        if known is None:
            return reader.t("orders.headline.late.unknown")
        return reader.t("orders.headline.late", day=reader.local_day(known))
    if card.state is OrderState.PENDING_PAYMENT and card.pay_by:
        return reader.t("orders.headline.pay_by", day=reader.local_day(card.pay_by))
    if card.held:
        return reader.t("orders.headline.held")
    if card.state is OrderState.DELIVERED and parcel and parcel.delivered_at:
        return reader.t("orders.headline.delivered", day=reader.local_day(parcel.delivered_at))
    promised = parcel.promised_until if parcel and parcel.promised_until else card.promised_until
    if promised and card.state not in {OrderState.CANCELLED, OrderState.DELIVERED}:
        return reader.t(f"orders.headline.{card.state}.until", day=reader.local_day(promised))
    undated = card.state is OrderState.DELIVERED
    return reader.t(f"orders.headline.{card.state}{'.undated' if undated else ''}")


def _waits(parcel: Parcel) -> bool:
    """For the customer: to say when it shall come again, or to come for it."""
    missed = parcel.state is TrackingState.ATTEMPT_FAILED and not parcel.agreed
    return missed or parcel.state is TrackingState.AVAILABLE_FOR_PICKUP


def parcel_steps(parcel: Parcel, reader: Reader) -> tuple[StepView, ...]:
    """The road of a parcel, with what was reached and what lies ahead."""
    reached = {step.state: step for step in parcel.steps}
    views = []
    for state in _ROAD:
        step = reached.get(state)
        if step is None and state is TrackingState.INFO_RECEIVED and parcel.steps:
            step = parcel.steps[0]
        on_the_way = state is parcel.state and state is not TrackingState.DELIVERED
        views.append(_step_view(state, step, "current" if on_the_way else "done" if step else "todo", reader))
        if state is _BEFORE.get(parcel.state):
            how = "wrong" if parcel.state in _WRONG else "current"
            views.append(_step_view(parcel.state, reached.get(parcel.state), how, reader))
    return tuple(views)


def _step_view(state: TrackingState, step: Step | None, how: str, reader: Reader) -> StepView:
    label = reader.t(f"orders.tracking.{state}")
    return StepView(label, how, reader.datetime(step.at) if step else "", step.place if step else "")


def _when(slip: Slip, money: MoneyBack, reader: Reader) -> str:
    if money.void:
        return reader.t("orders.money.void")
    if money.max_days == 0:
        return "" if slip.expected else reader.t("orders.money.at_once")
    if money.min_days in {0, money.max_days}:
        return reader.t("orders.money.within", n=money.max_days)
    return reader.t("orders.money.days", low=money.min_days, high=money.max_days)


def item_name(name: str, options: dict[str, str], reader: Reader) -> str:
    """What was ordered, with its colour, size and the like."""
    return reader.t("orders.item", name=name, options=" / ".join(options.values())) if options else name
