"""What people agree to and are told: the slips of returns. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from madoguchi.core.actions.paying_back import money_back
from madoguchi.core.actions.rules import Fact, MoneyBack, Said, Slip, SlipLine, said
from madoguchi.core.ledger.rules import LineUnits, by_tender
from madoguchi.core.ledger.rules import Part as Back
from madoguchi.core.policy.decisions import Reason, ReturnDecision
from madoguchi.core.policy.pack import Payer, Trigger
from madoguchi.core.policy.paying_back import parts, to_recipient
from madoguchi.core.shop.port import Balance, OrderLine, StoreOrder, TenderKind
from madoguchi.kit.money import Money, telescoped, total
from madoguchi.service.returns.eligibility import Basis, recallable
from madoguchi.service.returns.folding import comes_to_nothing
from madoguchi.service.returns.plans import Part, ReturnPlan
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import NOT_HERE, WITHOUT_GOODS, Acceptance, Fee, Reception, Wish
from madoguchi.service.returns.units.rules import Due, Unit, share_of


def named(line: OrderLine) -> str:
    """What was ordered, with its colour, size and the like."""
    chosen = " / ".join(line.options.values())
    return f"{line.name} ({chosen})" if chosen else line.name


def blank(order: StoreOrder) -> Slip:
    """A slip of an order, with nothing on it."""
    return Slip(
        title=Said("returns.title.refund"),
        order_ref=order.ref,
        lines=(),
        money=(),
        total=Money(0, order.currency),
        notices=("change_done",),
    )


def unit_worths(line: OrderLine, settled: int, units: int) -> list[int]:
    """What each of some units of a line costs, one after the other, in minor units (I10)."""
    return [telescoped(line.total.amount, line.quantity, settled + done, 1) for done in range(units)]


def outward(order: StoreOrder, held: Mapping[str, LineUnits], units: Mapping[str, int]) -> Money:
    """What sending it cost, where with these units the price of everything that was ordered is given back."""
    everything = all(line.refunded + units.get(ref, 0) == line.ordered for ref, line in held.items())
    return order.fees if units and everything else Money(0, order.currency)


def opening(of: Basis, plan: ReturnPlan, decisions: Sequence[ReturnDecision], to: Balance | None) -> Slip:
    """What comes back, and what is given for it if it is as the customer says; `decisions` are those of its lines."""
    order = of.document
    rule, *further = because([reason for one in decisions for reason in one.reasons])
    slip = msgspec.structs.replace(
        blank(order),
        title=Said(f"returns.title.{plan.wish}"),
        facts=(*_facts(of, plan, decisions[0]), *(Fact(Said("returns.fact.rule"), one) for one in further)),
        rule=rule,
        notices=("exchange_agreed" if plan.wish is Wish.EXCHANGE else "return_agreed",),
        next_step=_next_step(plan),
        expected=True,
    )
    if plan.wish is not Wish.REFUND:
        return msgspec.structs.replace(slip, facts=(*goods(plan.parts), *slip.facts))
    lines = tuple(_line(of, part) for part in plan.parts)
    fees = tuple(fee_lines({Fee.RETURN_POSTAGE: plan.postage, Fee.RESTOCKING: _restocking(of, plan)}, order.currency))
    price = total([line.amount for line in lines], order.currency)
    if plan.outward:
        price += outward(order, of.held, plan.units)
    price += total([fee.amount for fee in fees], order.currency)
    back = money(of, plan, max(price, Money(0, order.currency)), to)
    slip = msgspec.structs.replace(
        slip, lines=(*lines, *fees), money=back, total=total([part.amount for part in back], order.currency)
    )
    return for_recipient(slip, of.gift.number) if of.gift else slip


def because(reasons: Sequence[Reason]) -> list[Said]:
    """What the rules say, each once."""
    told = [Said(one.key, one.parameters) for one in reasons]
    return [one for at, one in enumerate(told) if one not in told[:at]]


def for_recipient(slip: Slip, number: str) -> Slip:
    """The same for whoever got it as a present: what comes back, and what their balance gets; no price, no payment."""
    told = tuple(Fact(Said(_FACT[line.line_ref is None]), _what(line)) for line in slip.lines)
    slip = msgspec.structs.replace(slip, order_ref=number, lines=(), facts=(*told, *slip.facts))
    if not slip.money:
        return slip
    whole = msgspec.structs.replace(
        slip.money[0], tender_ref="", kind=TenderKind.GIFT_BALANCE, label="", amount=slip.total
    )
    amount = SlipLine(name=Said("returns.gift.amount"), quantity=1, amount=slip.total)
    return msgspec.structs.replace(slip, lines=(amount,), money=(whole,))


_FACT = {False: "returns.fact.goods", True: "returns.fact.taken_off"}  # whether a line is none of goods


def _what(line: SlipLine) -> str | Said:
    return line.name if line.quantity == 1 else said("returns.goods", name=line.name, n=line.quantity)


def money(of: Basis, plan: ReturnPlan, price: Money, to: Balance | None) -> tuple[MoneyBack, ...]:
    """Where a price goes that is given back: to the tenders, or by the store itself to a method."""
    if not price:
        return ()
    if to:
        usual = of.pack.refunds.ways(to.kind)[0]
        one = MoneyBack(
            tender_ref="",
            kind=to.kind,
            label=to.label,
            amount=price,
            min_days=usual.least_days,
            max_days=usual.most_days,
        )
        return (one,)
    owed = by_tender(of.money, price)
    if of.gift:
        return money_back(to_recipient(of.pack, of.document, owed, of.gift.id))
    return money_back(parts(of.pack, of.document, owed, plan.refund_to))


def agreed(slip: Slip, number: str) -> Slip:
    """The same with the number under which it is known."""
    return msgspec.structs.replace(slip, facts=(Fact(Said("returns.fact.number"), number), *slip.facts))


def goods(parts: Sequence[Part]) -> tuple[Fact, ...]:
    """What comes back, line by line."""
    return tuple(Fact(Said("returns.fact.goods"), said("returns.goods", name=one.name, n=one.units)) for one in parts)


def fee_lines(fees: Mapping[Fee, int], currency: str) -> Sequence[SlipLine]:
    """What is taken off, line by line."""
    return [
        SlipLine(name=Said(f"returns.fee.{kind}"), quantity=1, amount=Money(-amount, currency))
        for kind, amount in fees.items()
        if amount
    ]


def _line(of: Basis, part: Part) -> SlipLine:
    line = next(line for line in of.document.lines if line.ref == part.line_ref)
    worths = unit_worths(line, of.held[line.ref].settled, part.units)
    amount = sum(share_of(worth, part.percent) for worth in worths)
    return SlipLine(name=part.name, quantity=part.units, amount=Money(amount, of.document.currency), line_ref=line.ref)


def _restocking(of: Basis, plan: ReturnPlan) -> int:
    return share_of(total(list(of.worth(plan.units).values()), of.document.currency).amount, plan.restocking)


def _facts(of: Basis, plan: ReturnPlan, decision: ReturnDecision) -> tuple[Fact, ...]:
    facts = [Fact(Said("returns.fact.reason"), Said(f"returns.reason.{plan.reason}"))]
    if plan.condition:
        facts.append(Fact(Said("returns.fact.condition"), Said(f"returns.condition.{plan.condition}")))
    if plan.method is None:
        return tuple(facts)
    paid = "ours" if decision.postage is Payer.SHOP else "taken_off" if plan.postage else "yours"
    return (
        *facts,
        Fact(Said("returns.fact.method"), Said(f"returns.method.{plan.method}")),
        Fact(Said("returns.fact.postage"), Said(f"returns.postage.{paid}")),
        Fact(Said("returns.fact.until"), said("returns.until", until=plan.send_until)),
        Fact(Said("returns.fact.when"), Said(f"returns.when.{plan.wish}.{plan.refund_on}")),
        *_early(of, plan),
    )


def _early(of: Basis, plan: ReturnPlan) -> tuple[Fact, ...]:
    """What is asked back of what is given before anybody has looked at the goods, and can be."""
    again = recallable(of.document, of.money, plan.wish, gift=of.gift is not None)
    if plan.refund_on is Trigger.INSPECTED or not again:
        return ()
    return (Fact(Said("returns.fact.early"), Said(f"returns.early.{plan.wish}")),)


def _next_step(plan: ReturnPlan) -> Said:
    if plan.approval:
        return Said("returns.next.approval")
    return Said(f"returns.next.{plan.method}" if plan.method else "returns.next.keep")


def settlement(
    of: Return,
    order: StoreOrder,
    units: Sequence[Unit],
    due: Sequence[Due],
    fees: Mapping[Fee, int],
    back: Sequence[Back],
) -> Slip:
    """What is given for units now, line by line, and where it is less than was promised, why and by how much."""
    slip = _settlement(of, order, units, due, fees, back)
    if of.gift_id:
        return for_recipient(slip, of.called)
    return msgspec.structs.replace(slip, facts=(*slip.facts, *_less(order, units, due), *_answer(of)))


def _answer(of: Return) -> tuple[Fact, ...]:
    """What a leader said to what the warehouse had left open; to an objection it is answered in a letter of its own."""
    return (Fact(Said("returns.fact.answer"), of.answer),) if of.answer and of.appealed_at is None else ()


def _settlement(
    of: Return,
    order: StoreOrder,
    units: Sequence[Unit],
    due: Sequence[Due],
    fees: Mapping[Fee, int],
    back: Sequence[Back],
) -> Slip:
    lines = {line.ref: line for line in order.lines}
    rows: dict[tuple[str, str, int], SlipLine] = {}
    for unit, one in zip(units, due, strict=True):
        exchanged = of.wish is Wish.EXCHANGE and one.replace
        key = (unit.line_ref, "exchanged" if exchanged else _how(unit), unit.given)
        before = rows.get(key) or SlipLine(
            name=said(f"returns.line.{key[1]}", name=unit.name, percent=unit.given),
            quantity=0,
            amount=Money(0, order.currency),
            line_ref=lines[unit.line_ref].ref,
        )
        rows[key] = msgspec.structs.replace(
            before, quantity=before.quantity + 1, amount=before.amount + Money(one.pay, order.currency)
        )
    return msgspec.structs.replace(
        blank(order),
        title=Said(f"returns.title.settled.{'nothing' if comes_to_nothing(units) else _given_for(of, units)}"),
        lines=(*rows.values(), *fee_lines(fees, order.currency)),
        money=money_back(back),
        total=total([part.amount for part in back], order.currency),
        facts=(Fact(Said("returns.fact.number"), of.number or ""), *_why(units), *_called_off(units)),
        next_step=Said(f"returns.next.settled{_left(units, back)}"),
    )


def _given_for(of: Return, units: Sequence[Unit]) -> Wish:
    """What these units bring: their price where the goods that were to go out for them were called off."""
    return Wish.REFUND if all(unit.called_off for unit in units) else of.wish


def _called_off(units: Sequence[Unit]) -> tuple[Fact, ...]:
    """For which of them nothing goes out in an exchange, line by line."""
    label = Said("returns.fact.called_off")
    return tuple(
        msgspec.structs.replace(fact, label=label) for fact in kept([unit for unit in units if unit.called_off])
    )


def settled(slip: Slip, created: str | None) -> Slip:
    """With the number under which other goods are sent."""
    if created is None:
        return slip
    return msgspec.structs.replace(slip, facts=(Fact(Said("returns.fact.replacement"), created), *slip.facts))


def _how(unit: Unit) -> str:
    """How a unit ended, in one word."""
    if unit.reception in {*WITHOUT_GOODS, *NOT_HERE}:
        return unit.reception
    return unit.acceptance


def _left(units: Sequence[Unit], back: Sequence[Back]) -> str:
    """What the customer still has to know: of something else that came, of the money, or of neither."""
    if any(unit.reception is Reception.WRONG_ITEM for unit in units):
        return ".wrong_item"
    return "" if back else ".no_money"


def _why(units: Sequence[Unit]) -> tuple[Fact, ...]:
    whys = dict.fromkeys(unit.why for unit in units if unit.why)
    return tuple(Fact(Said("returns.fact.why"), Said(f"returns.why.{why}")) for why in whys)


def _less(order: StoreOrder, units: Sequence[Unit], due: Sequence[Due]) -> tuple[Fact, ...]:
    """By how much what is given for units is less than what was promised for them."""
    less = sum(
        share_of(one.worth or 0, unit.promised) - share_of(one.worth or 0, unit.given)
        for unit, one in zip(units, due, strict=True)
        if unit.acceptance is Acceptance.REDUCED
    )
    if not less:
        return ()
    return (Fact(Said("returns.fact.less"), said("returns.less", amount=Money(less, order.currency))),)


def kept(units: Sequence[Unit]) -> tuple[Fact, ...]:
    """What stays with the customer, line by line."""
    names = [unit.name for unit in units]
    return tuple(
        Fact(Said("returns.fact.goods"), said("returns.goods", name=name, n=names.count(name)))
        for name in dict.fromkeys(names)
    )
