"""What claims do by themselves: when a wait is over, what was promised happens."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.requests.queries import access_request
from madoguchi.core.requests.standing import LATER, carry_out
from madoguchi.kit import jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.security import Signer
from madoguchi.service.claims import queries, verbs
from madoguchi.service.claims.queries import Claim
from madoguchi.service.claims.rules import ClaimState

AGAIN = timedelta(hours=1)  # when something else is under way on the order
log = logging.getLogger(__name__)


class Sweeper:
    """Takes up claims whose wait is over, with the remedy that was chosen when they were reported."""

    def __init__(self, database: Database, catalogue: Catalogue, signer: Signer) -> None:
        self._db = database
        self._catalogue = catalogue
        self._signer = signer

    async def sweep(self, _: Nothing) -> None:
        """Take up what is due, or leave it where it cannot be."""

        async def take_up(claim_id: UUID) -> None:
            try:
                await self._db.run(SYSTEM, partial(self._take_up, claim_id=claim_id))
            except Refused as refused:
                await self._db.run(SYSTEM, partial(self._leave, claim_id=claim_id, refused=refused))

        await jobs.each(await self._db.run(SYSTEM, queries.due), take_up)

    async def _take_up(self, tx: Tx, claim_id: UUID) -> None:
        claim = await queries.access_claim(tx, SYSTEM, claim_id)
        if not _due(claim, tx):
            return
        before = await access_request(tx, SYSTEM, claim.request_id)
        await carry_out(tx, self._catalogue, self._signer, before.action, _arguments(claim), case_id=before.case_id)

    async def _leave(self, tx: Tx, claim_id: UUID, refused: Refused) -> None:
        """Try again later, or end it: what it was about was settled in another way."""
        claim = await queries.access_claim(tx, SYSTEM, claim_id, lock=True)
        if not _due(claim, tx):
            return
        log.info("claim %s is not taken up: %s", claim_id, refused.code)
        if refused.code in LATER:
            await verbs.wait_longer(tx, claim, AGAIN)
        else:
            await verbs.move(tx, claim, ClaimState.OVERTAKEN)


def _due(claim: Claim, tx: Tx) -> bool:
    return claim.state is ClaimState.WAITING and claim.due_at is not None and claim.due_at <= tx.now


def _arguments(claim: Claim) -> dict[str, Any]:
    found = {
        "order_id": str(claim.order_id),
        "parcel_ref": claim.parcel_ref,
        "checked": list(claim.checked),
        "remedy": claim.remedy,
    }
    return found | ({"refund_to": claim.refund_to} if claim.refund_to else {})
