"""Following the carriers: parcels that were sent, and what becomes of them."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers import queries, verbs
from madoguchi.core.carriers.port import Ability, CarrierPort, CarrierUnavailable, News
from madoguchi.core.carriers.queries import Mirrored, Sent
from madoguchi.core.shop.port import TrackingEvent, TrackingState
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.jobs import Nothing

FOLLOW = "carriers.follow"
OVERLAP = timedelta(minutes=1)  # longer than any transaction of the mirror takes
log = logging.getLogger(__name__)

Concerned = Callable[[Tx, str, str, TrackingState, datetime], Awaitable[object]]
"""Whoever is told, in the transaction that takes a step over: carrier, number, state, when. Once for each step."""


class Follower:
    """Asks each carrier about parcels that are new, and for its news. Safe to run twice."""

    def __init__(self, database: Database, carriers: Mapping[str, CarrierPort], concerned: Sequence[Concerned]) -> None:
        self._db = database
        self._carriers = carriers
        self._concerned = concerned
        self._since = datetime.min.replace(tzinfo=UTC)

    async def follow(self, _: Nothing) -> None:
        """Each carrier by itself; one that does not answer is asked again the next time."""
        await self._ask_all(await self._db.run(SYSTEM, lambda tx: queries.to_ask_again(tx, self._carriers)))
        await self._meet_new_ones()
        for carrier in self._carriers.values():
            try:
                await self._read_news(carrier)
            except CarrierUnavailable:
                log.warning("%s did not tell its news", carrier.name)

    async def _meet_new_ones(self) -> None:
        """Those of all orders first; once they are known, of the orders that the mirror has heard of since."""
        looked_at = clock.now()
        new = await self._db.run(SYSTEM, lambda tx: queries.unknown(tx, self._carriers, self._since))
        if await self._ask_all(new) and len(new) < queries.LIMIT:
            self._since = looked_at - OVERLAP

    async def _ask_all(self, parcels: Sequence[Sent]) -> bool:
        """Whether all of them were answered."""
        answered = True
        for sent in parcels:
            try:
                await self._ask_about(sent)
            except CarrierUnavailable:
                log.warning("%s did not answer about %s", sent.carrier, sent.number)
                answered = False
        return answered

    async def _ask_about(self, sent: Sent) -> None:
        parcel = await facts(self._carriers[sent.carrier], sent.number)

        async def take_in(tx: Tx) -> None:
            if parcel is None:
                await verbs.unheard_of(tx, sent)
                return
            new = await verbs.take_in(tx, sent.carrier, parcel, customer_id=sent.customer_id, order_id=sent.order_id)
            await self._tell(tx, sent.carrier, sent.number, new)

        await self._db.run(SYSTEM, take_in)

    async def _read_news(self, carrier: CarrierPort) -> None:
        while True:
            cursor = await self._db.run(SYSTEM, lambda tx: queries.cursor(tx, carrier.name))
            news = await carrier.events_since(cursor)
            if news.cursor != cursor:
                await self._take_over(carrier, news)
            if not news.more:
                return

    async def _take_over(self, carrier: CarrierPort, news: News) -> None:
        """News only say that a parcel has moved; where it is, is asked."""
        asked = [await facts(carrier, number) for number in sorted({told.number for told in news.told})]
        moved = [parcel for parcel in asked if parcel]

        async def take_over(tx: Tx) -> None:
            for parcel in moved:
                new = await verbs.mirror(tx, carrier.name, parcel)
                await self._tell(tx, carrier.name, parcel.tracked.number, new)
            await verbs.read_until(tx, carrier.name, news.cursor)

        await self._db.run(SYSTEM, take_over)

    async def _tell(self, tx: Tx, carrier: str, number: str, steps: Sequence[TrackingEvent]) -> None:
        for step in steps:
            for concerned in self._concerned:
                await concerned(tx, carrier, number, step.state, step.at)


async def facts(carrier: CarrierPort, number: str) -> Mirrored | None:
    """A parcel with all that can be asked of it now; None when the carrier has none with this number."""
    tracked = await carrier.track(number)
    if tracked is None:
        return None
    can = carrier.abilities()
    return Mirrored(
        tracked=tracked,
        abilities=can,
        slots=await carrier.redelivery_options(number) if Ability.REDELIVER in can else (),
        pickups=await carrier.pickup_slots(number) if Ability.PICK_UP in can else (),
        instructions=await carrier.instructions(number) if Ability.INSTRUCT in can else (),
    )
