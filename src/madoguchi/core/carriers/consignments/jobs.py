"""Asking carriers to carry what customers send back and are sent back, and to forget what is not sent after all."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers import verbs as carriers
from madoguchi.core.carriers.consignments import verbs
from madoguchi.core.carriers.consignments.queries import Consigned, access_consignment
from madoguchi.core.carriers.consignments.verbs import ANNOUNCE, WITHDRAW, Announce
from madoguchi.core.carriers.jobs import facts
from madoguchi.core.carriers.port import Ability, CarrierOperation, CarrierPort, CarrierUnavailable, Dispatch
from madoguchi.core.shop.port import Failure, OperationState
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Database, Tx

AGAIN = timedelta(seconds=15)
log = logging.getLogger(__name__)

Concerned = Callable[[Tx, UUID, str, str], Awaitable[object]]
"""Whoever is told the number, in the transaction that takes it over: id, carrier, number. Once."""


class Announcer:
    """Asks of each consignment the carrier that can be asked for most, and takes back what is not sent.

    Safe to run twice: carriers know our keys. `announced` is told of what comes back, `dispatched` of what goes out.
    """

    def __init__(
        self, database: Database, carriers: Mapping[str, CarrierPort], announced: Concerned, dispatched: Concerned
    ) -> None:
        self._db = database
        self._carriers = carriers
        self._announced = announced
        self._dispatched = dispatched

    async def announce(self, arguments: Announce) -> None:
        """One consignment; where nobody answers it is tried again."""
        of = await self._db.run(SYSTEM, lambda tx: access_consignment(tx, SYSTEM, arguments.id))
        if of is None or of.number or of.refused or of.withdrawn_at:
            return
        asked = Ability.DISPATCH if isinstance(of.document, Dispatch) else Ability.ANNOUNCE_RETURN
        able = [one for one in self._carriers.values() if asked in one.abilities()]
        if not able:
            await self._db.run(SYSTEM, lambda tx: verbs.refused(tx, of.id, "not_supported"))
            return
        try:
            await self._ask(max(able, key=lambda one: len(one.abilities())), of)
        except CarrierUnavailable as error:
            log.warning("no answer about %s: %s", of.document.reference, error)
            await self._later(ANNOUNCE, arguments)

    async def withdraw(self, arguments: Announce) -> None:
        """One that will not be sent; what was not announced yet never is."""
        of = await self._db.run(SYSTEM, lambda tx: access_consignment(tx, SYSTEM, arguments.id))
        if of is None or of.number is None or of.carrier is None or of.withdrawal:
            return
        carrier = self._carriers[of.carrier]
        if Ability.WITHDRAW_RETURN not in carrier.abilities():
            await self._db.run(SYSTEM, lambda tx: verbs.withdrawn(tx, of.id, Failure.NOT_SUPPORTED))
            return
        try:
            answer = await carrier.withdraw_return(f"{of.id}/withdrawn", of.number)
        except CarrierUnavailable as error:
            log.warning("no answer about %s: %s", of.document.reference, error)
            await self._later(WITHDRAW, arguments)
            return
        if answer.state in {OperationState.SUCCEEDED, OperationState.FAILED}:
            said = answer.code or verbs.DONE
            await self._db.run(SYSTEM, lambda tx: verbs.withdrawn(tx, of.id, said))
        else:
            await self._later(WITHDRAW, arguments)

    async def _ask(self, carrier: CarrierPort, of: Consigned) -> None:
        answer = await _asked(carrier, of)
        if answer.state is OperationState.SUCCEEDED:
            await self._take_over(carrier, of, answer)
        elif answer.state is OperationState.FAILED:
            log.warning("%s does not take %s: %s", carrier.name, of.document.reference, answer.code)
            await self._db.run(SYSTEM, lambda tx: verbs.refused(tx, of.id, answer.code or "failed"))
        else:
            await self._later(ANNOUNCE, Announce(of.id))

    async def _take_over(self, carrier: CarrierPort, of: Consigned, answer: CarrierOperation) -> None:
        number = answer.created
        assert number
        parcel = await facts(carrier, number)
        tell = self._dispatched if isinstance(of.document, Dispatch) else self._announced

        async def take_over(tx: Tx) -> None:
            if not await verbs.announced(tx, of.id, carrier.name, answer):
                return
            if parcel:
                await carriers.take_in(tx, carrier.name, parcel, customer_id=of.customer_id)
            await tell(tx, of.id, carrier.name, number)

        await self._db.run(SYSTEM, take_over)

    async def _later(self, job: str, arguments: Announce) -> None:
        at, key = clock.now() + AGAIN, f"{job}:{arguments.id}"
        await self._db.run(SYSTEM, lambda tx: jobs.enqueue(tx, job, arguments, key=key, at=at))


async def _asked(carrier: CarrierPort, of: Consigned) -> CarrierOperation:
    match of.document:
        case Dispatch() as going_out:
            return await carrier.dispatch(str(of.id), going_out)
        case coming_back:
            return await carrier.announce_return(str(of.id), coming_back)
