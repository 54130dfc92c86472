"""Accounts, payouts, other ways, and what people find out. Never commits and never goes outside."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role, outranks
from madoguchi.core.actions.fields import BankAccount
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.queries import access_intent, intents_in
from madoguchi.core.ledger.intents.rules import IntentState, Rail
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.queries import rules_of
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import Vault, clean_text
from madoguchi.service.refunds import queries
from madoguchi.service.refunds.accounts import masked, normalised
from madoguchi.service.refunds.queries import Payout, Task
from madoguchi.service.refunds.rules import Finding, TaskKind

KEPT_FOR = timedelta(days=90)  # an account after its refund ended, for questions about it
_PURPOSE = "bank-account"


async def give_account(tx: Tx, vault: Vault, actor: Actor, intent_id: UUID, given: BankAccount) -> None:
    """Say where a refund by bank goes; it can be corrected until it is paid out.

    Refused: refund_not_open, and bank_… for what is wrong with the account.
    """
    intent = await access_intent(tx, actor, intent_id, lock=True)
    if intent.rail is not Rail.BANK or intent.state not in {IntentState.PLANNED, IntentState.RESERVED}:
        raise Refused("refund_not_open", 409)
    account = normalised(given)
    sealed = vault.seal(_PURPOSE, msgspec.json.encode(account))
    await tx.execute(
        """insert into bank_accounts (intent_id, sealed, shown, given_at) values (%s, %s, %s, %s)
           on conflict (intent_id) do update
           set sealed = excluded.sealed, shown = excluded.shown, given_at = excluded.given_at""",
        [intent_id, sealed, masked(account), tx.now],
    )
    await intents.ready_refund(tx, intent_id)


async def go_another_way(tx: Tx, actor: Actor, intent_id: UUID, destination: Destination) -> UUID:
    """Let a refund that failed, or still waits for an account, go elsewhere; the new intent's id."""
    intent = await access_intent(tx, actor, intent_id)
    days = await _days(tx, intent.store_id, destination)
    return await intents.reroute_refund(tx, intent_id, destination, days)


async def heard_of(tx: Tx, key: str) -> bool:
    """A provider has news of a refund: have it looked at. False when it is none of ours."""
    if not await queries.known(tx, key):
        return False
    await intents.enqueue_refund(tx, UUID(key))
    return True


# --- payouts


async def open_payout(tx: Tx, actor: Actor, store_id: str) -> Payout:
    """Put all refunds of a store that wait for a bank transfer into a batch; Refused("nothing_to_pay")."""
    _must_be(actor, Role.ASSOCIATE)
    waiting = [
        intent for intent in await intents_in(tx, [IntentState.RESERVED], Rail.BANK) if intent.store_id == store_id
    ]
    if not waiting:
        raise Refused("nothing_to_pay", 409)
    payout_id = ids.uuid7()
    await tx.execute(
        "insert into payouts (id, number, store_id, made_by, made_at) values (%s, %s, %s, %s, %s)",
        [payout_id, ids.number("B"), store_id, actor.id, tx.now],
    )
    for intent in waiting:
        await intents.claim_refund(tx, intent.id)
    await tx.many(
        "insert into payout_lines (intent_id, payout_id) values (%s, %s)",
        [(intent.id, payout_id) for intent in waiting],
    )
    return await queries.access_payout(tx, actor, payout_id)


async def export_payout(tx: Tx, vault: Vault, actor: Actor, payout_id: UUID) -> str:
    """The batch as CSV with the fields of a transfer file: bank, branch, kind, number, holder, amount, our number."""
    _must_be(actor, Role.ASSOCIATE)
    await queries.access_payout(tx, actor, payout_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["bank", "branch", "kind", "number", "holder", "amount", "reference"])
    for intent in await queries.lines_of(tx, payout_id):
        account = await _account(tx, vault, intent.id)
        kind = {"ordinary": "1", "current": "2", "savings": "4"}[account.kind]
        amount = str(intent.amount.decimal())
        writer.writerow([account.bank, account.branch, kind, account.number, account.holder, amount, intent.number])
    return out.getvalue()


