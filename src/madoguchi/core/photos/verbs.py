"""Keeping photos; never commits."""

from uuid import UUID

import msgspec

from madoguchi.core.photos.queries import File
from madoguchi.kit import ids
from madoguchi.kit.db import Tx


async def keep(tx: Tx, owner_id: UUID, file: File) -> UUID:
    """Note that somebody showed this photo; the same one has the same id."""
    found: UUID = await tx.value(
        """insert into photos (id, owner_id, sha, name, media_type, width, height, size, at)
           values (%(id)s, %(owner)s, %(sha)s, %(name)s, %(media_type)s, %(width)s, %(height)s, %(size)s, %(now)s)
           on conflict (owner_id, sha) do update set at = excluded.at returning id""",
        msgspec.structs.asdict(file) | {"id": ids.uuid7(), "owner": owner_id, "now": tx.now},
    )
    return found
