"""Executing a request: claim, ask the store or the carrier outside of any transaction, settle."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol, TypeVar

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.rules import Wish
from madoguchi.core.carriers.port import CarrierPort, CarrierUnavailable
from madoguchi.core.requests import verbs
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop.port import Failure, Operation, OperationState, StorePort, StoreUnavailable
from madoguchi.kit import clock
from madoguchi.kit.db import Database, assert_outside
from madoguchi.kit.failpoints import failpoint
from madoguchi.kit.jobs import Nothing

ASK_AGAIN = timedelta(seconds=5)
log = logging.getLogger(__name__)


class Executor:
    """Does what was confirmed, through the store or the carrier of each request; both know our keys: it may run twice.

    `carriers` are those that can be asked, by the name that stands on shipments.
    """

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        stores: Mapping[str, StorePort],
        carriers: Mapping[str, CarrierPort] = MappingProxyType({}),
    ) -> None:
        self._db = database
        self._catalogue = catalogue
        self._stores = stores
        self._carriers = carriers

    async def execute(self, arguments: execution.Execute) -> None:
        """One step of a request: it settles, or is looked at again later."""
        request = await self._db.run(SYSTEM, lambda tx: execution.claim(tx, arguments.request_id))
        if request.settled_at is not None or request.state is RequestState.NEEDS_APPROVAL:
            return
        operation = await self._ask(request)
        failpoint("after_store")
        match operation.state:
            case OperationState.PENDING | OperationState.UNKNOWN:
                asked = operation.state is OperationState.PENDING
                wait = ASK_AGAIN if asked else timedelta(seconds=min(2**request.attempts, 60))
                await self._db.run(
                    SYSTEM, lambda tx: execution.try_again(tx, request.id, clock.now() + wait, asked=asked)
                )
            case _:
                await self._db.run(SYSTEM, lambda tx: execution.settle(tx, self._catalogue, request.id, operation))

    async def _ask(self, request: Request) -> Operation:
        assert_outside()
        change = self._catalogue.change(request.action)
        try:
            if change.carry:
                return await self._ask_carrier(change.carry, request)
            if change.perform:
                return await _once(self._stores[request.store_id], change.perform, request)
        except (StoreUnavailable, CarrierUnavailable) as error:
            log.warning("no answer for request %s: %s", request.number, error)
            return Operation(key=str(request.id), state=OperationState.UNKNOWN)
        return Operation(key=str(request.id), state=OperationState.SUCCEEDED)

    async def _ask_carrier(self, carry: Callable[[CarrierPort, Wish], Awaitable[Operation]], of: Request) -> Operation:
        """A carrier that cannot be asked fails as one that does not know how, so that a person hears of it."""
        carrier = self._carriers.get(of.plan["carrier"])
        if carrier is None:
            return Operation(key=str(of.id), state=OperationState.FAILED, code=Failure.NOT_SUPPORTED)
        return await _once(carrier, carry, of)


class _Keeper(Protocol):
    """Whoever keeps what was asked, by our keys."""

    async def get_operation(self, key: str) -> Operation | None: ...


K = TypeVar("K", bound=_Keeper)


async def _once(asked: K, wish: Callable[[K, Wish], Awaitable[Operation]], request: Request) -> Operation:
    """The first answer, where it was asked before."""
    known = await asked.get_operation(str(request.id)) if request.attempts else None
    return known or await wish(asked, execution.wish_of(request))


async def sweep(database: Database, _: Nothing) -> None:
    """Forget quotes that nobody confirmed, a day after they expired."""
    while await database.run(SYSTEM, lambda tx: verbs.sweep_quotes(tx, tx.now - timedelta(days=1))):
        pass
