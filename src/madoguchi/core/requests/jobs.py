"""Executing a request: claim, ask the store outside of any transaction, settle."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.requests import verbs
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop.port import Operation, OperationState, StorePort, StoreUnavailable
from madoguchi.kit import clock
from madoguchi.kit.db import Database, assert_outside
from madoguchi.kit.failpoints import failpoint
from madoguchi.kit.jobs import Nothing

ASK_AGAIN = timedelta(seconds=5)
log = logging.getLogger(__name__)


class Executor:
    """Does what was confirmed, through the store of each request. Safe to run twice: the store knows our keys."""

    def __init__(self, database: Database, catalogue: Catalogue, stores: Mapping[str, StorePort]) -> None:
        self._db = database
        self._catalogue = catalogue
        self._stores = stores

    async def execute(self, arguments: verbs.Execute) -> None:
        """One step of a request: it settles, or is looked at again later."""
        request = await self._db.run(SYSTEM, lambda tx: verbs.claim(tx, arguments.request_id))
        if request.settled_at is not None or request.state is RequestState.NEEDS_APPROVAL:
            return
        operation = await self._ask(request)
        failpoint("after_store")
        match operation.state:
            case OperationState.PENDING | OperationState.UNKNOWN:
                asked = operation.state is OperationState.PENDING
                wait = ASK_AGAIN if asked else timedelta(seconds=min(2**request.attempts, 60))
                await self._db.run(SYSTEM, lambda tx: verbs.try_again(tx, request.id, clock.now() + wait, asked=asked))
            case _:
                await self._db.run(SYSTEM, lambda tx: verbs.settle(tx, self._catalogue, request.id, operation))

    async def _ask(self, request: Request) -> Operation:
        assert_outside()
        change = self._catalogue.actions[request.action].change
        assert change is not None
        if change.perform is None:
            return Operation(key=str(request.id), state=OperationState.SUCCEEDED)
        store = self._stores[request.store_id]
        try:
            known = await store.get_operation(str(request.id)) if request.attempts else None
            return known or await change.perform(store, verbs.wish_of(request))
        except StoreUnavailable:
            log.warning("the store %s did not answer for request %s", request.store_id, request.number)
            return Operation(key=str(request.id), state=OperationState.UNKNOWN)


async def sweep(database: Database, _: Nothing) -> None:
    """Forget quotes that nobody confirmed, a day after they expired."""
    while await database.run(SYSTEM, lambda tx: verbs.sweep_quotes(tx, tx.now - timedelta(days=1))):
        pass
