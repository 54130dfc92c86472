"""Letting time pass in a shop. Runs in the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace
from psycopg.types.json import Jsonb

from madoguchi.core.shop.port import Failure
from madoguchi.edge.stores.demo import money, queries, rules, verbs
from madoguchi.edge.stores.demo.operations import living, subscribing
from madoguchi.edge.stores.demo.operations import queries as operations
from madoguchi.edge.stores.demo.operations.answers import Facts
from madoguchi.edge.stores.demo.operations.asked import Stoppable
from madoguchi.edge.stores.demo.operations.queries import OperationRow
from madoguchi.edge.stores.demo.operations.verbs import failed, succeeded
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.edge.stores.demo.shops import Shop
from madoguchi.edge.stores.demo.verbs import Step
from madoguchi.edge.stores.demo.warehouse.queries import due_orders
from madoguchi.kit.db import Tx


async def tick(tx: Tx, shop: Shop, now: datetime) -> int:
    """Let warehouse and carriers do what was planned until `now`; how many orders changed. One at a time per shop."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [shop.id])
    due = {row.ref: row for row in await due_orders(tx, shop.id, now)}
    asked: dict[str, list[OperationRow]] = {}
    for row in await operations.undecided(tx, shop.id, list(due)):
        asked.setdefault(row.subject, []).append(row)
    steps = []
    for order in await queries.orders(tx, shop.id, list(due), until=now):
        plan, step = due[order.ref].plan, Step(order, order)
        decided: list[OperationRow] = []
        if order.ref in asked:
            customer = await queries.locked_customer(tx, shop.id, order.customer_ref)
            assert customer
            facts = Facts(now=now, order=order, customer=customer, refunds=shop.refunds, wrapping=shop.wrapping)
            plan, step, decided = _decided(facts, plan, asked[order.ref])
        steps.append(_progressed(step, plan, now))
        await _answer(tx, shop, decided)
    await verbs.write(tx, shop, steps, now)
    await _end_subscriptions(tx, shop, now)
    await tx.execute("update shops set told_until = greatest(told_until, %s) where id = %s", [now, shop.id])
    return len(steps)


def _decided(facts: Facts, plan: Plan, asked: Sequence[OperationRow]) -> tuple[Plan, Step, list[OperationRow]]:
    """The warehouse decides what it was asked, and sends at once what it can no longer stop."""
    step = Step(facts.order, facts.order)
    decided: list[OperationRow] = []
    for row in asked:
        wish = row.asked
        assert isinstance(wish, Stoppable)
        answer = living.answer_of_warehouse(replace(facts, order=step.after), wish, may_stop=plan.may_stop)
        if isinstance(answer, Failure):
            decided.append(failed(row, answer))
        else:
            decided.append(succeeded(row, answer.movements))
            step = replace(step, after=answer.order, movements=step.movements + answer.movements)
        if answer is Failure.TOO_LATE:
            plan = replace(plan, allocate_at=facts.now, ships_at=facts.now)
    return plan, step, decided


def _progressed(step: Step, plan: Plan, now: datetime) -> Step:
    """What was planned until `now` has happened too."""
    after = rules.progressed(step.after, plan, now)
    return replace(step, after=after, movements=step.movements + money.movements(step.after, after))


async def _answer(tx: Tx, shop: Shop, decided: Iterable[OperationRow]) -> None:
    await tx.many(
        """update operations set state = %s, code = %s, refunds = %s, charges = %s, decide_at = null
           where shop_id = %s and key = %s""",
        [(row.state, row.code, Jsonb(row.refunds), Jsonb(row.charges), shop.id, row.key) for row in decided],
    )


async def _end_subscriptions(tx: Tx, shop: Shop, now: datetime) -> None:
    """What was to end at its renewal has ended."""
    holders = await tx.value(
        """with ended as (
             update subscriptions set state = %s, renews_at = null
             where shop_id = %s and state = %s and renews_at <= %s returning customer_ref)
           select coalesce(array_agg(distinct customer_ref), '{}') from ended""",
        [subscribing.ENDED, shop.id, subscribing.ENDS_AT_RENEWAL, now],
    )
    await verbs.tell_of_customers(tx, shop, holders)
