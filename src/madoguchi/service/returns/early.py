"""What was given before it was sure: how much of it is redeemed by what came back, and what becomes of the rest."""

from collections.abc import Sequence
from datetime import timedelta

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.advances import verbs as advances
from madoguchi.core.ledger.advances.queries import access_advance, open_advance
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.core.policy.queries import rules_of
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Reception
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, counted

_FOR_GOOD = frozenset({AdvanceState.FINAL, AdvanceState.RECOVERED, AdvanceState.FORGIVEN})


async def account(tx: Tx, of: Return, *, told: bool = False) -> Advance | None:
    """Have an open advance on a (locked) return stand where its units say; while it is charged it stays as it is.

    What is owed from now on; with `told` whoever calls tells the customer of it.
    """
    units = await queries.units_of(tx, of.id)
    for unit in units:
        if unit.settled_at and not unit.replaced and unit.paid < unit.redeemed:
            await unit_rows.reopen(tx, unit.id)
    advance = await open_advance(tx, of.order_id, of.subject)
    if advance is None or advance.charge_key:
        return None
    given = [unit for unit in units if unit.advance_id == advance.id]
    left = [unit for unit in given if unit.stands_open]
    if not left and any(unit.reception is Reception.LOST for unit in given):
        await advances.let_be(tx, advance.id)
    elif not left:
        await advances.recover(tx, SYSTEM, advance.id, "")
    else:
        redeemed = sum(unit.redeemed for unit in given) - await queries.fees_taken(tx, advance.id)
        owed = advance.amount - Money(max(redeemed, 0), advance.currency)
        await advances.leave_open(tx, advance.id, owed, counted([unit for unit in left if not unit.redeemed]))
        if await _wait_or_call_back(tx, of, advance, left, told=told):
            return await access_advance(tx, SYSTEM, advance.id)
    return None


async def taken_again(tx: Tx, advance: Advance, units: Sequence[Unit]) -> bool:
    """The customer has paid what was not redeemed again, and owes nothing; whether that bought goods.

    What comes back all the same is paid for anew. Twice is as good as once.
    """
    given = [unit for unit in units if unit.advance_id == advance.id]
    left = advance.owed_minor
    for unit in sorted(given, key=lambda one: not one.stands_open):
        taken = min(left, (unit.worth or 0) if unit.replaced else unit.paid)
        left -= taken
        await unit_rows.take_again(tx, unit.id, 0 if unit.replaced else taken, bought=unit.replaced and taken > 0)
    return advance.goods and bool(given)


async def is_for_good(tx: Tx, unit: Unit) -> bool:
    """Whether something was given for a unit that nobody takes back, whatever is found: then the goods are ours."""
    if not (unit.paid or unit.replaced):
        return False
    if unit.advance_id is None:
        return True
    async with tx.acting(SYSTEM):
        return (await access_advance(tx, SYSTEM, unit.advance_id)).state in _FOR_GOOD


async def _wait_or_call_back(tx: Tx, of: Return, advance: Advance, left: Sequence[Unit], *, told: bool) -> bool:
    """Whether it is owed from now on."""
    receptions = {unit.reception for unit in left}
    if any(unit.under_way for unit in left):
        await advances.travels(tx, advance.id)
    elif advance.state is AdvanceState.RECHARGE_DUE:
        return False
    elif Reception.AWAITING in receptions:
        if advance.state is AdvanceState.UNDER_WAY:  # it went back to whoever sent it
            days = (await rules_of(tx, of.store_id)).advance.recover_after_days
            await advances.expect_back(tx, advance.id, tx.now + timedelta(days=days))
    elif advance.state is AdvanceState.UNDER_WAY or receptions != {Reception.EXPIRED}:
        return await advances.call_back(tx, advance.id, told=told)
    return False
