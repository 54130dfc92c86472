"""How a difference in price is paid in an exchange: by a method on file at once, or later, while the goods wait."""

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldOption
from madoguchi.core.actions.methods import check_covers, method_field, method_of
from madoguchi.core.actions.rules import Charge, Fact, Said, said
from madoguchi.core.shop.port import Balance, TenderKind
from madoguchi.core.shop.queries import customer_facts, terms
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money
from madoguchi.service.returns.eligibility import Basis


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """How a difference is settled: charged now, still to be paid, or given back by the store to a method."""

    charges: tuple[Charge, ...] = ()
    facts: tuple[Fact, ...] = ()
    to: Balance | None = None


async def _paying(tx: Tx, actor: Actor, of: Basis) -> tuple[Balance, ...]:
    facts = await customer_facts(tx, actor, of.order.customer_id)
    return facts.methods


async def _later(tx: Tx, of: Basis) -> tuple[TenderKind, ...]:
    """Payments that need nothing on file: the new goods wait for them."""
    told = await terms(tx, of.order.store_id)
    return told.pay_later if told else ()


async def payment_field(tx: Tx, actor: Actor, of: Basis) -> Field:
    """Which method on file pays or gets a difference, or what it can be paid by later."""
    field = method_field(await _paying(tx, actor, of), of.document)
    later = tuple(FieldOption(value=kind, label=Said(f"policy.of.{kind}")) for kind in await _later(tx, of))
    return msgspec.structs.replace(field, options=(*field.options, *later))


async def payment_by(tx: Tx, actor: Actor, of: Basis, method_ref: str, difference: Money) -> Payment:
    """How a difference is settled; Refused: method_unknown, balance_too_low."""
    nothing = Money(0, difference.currency)
    if method_ref in await _later(tx, of):
        fact = Fact(Said("orders.to_pay"), said(f"returns.to_pay.{method_ref}", amount=difference))
        return Payment(facts=(fact,) if difference > nothing else ())
    method = method_of(await _paying(tx, actor, of), method_ref)
    check_covers(method, difference)
    return Payment(
        charges=(Charge(method.label, difference),) if difference > nothing else (),
        to=method if of.pack.returns.named_method else None,
    )
