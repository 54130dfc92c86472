"""Taking money again that was paid back in advance, as its owner agreed: claim, ask outside under the key, settle."""

import logging
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.advances import queries as advances
from madoguchi.core.ledger.advances import verbs as ledger
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.kit import jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.failpoints import failpoint
from madoguchi.kit.jobs import Nothing
from madoguchi.service.refunds import rules
from madoguchi.service.refunds.port import ChargeState, PaymentPort, ProviderCharge, ProviderUnavailable

log = logging.getLogger(__name__)


class Charger:
    """Charges what was agreed to. Safe to run twice: the provider knows the key of the wish that agreed."""

    def __init__(self, database: Database, providers: Mapping[str, PaymentPort]) -> None:
        self._db = database
        self._providers = providers

    async def charge(self, arguments: ledger.ChargeAdvance) -> None:
        """One step: it was taken or declined, or nobody knows and it is asked again under the same key."""
        advance = await self._db.run(SYSTEM, lambda tx: ledger.claim_charge(tx, arguments.advance_id))
        if advance.state is not AdvanceState.RECHARGE_DUE or advance.charge_key is None:
            return
        try:
            found = await self._ask(self._providers[advance.store_id], str(advance.charge_key), advance)
        except ProviderUnavailable:
            log.warning("the provider of %s did not answer for advance %s", advance.store_id, advance.number)
            await self._db.run(SYSTEM, partial(_ask_again, advance=advance))
            return
        failpoint("after_provider")
        await self._db.run(SYSTEM, partial(_take, advance=advance, key=advance.charge_key, found=found))

    async def sweep(self, _: Nothing) -> None:
        """Let time pass for all advances whose moment has come."""

        async def pass_by(advance_id: UUID) -> None:
            await self._db.run(SYSTEM, partial(ledger.pass_time, advance_id=advance_id))

        await jobs.each(await self._db.run(SYSTEM, advances.due), pass_by)

    async def _ask(self, provider: PaymentPort, key: str, advance: Advance) -> ProviderCharge:
        known = await provider.get_charge(key) if advance.attempts else None
        return known or await provider.charge(key, advance.payment_ref, advance.owed)


async def _take(tx: Tx, advance: Advance, key: UUID, found: ProviderCharge) -> None:
    if found.state is ChargeState.SUCCEEDED:
        await ledger.settle_charge(tx, advance.id, key, found.ref)
    else:
        await ledger.decline_charge(tx, advance.id, key, found.code or "failed")


async def _ask_again(tx: Tx, advance: Advance) -> None:
    await ledger.enqueue_charge(tx, advance.id, tx.now + rules.again_in(advance.attempts + 1))
