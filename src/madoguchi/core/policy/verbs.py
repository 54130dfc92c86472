"""Saving rules, and keeping what was decided by them. Never commits."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.policy.checks import conflicts
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.policy.pack import RulePack, shipped
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

NOTE_LIMIT = 500
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # from when the first version of a pack holds


async def ship(tx: Tx, name: str) -> None:
    """Put in the pack as it is shipped, unless it is there. Where a shop saved rules of its own, it keeps them."""
    pack = shipped(name)
    await tx.execute(
        """insert into rule_versions (id, pack, number, document, effective_from, edition, created_at)
           select %(id)s, %(pack)s, coalesce(max(number), 0) + 1, %(document)s,
                  case when count(*) = 0 then %(always)s::timestamptz
                       when count(*) filter (where edition is null) = 0 then %(now)s::timestamptz end,
                  %(edition)s, %(now)s
           from rule_versions where pack = %(pack)s
           having count(*) filter (where edition = %(edition)s) = 0
           on conflict do nothing""",
        {
            "id": ids.uuid7(),
            "pack": name,
            "document": Jsonb(msgspec.to_builtins(pack)),
            "always": ALWAYS,
            "edition": pack.edition,
            "now": tx.now,
        },
    )


async def one_at_a_time(tx: Tx, customer_id: UUID) -> None:
    """Have whatever else is granted to a customer wait until this is: limits count what was granted before."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 4))", [str(customer_id)])


async def keep_draft(tx: Tx, actor: Actor, pack: str, base: int, document: RulePack) -> None:
    """Keep what the actor is about to change, in place of what they kept before."""
    _check_admin(actor)
    await tx.execute(
        """insert into rule_drafts (pack, author_id, base, document, changed_at) values (%s, %s, %s, %s, %s)
           on conflict (pack, author_id) do update
           set base = excluded.base, document = excluded.document, changed_at = excluded.changed_at""",
        [pack, actor.id, base, Jsonb(msgspec.to_builtins(document)), tx.now],
    )


async def drop_draft(tx: Tx, actor: Actor, pack: str) -> None:
    """Throw away what the actor was about to change."""
    await tx.execute("delete from rule_drafts where pack = %s and author_id = %s", [pack, actor.id])


async def save(
    tx: Tx, actor: Actor, pack: str, base: int, document: RulePack, *, note: str, effective_from: datetime
) -> int:
    """Save a new version of a pack; its number.

    Refused: rules_moved when somebody saved a version after `base`, rules_wrong when the document contradicts itself,
    note_missing, note_too_long, effective_past.
    """
    _check_admin(actor)
    await tx.execute("select pg_advisory_xact_lock(hashtext('rule_versions:' || %s))", [pack])
    if base != await newest(tx, pack):
        raise Refused("rules_moved", 409)
    if conflicts(document):
        raise Refused("rules_wrong")
    if not note.strip():
        raise Refused("note_missing")
    if len(note) > NOTE_LIMIT:
        raise Refused("note_too_long", limit=NOTE_LIMIT)
    if effective_from < tx.now:
        raise Refused("effective_past")
    number = 1 + int(await tx.value("select max(number) from rule_versions where pack = %s", [pack]))
    await tx.execute(
        """insert into rule_versions (id, pack, number, document, effective_from, author_id, note, created_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            ids.uuid7(),
            pack,
            number,
            Jsonb(msgspec.to_builtins(document)),
            effective_from,
            actor.id,
            note.strip(),
            tx.now,
        ],
    )
    await drop_draft(tx, actor, pack)
    return number


async def newest(tx: Tx, pack: str) -> int:
    """The number of the last version that holds or is going to."""
    return int(
        await tx.value("select max(number) from rule_versions where pack = %s and effective_from is not null", [pack])
    )


async def record(
    tx: Tx,
    actor: Actor,
    action: str,
    decision: Decision,
    *,
    customer_id: UUID | None,
    order_id: UUID | None = None,
    quote_id: UUID | None = None,
) -> UUID:
    """Keep an automatic decision with all that it was made from (I12); its id."""
    question = msgspec.to_builtins(decision.question)
    decision_id = ids.uuid7()
    await tx.execute(
        """insert into policy_decisions (id, pack, version, matter, verdict, rule_ids, reasons, clauses,
             inputs, inputs_hash, action, customer_id, order_id, quote_id, actor_role, actor_id, decided_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            decision_id,
            decision.pack,
            decision.version,
            question["matter"],
            decision.verdict,
            list(decision.rules),
            Jsonb(msgspec.to_builtins(decision.reasons)),
            list(decision.clauses),
            Jsonb(question),
            inputs_hash(decision),
            action,
            customer_id,
            order_id,
            quote_id,
            actor.role,
            actor.id,
            tx.now,
        ],
    )
    return decision_id


def inputs_hash(decision: Decision) -> str:
    """sha256 of the facts, as hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(decision.question, order="deterministic")).hexdigest()


def _check_admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise Refused("forbidden", 403)
