"""Telling the shop what stands in its shelf again: claim, ask under the unit's key, settle."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop.port import Capability, Operation, OperationState, StorePort, StoreUnavailable
from madoguchi.core.shop.verbs import mirror_order
from madoguchi.kit import jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.service.returns import queries, verbs
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, goes_to_stock

_AGAIN = timedelta(minutes=1)
log = logging.getLogger(__name__)


class Restocker:
    """Puts back what is as new, unit by unit. Safe to run twice: the store knows our keys."""

    def __init__(self, database: Database, stores: Mapping[str, StorePort]) -> None:
        self._db = database
        self._stores = stores

    async def restock(self, arguments: verbs.Settle) -> None:
        """Everything of a return that goes back into stock; where the store keeps none, there is nothing to tell."""
        of, units = await self._db.run(SYSTEM, partial(_found, arguments=arguments))
        store = self._stores[of.store_id]
        if Capability.RESTOCK not in store.capabilities():
            return
        for unit in units:
            try:
                answer = await store.restock(str(unit.id), of.order_ref, {unit.line_ref: 1})
            except StoreUnavailable:
                log.warning("the store %s did not answer for return %s", of.store_id, of.number)
                await self._db.run(SYSTEM, partial(_later, arguments=arguments))
                return
            if answer.state is not OperationState.SUCCEEDED:
                raise RuntimeError(f"{of.number} does not go into stock: {answer.code or answer.state}")
            await self._db.run(SYSTEM, partial(_noted, of=of, unit=unit, answer=answer))


async def _found(tx: Tx, arguments: verbs.Settle) -> tuple[Return, list[Unit]]:
    of = await queries.access_return(tx, SYSTEM, arguments.return_id)
    return of, [unit for unit in await queries.units_of(tx, of.id) if goes_to_stock(unit)]


async def _noted(tx: Tx, of: Return, unit: Unit, answer: Operation) -> None:
    if answer.order:
        await mirror_order(tx, of.store_id, answer.order)
    await unit_rows.restock(tx, unit.id)


async def _later(tx: Tx, arguments: verbs.Settle) -> None:
    key = f"{verbs.RESTOCK}:{arguments.return_id}"
    await jobs.enqueue(tx, verbs.RESTOCK, arguments, key=key, at=tx.now + _AGAIN)
