"""Refunds that need hands: bank transfers in batches, and what a person has to find out."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import Role, outranks
from madoguchi.core.ledger.intents.queries import access_intent, intents_in
from madoguchi.core.ledger.intents.rules import Intent, IntentState, Rail
from madoguchi.core.people.queries import stores
from madoguchi.front.ui.access import LEADERS, STAFF_ONLY, get, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.refunds import queries, verbs
from madoguchi.service.refunds.queries import Payout, Task
from madoguchi.service.refunds.rules import TaskKind

HERE = "/desk/refunds"


class Paid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came back: a tick per refund."""

    back: dict[UUID, str] = {}


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found out; `went` where it is asked whether money went."""

    note: str = ""
    went: bool | None = None


class Waiting(msgspec.Struct, frozen=True):
    """What a store has to pay by bank."""

    store_id: str
    store: str
    count: int
    amount: Money


class Batch(msgspec.Struct, frozen=True):
    """A batch with its refunds."""

    payout: Payout
    lines: Sequence[Intent]


class Question(msgspec.Struct, frozen=True):
    """A task with the refund it is about; `decides`: somebody has to say whether money went."""

    task: Task
    intent: Intent | None
    decides: bool


class Work(msgspec.Struct, frozen=True):
    """Everything that needs hands."""

    waiting: Sequence[Waiting]
    batches: Sequence[Batch]
    questions: Sequence[Question]


@get(HERE, access=STAFF_ONLY)
async def show(services: Services, visitor: Visitor) -> Response[str]:
    """What waits for a transfer, what was handed to the bank, what nobody knows."""
    return await _page(services, visitor, None)


@post(f"{HERE}/payouts/{{store_id:str}}", access=STAFF_ONLY)
async def collect(request: Asked, services: Services, visitor: Visitor, store_id: str) -> Response[str] | Redirect:
    """Put what waits into a batch."""
    await form(request, Nothing)
    try:
        await services.db.run(visitor.actor, lambda tx: verbs.open_payout(tx, visitor.actor, store_id))
    except Refused as refused:
        return await _page(services, visitor, refused)
    return Redirect(HERE, status_code=303)


@get(f"{HERE}/payouts/{{payout_id:uuid}}/list", access=STAFF_ONLY)
async def export(services: Services, visitor: Visitor, payout_id: UUID) -> Response[bytes]:
    """The batch as CSV for the bank."""
    actor = visitor.actor

    async def work(tx: Tx) -> tuple[Payout, str]:
        payout = await queries.access_payout(tx, actor, payout_id)
        return payout, await verbs.export_payout(tx, services.vault, actor, payout_id)

    payout, listed = await services.db.run(actor, work)
    headers = {"content-disposition": f'attachment; filename="{payout.number}.csv"', "cache-control": "no-store"}
    return Response(listed.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


@post(f"{HERE}/payouts/{{payout_id:uuid}}/paid", access=LEADERS)
async def paid(request: Asked, services: Services, visitor: Visitor, payout_id: UUID) -> Redirect:
    """The bank has paid it, except what came back."""
    given = await form(request, Paid)
    came_back = dict.fromkeys(given.back, "no_such_account")
    await services.db.run(visitor.actor, lambda tx: verbs.report_paid(tx, visitor.actor, payout_id, came_back))
    return Redirect(HERE, status_code=303)


@post(f"{HERE}/tasks/{{task_id:uuid}}", access=LEADERS)
async def close(request: Asked, services: Services, visitor: Visitor, task_id: UUID) -> Response[str] | Redirect:
    """Somebody has found out."""
    given = await form(request, Found)
    try:
        await services.db.run(
            visitor.actor, lambda tx: verbs.close_task(tx, visitor.actor, task_id, given.note, went=given.went)
        )
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, refused)
    return Redirect(HERE, status_code=303)


async def _page(services: Services, visitor: Visitor, refused: Refused | None) -> Response[str]:
    found = await services.db.run(visitor.actor, lambda tx: _load(tx, visitor))
    leads = outranks(visitor.actor, Role.LEADER)
    return page(services, visitor, "desk/refunds.html", HERE, refused=refused, found=found, leads=leads)


async def _load(tx: Tx, visitor: Visitor) -> Work:
    ready = await intents_in(tx, [IntentState.RESERVED], Rail.BANK)
    questions = []
    for task in await queries.open_tasks(tx):
        intent = await access_intent(tx, visitor.actor, task.intent_id) if task.intent_id else None
        questions.append(Question(task, intent, task.kind in {TaskKind.UNKNOWN, TaskKind.BY_HAND}))
    return Work(
        waiting=_waiting(ready, {one.id: one.name for one in await stores(tx)}),
        batches=[Batch(one, await queries.lines_of(tx, one.id)) for one in await queries.open_payouts(tx)],
        questions=questions,
    )


def _waiting(ready: Sequence[Intent], names: Mapping[str, str]) -> list[Waiting]:
    found = []
    for store_id, currency in dict.fromkeys((intent.store_id, intent.currency) for intent in ready):
        amounts = [intent.amount for intent in ready if (intent.store_id, intent.currency) == (store_id, currency)]
        found.append(Waiting(store_id, names[store_id], len(amounts), total(amounts, currency)))
    return found
