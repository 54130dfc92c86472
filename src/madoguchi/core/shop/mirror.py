"""Following the store: pages of changes into the mirror."""

import logging
from collections.abc import Callable
from functools import partial

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop import verbs
from madoguchi.core.shop.port import Changes, StorePort, StoreUnavailable
from madoguchi.kit.db import Database, Tx

log = logging.getLogger(__name__)


async def follow(database: Database, store: StorePort, progress: Callable[[int], None] = lambda _: None) -> int:
    """Read the store's changes until there are no more; how many orders came. The store being away is no error."""
    count = 0
    while True:
        cursor = await database.run(SYSTEM, lambda tx: verbs.cursor(tx, store.store_id))
        try:
            changes = await store.changes_since(cursor)
        except StoreUnavailable:
            log.warning("the store %s did not answer", store.store_id)
            return count
        if changes.cursor != cursor:
            await database.run(SYSTEM, partial(_take, store.store_id, changes))
        count += len(changes.orders)
        progress(count)
        if not changes.more:
            return count


async def _take(store_id: str, changes: Changes, tx: Tx) -> None:
    await verbs.apply_changes(tx, store_id, changes)
