"""Payment methods, as rooms ask which one pays or gets a difference in price. Pure."""

from collections.abc import Sequence

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.rules import MoneyBack, Refusal, said
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.shop.port import Balance, StoreOrder, Tender
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money


def method_field(methods: Sequence[Balance], order: StoreOrder) -> Field:
    """Which method pays or gets a difference.

    Filled in is one that paid the order: one that cannot run out before a balance, and then what paid most.
    """
    paid = {tender.method_ref: tender.amount.amount for tender in order.tenders}
    own = [method for method in methods if method.method_ref in paid]
    likeliest = max(own, key=lambda method: (method.balance is None, paid[method.method_ref]), default=None)
    return Field(
        name="method_ref",
        kind=FieldKind.CHOICE,
        options=tuple(method_option(method) for method in methods),
        default=likeliest.method_ref if likeliest else None,
    )


def method_option(method: Balance, refused: Refusal | None = None) -> FieldOption:
    """A method to choose, with what it holds."""
    note = said("orders.method.balance", balance=method.balance) if method.balance is not None else ""
    return FieldOption(value=method.method_ref, label=method.label, note=note, refusal=refused)


def method_of(methods: Sequence[Balance], method_ref: str) -> Balance:
    """The method with this ref; Refused("method_unknown")."""
    for method in methods:
        if method.method_ref == method_ref:
            return method
    raise Refused("method_unknown", 409)


def as_method(tender: Tender) -> Balance:
    """The method by which a tender is paid."""
    return Balance(method_ref=tender.method_ref, kind=tender.kind, label=tender.label, balance=None)


def check_covers(method: Balance, amount: Money) -> None:
    """Refused("balance_too_low") when the method holds too little to pay the amount."""
    if method.balance is not None and method.balance < amount:
        raise Refused("balance_too_low", 409, balance=method.balance, amount=amount)


def given_back(pack: RulePack, ref: str, method: Balance, amount: Money) -> MoneyBack:
    """Money that goes back to a payment method, and when it shows."""
    usual = pack.refunds.ways(method.kind)[0]
    return MoneyBack(
        tender_ref=ref,
        kind=method.kind,
        label=method.label,
        amount=amount,
        min_days=usual.least_days,
        max_days=usual.most_days,
    )
