"""Reading rules as they were saved, and what was decided by them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.people.queries import Store, store, stores
from madoguchi.core.policy import verbs
from madoguchi.core.policy.decisions import Reason, Verdict
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.replay import Recorded
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible

REPLAYED = 20_000  # as many decisions are asked again at most, the newest ones


class Version(msgspec.Struct, frozen=True):
    """A saved version of a pack. `author` is None for what was shipped; without `effective_from` it never holds."""

    number: int
    edition: str | None
    effective_from: datetime | None
    author: str | None
    note: str
    created_at: datetime


class Draft(msgspec.Struct, frozen=True):
    """What somebody is about to change; `base` is the version it was made from."""

    base: int
    document: RulePack
    changed_at: datetime


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision rested on: which version of which rules, and why.

    `clauses` are ids of those of the law without which it would have been another one.
    """

    action: str
    pack: str
    version: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    clauses: tuple[str, ...]
    decided_at: datetime


class _Document(msgspec.Struct, frozen=True):
    number: int
    document: dict[str, Any]


_packs: dict[UUID, RulePack] = {}  # saved versions never change, so each is read once per process

_RECORDED = """select d.id, d.version, d.verdict, d.reasons, d.inputs, d.action, o.store_ref as order_ref, d.decided_at
  from policy_decisions d left join orders o on o.id = d.order_id"""
_GROUNDS = "d.action, d.pack, d.version, d.verdict, d.reasons, d.clauses, d.decided_at"


async def rules_of(tx: Tx, store_id: str, at: datetime | None = None) -> RulePack:
    """The rules of a shop in force now, or at a moment: the newest version whose time had come."""
    moment = at or tx.now
    known = await tx.value(
        """select v.id from rule_versions v join stores s on s.rule_pack = v.pack
           where s.id = %s and v.effective_from <= %s order by v.number desc limit 1""",
        [store_id, moment],
    )
    if known:
        return await _read(tx, known)
    name = (await store(tx, store_id)).rule_pack
    return await rules(tx, name, await in_force(tx, name, moment))


async def ship_all(tx: Tx) -> None:
    """Put in what was shipped since, of every pack that a shop goes by."""
    for name in sorted({one.rule_pack for one in await stores(tx)}):
        await verbs.ship(tx, name)


async def rules(tx: Tx, pack: str, number: int) -> RulePack:
    """A version of a pack; invisible when there is none."""
    known = await tx.value("select id from rule_versions where pack = %s and number = %s", [pack, number])
    if known is None:
        raise invisible()
    return await _read(tx, known)


async def in_force(tx: Tx, pack: str, at: datetime) -> int:
    """The number of the version that holds at a moment; a pack that nobody has used yet is put in as it is shipped."""
    found = await _in_force(tx, pack, at)
    if found is None:
        await verbs.ship(tx, pack)
        found = await _in_force(tx, pack, at)
    if found is None:
        raise LookupError(f"no rules {pack} at {at}")
    return found


async def versions(tx: Tx, pack: str) -> Sequence[Version]:
    """All versions, newest first."""
    return await tx.all(
        Version,
        """select v.number, v.edition, v.effective_from, s.name as author, v.note, v.created_at
           from rule_versions v left join staff s on s.id = v.author_id
           where v.pack = %s order by v.number desc""",
        [pack],
    )


async def users(tx: Tx, pack: str) -> Sequence[Store]:
    """The shops that go by a pack; invisible when there are none."""
    found = [one for one in await stores(tx) if one.rule_pack == pack]
    if not found:
        raise invisible()
    return found


async def draft_of(tx: Tx, actor: Actor, pack: str) -> Draft | None:
    """What the actor is about to change."""
    return await tx.maybe(
        Draft,
        "select base, document, changed_at from rule_drafts where pack = %s and author_id = %s",
        [pack, actor.id],
    )


async def decisions(tx: Tx, pack: str, since: datetime) -> Sequence[Recorded]:
    """What was decided by a pack since a moment, newest first."""
    return await tx.all(
        Recorded,
        f"{_RECORDED} where d.pack = %s and d.decided_at >= %s order by d.decided_at desc, d.id desc limit %s",
        [pack, since, REPLAYED],
    )


async def access_decision(tx: Tx, actor: Actor, pack: str, decision_id: UUID) -> Recorded:
    """One decision, for staff; else invisible."""
    found = await tx.maybe(Recorded, f"{_RECORDED} where d.pack = %s and d.id = %s", [pack, decision_id])
    if found is None or not actor.is_staff:
        raise invisible()
    return found


async def grounds_of(tx: Tx, quote_id: UUID) -> Sequence[Grounds]:
    """What was decided for a quote that the actor was found to see, in its order."""
    return await tx.all(
        Grounds, f"select {_GROUNDS} from policy_decisions d where d.quote_id = %s order by d.id", [quote_id]
    )


async def grounds_for(tx: Tx, actor: Actor, customer_id: UUID, order_id: UUID | None, limit: int) -> Sequence[Grounds]:
    """The last of what was decided for a customer about this order, or about none of theirs, newest first (for staff).

    What was decided again on the same grounds stands once. Else invisible.
    """
    if not actor.is_staff:
        raise invisible()
    return await tx.all(
        Grounds,
        f"""select * from (
              select distinct on (d.action, d.verdict, d.reasons, d.clauses, d.version) {_GROUNDS}
              from policy_decisions d
              where d.customer_id = %(customer)s
                and (d.order_id is null or d.order_id = %(order)s
                     or not exists (select from orders o where o.id = d.order_id and o.customer_id = d.customer_id))
              order by d.action, d.verdict, d.reasons, d.clauses, d.version, d.decided_at desc) d
            order by d.decided_at desc limit %(limit)s""",
        {"customer": customer_id, "order": order_id, "limit": limit},
    )


async def _read(tx: Tx, version_id: UUID) -> RulePack:
    if version_id not in _packs:
        row = await tx.one(_Document, "select number, document from rule_versions where id = %s", [version_id])
        _packs[version_id] = msgspec.structs.replace(msgspec.convert(row.document, RulePack), version=row.number)
    return _packs[version_id]


async def _in_force(tx: Tx, pack: str, at: datetime) -> int | None:
    found: int | None = await tx.value(
        "select number from rule_versions where pack = %s and effective_from <= %s order by number desc limit 1",
        [pack, at],
    )
    return found
