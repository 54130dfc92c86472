"""Telling the store what stands in its shelf again: unit by unit, each once."""

import logging
from collections.abc import Mapping

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop.port import Capability, Operation, OperationState, StorePort, StoreUnavailable
from madoguchi.core.shop.verbs import mirror_order
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.jobs import Nothing
from madoguchi.service.returns import queries, verbs
from madoguchi.service.returns.queries import ToShelve

log = logging.getLogger(__name__)


class Shelver:
    """Puts back what the warehouse found to be as good as new. Safe to run twice: the store knows our keys."""

    def __init__(self, database: Database, stores: Mapping[str, StorePort]) -> None:
        self._db = database
        self._stores = stores

    async def sweep(self, _: Nothing) -> None:
        """Every unit that is to be sold again, and that the store was not told of."""
        for unit in await self._db.run(SYSTEM, queries.to_shelve):
            store = self._stores.get(unit.store_id)
            if store and Capability.RESTOCK in store.capabilities():
                await self._put(store, unit)

    async def _put(self, store: StorePort, unit: ToShelve) -> None:
        assert_outside()
        try:
            operation = await store.restock(str(unit.id), unit.order_ref, {unit.line_ref: 1})
        except StoreUnavailable:
            log.warning("the store %s did not answer for unit %s", unit.store_id, unit.id)
            return
        if operation.state in {OperationState.SUCCEEDED, OperationState.FAILED}:
            await self._db.run(SYSTEM, lambda tx: _note(tx, unit, operation))


async def _note(tx: Tx, unit: ToShelve, operation: Operation) -> None:
    if operation.order:
        await mirror_order(tx, unit.store_id, operation.order)
    await verbs.shelved(tx, unit.id, operation.code)
