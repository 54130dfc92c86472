"""Reading rules as they were saved."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.people.queries import store
from madoguchi.core.policy import verbs
from madoguchi.core.policy.pack import RulePack
from madoguchi.kit.db import Tx


class _Known(msgspec.Struct, frozen=True):
    id: UUID
    number: int


class _Document(msgspec.Struct, frozen=True):
    document: dict[str, Any]


async def rules_of(tx: Tx, store_id: str, at: datetime | None = None) -> RulePack:
    """The rules of a shop in force now, or at a moment: the newest version whose time had come."""
    name = (await store(tx, store_id)).rule_pack
    moment = at or tx.now
    version = await _in_force(tx, name, moment)
    if version is None:
        await verbs.ship(tx, name)
        version = await _in_force(tx, name, moment)
    if version is None:
        raise LookupError(f"no rules {name} at {moment}")
    if version.id not in _packs:
        row = await tx.one(_Document, "select document from rule_versions where id = %s", [version.id])
        _packs[version.id] = msgspec.structs.replace(msgspec.convert(row.document, RulePack), version=version.number)
    return _packs[version.id]


# saved versions never change, so each is read once per process
_packs: dict[UUID, RulePack] = {}


async def _in_force(tx: Tx, pack: str, at: datetime) -> _Known | None:
    return await tx.maybe(
        _Known,
        """select id, number from rule_versions where pack = %s and effective_from <= %s
           order by number desc limit 1""",
        [pack, at],
    )
