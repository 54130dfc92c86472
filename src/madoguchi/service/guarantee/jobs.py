"""What the guarantee does by itself: look at claims that nobody answers or that are over, pay what needs no word."""

import logging
from datetime import timedelta
from functools import partial
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
from madoguchi.service.guarantee import queries, verbs
from madoguchi.service.guarantee.paying import RETURNING
from madoguchi.service.guarantee.rules import MOVES, TO_PAY, State, is_silent

_SOON = timedelta(minutes=5)  # when something else is under way on the order
_HOURLY = timedelta(hours=1)  # as long as goods are on their way back
_NOTHING_LEFT = frozenset({"guarantee_settled", "guarantee_nothing_paid"})
log = logging.getLogger(__name__)


class Keeper:
    """Keeps the guarantee's clocks, each claim by itself."""

    def __init__(self, database: Database, catalogue: Catalogue, signer: Signer) -> None:
        self._db = database
        self._catalogue = catalogue
        self._signer = signer

    async def sweep(self, _: Nothing) -> None:
        """End what was made good in another way, go on with what sellers did not answer in time, raise what people did
        not decide in time.
        """

        async def overtake(claim_id: UUID) -> None:
            await self._db.run(SYSTEM, partial(_overtake, claim_id=claim_id))

        async def fall_silent(claim_id: UUID) -> None:
            await self._db.run(SYSTEM, partial(_fall_silent, claim_id=claim_id))

        async def raise_review(claim_id: UUID) -> None:
            await self._db.run(SYSTEM, partial(verbs.raise_review, claim_id=claim_id))

        await jobs.each(await self._db.run(SYSTEM, queries.made_good), overtake)
        await jobs.each(await self._db.run(SYSTEM, queries.silent), fall_silent)
        await jobs.each(await self._db.run(SYSTEM, queries.to_raise), raise_review)

    async def pay(self, arguments: verbs.Pay) -> None:
        """Have a claim paid; later where something else is under way, never where all was made good in another way.

        Refused for any other reason: somebody is to find out why.
        """
        try:
            await self._db.run(SYSTEM, partial(self._carry_out, claim_id=arguments.claim_id))
        except Refused as refused:
            log.info("claim %s is not paid: %s", arguments.claim_id, refused.code)
            await self._db.run(SYSTEM, partial(_leave, claim_id=arguments.claim_id, refused=refused))

    async def _carry_out(self, tx: Tx, claim_id: UUID) -> None:
        opened = await access_request(tx, SYSTEM, claim_id)
        raw = {"claim_id": str(claim_id)}
        await carry_out(tx, self._catalogue, self._signer, "guarantee.settle", raw, case_id=opened.case_id)


async def _fall_silent(tx: Tx, claim_id: UUID) -> None:
    of = await queries.access_claim(tx, SYSTEM, claim_id, lock=True)
    if not is_silent(of, tx.now):
        return
    silent = await verbs.move(tx, of, State.SELLER_SILENT)
    if of.silence_grants:
        await verbs.enqueue_payment(tx, claim_id)
        await verbs.tell_both(tx, of, "guarantee.thread.silent_granted", number=of.number)
    else:
        await verbs.tell_both(tx, of, "guarantee.thread.silent_review", number=of.number)
        await verbs.review(tx, silent)


async def _overtake(tx: Tx, claim_id: UUID) -> None:
    of = await queries.access_claim(tx, SYSTEM, claim_id, lock=True)
    if State.OVERTAKEN in MOVES[of.state]:
        await verbs.overtake(tx, of)


async def _leave(tx: Tx, claim_id: UUID, refused: Refused) -> None:
    of = await queries.access_claim(tx, SYSTEM, claim_id, lock=True)
    if of.state not in TO_PAY:
        return
    if refused.code == RETURNING:
        await verbs.enqueue_payment(tx, claim_id, _HOURLY if of.waits_since else _SOON)
        await verbs.wait_for_return(tx, of)
    elif refused.code in LATER:
        await verbs.enqueue_payment(tx, claim_id, _SOON)
    elif refused.code in _NOTHING_LEFT:
        await verbs.overtake(tx, of)
    else:
        raise refused
