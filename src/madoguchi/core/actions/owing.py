"""What of an order its customer has still to pay, and what is said about it. Pure."""

from madoguchi.core.actions.rules import Fact, Following, Said, ToPay, said
from madoguchi.core.shop.port import StoreOrder


def to_pay(order: StoreOrder) -> tuple[ToPay, ...]:
    """Payments that the shop waits for; what goods that come back will pay is none of them."""
    return tuple(
        ToPay(label=one.label, amount=one.amount, until=one.pay_by, number=one.payment_number)
        for one in order.tenders
        if one.pay_by and one.amount and not one.captured
    )


def pay_facts(of: tuple[ToPay, ...]) -> tuple[Fact, ...]:
    """How much, how, until when, and under which number."""
    return tuple(fact for one in of for fact in _facts(one))


def pay_first(of: tuple[ToPay, ...], order_page: str) -> Following | None:
    """What whoever asked for a change does next: they pay; None where nothing is to be paid."""
    if not of:
        return None
    return Following(steps=tuple(map(_step, of)), paths={"payment": order_page})


def _step(one: ToPay) -> Said:
    key = "orders.then.pay.number" if one.number else "orders.then.pay"
    return said(key, amount=one.amount, label=one.label, until=one.until, number=one.number or "")


def _facts(one: ToPay) -> tuple[Fact, ...]:
    due = Fact(
        Said("orders.card.to_pay"), said("orders.card.to_pay.by", amount=one.amount, label=one.label, until=one.until)
    )
    return (due, Fact(Said("orders.card.payment_number"), one.number)) if one.number else (due,)