async def report_paid(tx: Tx, actor: Actor, payout_id: UUID, came_back: Mapping[UUID, str]) -> None:
    """The bank has paid the batch, except what came back (intent → code); a leader says so. Twice is as once."""
    _must_be(actor, Role.LEADER)
    payout = await queries.access_payout(tx, actor, payout_id, lock=True)
    if payout.paid_at is not None:
        return
    for intent in await queries.lines_of(tx, payout_id):
        if intent.id in came_back:
            await intents.fail_refund(tx, intent.id, came_back[intent.id])
        else:
            await intents.settle_refund(tx, intent.id, payout.number, booked=False)
            await intents.enqueue_refund(tx, intent.id)
    await tx.execute("update payouts set paid_at = %s where id = %s", [tx.now, payout_id])


async def wipe_accounts(tx: Tx, before: datetime) -> int:
    """Forget accounts whose refunds ended before a moment; how many."""
    return await tx.execute(
        """update bank_accounts a set sealed = null, wiped_at = %s
           where sealed is not null and exists (
             select 1 from refund_intents i where i.id = a.intent_id
               and i.state in ('succeeded', 'failed', 'rerouted') and coalesce(i.settled_at, i.made_at) < %s)""",
        [tx.now, before],
    )


# --- what people find out


async def open_task(tx: Tx, store_id: str, kind: TaskKind, intent_id: UUID | None, outside_ref: str | None) -> None:
    """Ask people to find something out, once."""
    await tx.execute(
        """insert into refund_tasks (id, store_id, kind, intent_id, outside_ref, opened_at)
           values (%s, %s, %s, %s, %s, %s) on conflict do nothing""",
        [ids.uuid7(), store_id, kind, intent_id, outside_ref, tx.now],
    )


async def found_out(tx: Tx, intent_id: UUID) -> None:
    """An answer came after all: nobody has to find it out any more."""
    await tx.execute(
        "update refund_tasks set done_at = %s where intent_id = %s and kind = %s and done_at is null",
        [tx.now, intent_id, TaskKind.UNKNOWN],
    )


async def take_findings(tx: Tx, store_id: str, findings: list[Finding]) -> None:
    """Look again at intents that are behind, and ask people about the rest."""
    for finding in findings:
        if finding.kind is None:
            assert finding.intent_id
            await intents.enqueue_refund(tx, finding.intent_id)
        else:
            await open_task(tx, store_id, finding.kind, finding.intent_id, finding.outside_ref)


async def close_task(tx: Tx, actor: Actor, task_id: UUID, note: str, *, went: bool | None = None) -> Task:
    """A leader has found out. Of a refund in doubt: whether the money went, which is then booked."""
    _must_be(actor, Role.LEADER)
    task = await queries.access_task(tx, actor, task_id, lock=True)
    if task.done_at is not None:
        return task
    if task.kind in {TaskKind.UNKNOWN, TaskKind.BY_HAND}:
        await _decide(tx, task, went)
    await tx.execute(
        "update refund_tasks set done_by = %s, done_at = %s, note = %s where id = %s",
        [actor.id, tx.now, clean_text(note), task_id],
    )
    return await queries.access_task(tx, actor, task_id)


async def _decide(tx: Tx, task: Task, went: bool | None) -> None:
    assert task.intent_id
    if went is None:
        raise Refused("invalid_arguments", detail="went")
    if went:
        await intents.settle_refund(tx, task.intent_id, f"task-{task.id}", booked=task.kind is TaskKind.BY_HAND)
        await intents.enqueue_refund(tx, task.intent_id)
    else:
        await intents.fail_refund(tx, task.intent_id, "did_not_go")


async def _account(tx: Tx, vault: Vault, intent_id: UUID) -> BankAccount:
    sealed = await queries.account_sealed(tx, intent_id)
    if sealed is None:
        raise Refused("account_wiped", 409)
    return msgspec.json.decode(vault.open(_PURPOSE, sealed), type=BankAccount)


async def _days(tx: Tx, store_id: str, destination: Destination) -> tuple[int, int]:
    """Working days until it shows there, by the store's rules."""
    refunds = (await rules_of(tx, store_id)).refunds
    ways = [way for of_kind in refunds.tenders.values() for way in of_kind] + list(refunds.other_tenders)
    return next((way.least_days, way.most_days) for way in ways if way.way.value == destination.value)


def _must_be(actor: Actor, role: Role) -> None:
    if actor is not SYSTEM and not outranks(actor, role):
        raise Refused("forbidden", 403)
