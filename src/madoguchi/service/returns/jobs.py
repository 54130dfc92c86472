"""What returns do by themselves: give what is due, and look at those that time has changed."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.ledger.advances.events import AdvanceDue
from madoguchi.core.ledger.returning.events import ReturnNeedless
from madoguchi.core.requests.queries import access_request
from madoguchi.core.requests.standing import LATER, carry_out
from madoguchi.kit import jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.events import Happened
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.security import Signer
from madoguchi.service.returns import clocks, missing, queries, verbs
from madoguchi.service.returns.outgoing import lapsing
from madoguchi.service.returns.rules import Reception

_SOON = timedelta(minutes=5)  # when something else is under way on the order


class Settler:
    """Settles returns by the system's own wishes, each by itself."""

    def __init__(self, database: Database, catalogue: Catalogue, signer: Signer) -> None:
        self._db = database
        self._catalogue = catalogue
        self._signer = signer

    async def settle(self, arguments: verbs.Settle) -> None:
        """Give what is due for a return; later where something else is under way. Safe to run twice.

        Refused for any other reason than that nothing is due: somebody is to find out why.
        """
        try:
            if not await self._db.run(SYSTEM, partial(self._call_off, return_id=arguments.return_id)):
                await self._db.run(SYSTEM, partial(self._give, return_id=arguments.return_id))
        except Refused as refused:
            if refused.code in LATER:
                await self._db.run(SYSTEM, partial(_later, return_id=arguments.return_id))
            elif refused.code != "return_nothing_due":
                raise

    async def account(self, happened: Happened) -> None:
        """What was given early is due, or was taken again (reaction to ledger.advance_due and advance_charged)."""
        fact = happened.as_(AdvanceDue)
        await self._db.run(SYSTEM, partial(verbs.advance_moved, advance_id=fact.advance_id))

    async def let_go(self, happened: Happened) -> None:
        """What was not sent yet need not be (reaction to ledger.return_needless)."""
        fact = happened.as_(ReturnNeedless)
        await self._db.run(SYSTEM, partial(verbs.let_go, order_id=fact.order_id, wanted=fact.units))

    async def sweep(self, _: Nothing) -> None:
        """Let time pass for all returns whose moment has come."""

        async def pass_by(return_id: UUID) -> None:
            await self._db.run(SYSTEM, partial(pass_time, return_id=return_id))

        await jobs.each(await self._db.run(SYSTEM, queries.to_look_at), pass_by)

    async def _call_off(self, tx: Tx, return_id: UUID) -> bool:
        """Call off what is not to go out any more, and settle later what that leaves; whether there was something."""
        cancel = await lapsing(tx, return_id)
        if cancel is None:
            return False
        opened = await access_request(tx, SYSTEM, return_id)
        await carry_out(tx, self._catalogue, self._signer, "order.cancel", cancel, case_id=opened.case_id)
        await _later(tx, return_id)
        return True

    async def _give(self, tx: Tx, return_id: UUID) -> None:
        opened = await access_request(tx, SYSTEM, return_id)
        raw = {"return_id": str(return_id)}
        await carry_out(tx, self._catalogue, self._signer, "return.settle", raw, case_id=opened.case_id)


async def pass_time(tx: Tx, return_id: UUID) -> None:
    """Its moment has come: the customer is reminded, the label ends, a parcel is given up as lost, or is missed."""
    of = await queries.access_return(tx, SYSTEM, return_id, lock=True)
    if of.look_at is None or of.look_at > tx.now:
        return
    units = await queries.units_of(tx, return_id)
    moving = any(unit.reception is Reception.IN_TRANSIT for unit in units)
    lost_at = await clocks.lost_at(tx, return_id) if moving else None
    missed_at = await clocks.missed_at(tx, of) if moving or of.doubt else None
    if lost_at and lost_at <= tx.now:
        await verbs.lose(tx, return_id)
    elif missed_at and missed_at <= tx.now:
        await missing.pass_on(tx, of)
    elif await clocks.ends_at(tx, of) <= tx.now:
        await verbs.expire(tx, return_id)
    elif of.reminded_at is None and tx.now < of.send_until:
        await verbs.remind(tx, return_id)
    else:
        await verbs.refold(tx, return_id)


async def _later(tx: Tx, return_id: UUID) -> None:
    await verbs.enqueue_settlement(tx, return_id, tx.now + _SOON)
