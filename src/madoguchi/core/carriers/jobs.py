"""Following the carriers: parcels that were sent, and what becomes of them."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers import queries, verbs
from madoguchi.core.carriers.port import Ability, CarrierPort, CarrierUnavailable, News
from madoguchi.core.carriers.queries import Mirrored, Sent
from madoguchi.core.shop.port import TrackingEvent, TrackingState
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.jobs import Nothing

FOLLOW = "carriers.follow"
log = logging.getLogger(__name__)

Concerned = Callable[[Tx, str, str, TrackingState, datetime], Awaitable[object]]
"""Whoever is told, in the transaction that takes a step over: carrier, number, state, when. Once for each step."""


class Follower:
    """Asks each carrier about parcels that are new, and for its news. Safe to run twice."""

    def __init__(self, database: Database, carriers: Mapping[str, CarrierPort], concerned: Sequence[Concerned]) -> None:
        self._db = database
        self._carriers = carriers
        self._concerned = concerned

    async def follow(self, _: Nothing) -> None:
        """Each carrier by itself; one that does not answer is asked again the next time."""
        for sent in await self._db.run(SYSTEM, lambda tx: queries.to_ask_about(tx, self._carriers)):
            try:
                await self._ask_about(sent)
            except CarrierUnavailable:
                log.warning("%s did not answer about %s", sent.carrier, sent.number)
        for carrier in self._carriers.values():
            try:
                await self._read_news(carrier)
            except CarrierUnavailable:
                log.warning("%s did not tell its news", carrier.name)

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
