"""Saving rules, and keeping what was decided by them. Never commits."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.policy.pack import shipped
from madoguchi.kit import ids
from madoguchi.kit.db import Tx

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
