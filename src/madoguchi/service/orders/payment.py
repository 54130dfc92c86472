"""Paying an order by another method; what was paid goes back."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, refusal
from madoguchi.core.actions.methods import as_method, check_covers, given_back, method_of, method_option
from madoguchi.core.actions.rules import Charge, Draft, MoneyBack, Refusal, Said, Slip, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.pack import ChangeWish, RulePack, Way
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import Balance, Operation, StoreOrder, StorePort, Tender
from madoguchi.core.shop.queries import Order, access_order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.orders.opening import Opening, offered, open_for
from madoguchi.service.orders.settling import MoneyPlan


class ChangePayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order is paid by which method on file."""

    order_id: UUID
    method_ref: str


class PaymentPlan(MoneyPlan, frozen=True, kw_only=True):
    """The new method, what goes back by tender, and the slip that was agreed to."""

    method_ref: str


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The methods on file that could pay it."""
    order = await access_order(tx, actor, subject.id)
    facts = await customer_facts(tx, actor, order.customer_id)
    too_low = {one.method_ref: why for one in facts.methods if (why := _too_low(order.document, one))}
    options = await _options(tx, actor, order)
    return (Field(name="method_ref", kind=FieldKind.CHOICE, options=options, left_out=too_low),)


async def draft(tx: Tx, actor: Actor, arguments: ChangePayment) -> Draft:
    """What is taken from the new method and what the old one gets back."""
    opening = await open_for(tx, actor, arguments.order_id, ChangeWish.PAYMENT)
    old = single_payment(opening.facts)
    facts = await customer_facts(tx, actor, opening.order.customer_id)
    method = method_of(facts.methods, arguments.method_ref)
    if method.method_ref == old.method_ref:
        raise Refused("payment_same", 409)
    check_covers(method, old.amount)
    _check_returnable(opening.pack, old)
    free = (await ledger.tenders(tx, opening.order.id))[old.ref].free
    slip = _slip(opening, old, method, free)
    plan = PaymentPlan(method_ref=method.method_ref, money={old.ref: free} if free else {}, slip=slip)
    return opening.draft(slip, plan)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key."""
    return await store.change_payment(
        str(wish.id), wish.order_ref or "", wish.order_version or 0, _plan(wish).method_ref
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether it can still be paid otherwise; who has no other method that could is not offered it."""
    if refused := await offered(tx, actor, subject, ChangeWish.PAYMENT):
        return refused
    order = await access_order(tx, actor, subject.id)
    try:
        _check_returnable(await rules_of(tx, order.store_id), single_payment(order.document))
    except Refused as why_not:
        return refusal(why_not)
    if all(option.refusal for option in await _options(tx, actor, order)):
        return Refusal("payment_same", unrelated=True)
    return None


async def _options(tx: Tx, actor: Actor, order: Order) -> tuple[FieldOption, ...]:
    """The customer's methods that could pay it; the present one with the reason why not."""
    facts = await customer_facts(tx, actor, order.customer_id)
    able = [method for method in facts.methods if _too_low(order.document, method) is None]
    return tuple(method_option(method, _refused(order.document, method)) for method in able)


def single_payment(order: StoreOrder) -> Tender:
    """The one payment of an order; Refused("payment_not_single") when several were made."""
    if len(order.tenders) != 1:
        raise Refused("payment_not_single", 409, alternatives=("service.human",))
    return order.tenders[0]


def _check_returnable(pack: RulePack, old: Tender) -> None:
    """Refused("payment_by_hand") for what was paid in a way by which it cannot go back, such as in cash."""
    if old.captured and not any(way.way is Way.ORIGINAL for way in pack.refunds.ways(old.kind)):
        raise Refused("payment_by_hand", 409, alternatives=("order.cancel", "service.human"))


def _slip(opening: Opening, old: Tender, method: Balance, free: Money) -> Slip:
    back = given_back(opening.pack, old.ref, as_method(old), free)
    void = MoneyBack(tender_ref=old.ref, kind=old.kind, label=old.label, amount=old.amount, void=True)
    return Slip(
        title=Said("orders.payment.title"),
        order_ref=opening.facts.ref,
        lines=(),
        money=(back if free else void,),
        total=free,
        charges=(Charge(method.label, old.amount),),
        rule=opening.rule,
        notices=("change_done",),
        next_step=Said("orders.payment.next" if free else "orders.payment.next.unpaid"),
    )


def _refused(order: StoreOrder, method: Balance) -> Refusal | None:
    paid_by = any(tender.method_ref == method.method_ref for tender in order.tenders)
    return Refusal("payment_same") if paid_by else None


def _too_low(order: StoreOrder, method: Balance) -> Refusal | None:
    """Why a method cannot pay it that holds too little."""
    try:
        check_covers(method, _open_amount(order))
    except Refused as refused:
        return refusal(refused)
    return None


def _open_amount(order: StoreOrder) -> Money:
    return max((tender.amount for tender in order.tenders), default=order.total)


def _plan(wish: Wish) -> PaymentPlan:
    return msgspec.convert(wish.plan, PaymentPlan)
