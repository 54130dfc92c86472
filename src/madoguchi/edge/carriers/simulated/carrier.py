"""The adapter: one simulated carrier behind the carrier port."""

import random
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from madoguchi.core.carriers import numbers
from madoguchi.core.carriers.port import (
    Ability,
    Band,
    CarrierOperation,
    CarrierUnavailable,
    Consignment,
    Dispatch,
    Handing,
    Instruction,
    News,
    Slot,
    Tracked,
)
from madoguchi.core.shop.port import Address, Failure, OperationState
from madoguchi.edge.carriers.simulated import queries, rules, verbs
from madoguchi.edge.carriers.simulated.asked import (
    AnnounceReturn,
    Asked,
    Instruct,
    NewParcel,
    PickUp,
    Redeliver,
    Redirect,
    SendOut,
    WithdrawReturn,
)
from madoguchi.edge.carriers.simulated.brands import Brand
from madoguchi.edge.carriers.simulated.queries import OperationRow
from madoguchi.edge.carriers.simulated.rules import Parcel, Temper, Waybill
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.faults import Faults, Wire, as_delivered
from madoguchi.kit.migrations import CARRIERS_ROLE

SCHEMA = "demo_carriers"

Counter = Callable[[str, str], Awaitable[Waybill | None]]
Tell = Callable[[str, Parcel], Awaitable[None]]
T = TypeVar("T")


class _Asker:
    """Whoever asks; the carriers keep no accounts of that."""

    key = "system"


def carriers_database(conninfo: str, size: int = 4) -> Database:
    """The carriers' own connections, which can touch nothing but their books."""
    return Database(conninfo, role=CARRIERS_ROLE, search_path=SCHEMA, size=size)


class SimulatedCarrier:
    """CarrierPort over the carriers' own database (carriers_database, opened).

    `counter` knows by carrier and number what shops have handed over.
    """

    def __init__(
        self,
        database: Database,
        brand: Brand,
        counter: Counter,
        faults: Faults | None = None,
        temper: Temper | None = None,
    ) -> None:
        self.name = brand.name
        self._db = database
        self._brand = brand
        self._counter = counter
        self._wire = Wire(faults or Faults(), CarrierUnavailable)
        self._temper = temper or Temper()
        self._dice = random.Random(self._temper.seed)

    def abilities(self) -> frozenset[Ability]:
        """What this carrier does when asked."""
        return self._brand.can

    async def track(self, number: str) -> Tracked | None:
        """The parcel as it is now; one that nobody has asked for yet is looked up where it was handed over."""
        return await self._of(number, lambda parcel, now: rules.tracked(self._brand, parcel, now))

    async def events_since(self, cursor: str, limit: int = 200) -> News:
        """What was told after the cursor."""

        async def read(tx: Tx) -> News:
            rows = await queries.news(tx, self.name, int(cursor or "0"), limit)
            told = as_delivered([row.told for row in rows], self._dice, self._temper.doubled, self._temper.shuffled)
            return News(cursor=str(rows[-1].seq) if rows else cursor, more=len(rows) == limit, told=tuple(told))

        return await self._ask(read)

    async def redelivery_options(self, number: str) -> tuple[Slot, ...]:
        """When the parcel can be brought."""
        return await self._of(number, rules.slots) or ()

    async def redeliver(self, key: str, number: str, day: date, band: Band) -> CarrierOperation:
        """Bring it then."""
        return await self._do(key, Redeliver(number, day, band))

    async def instructions(self, number: str) -> tuple[Instruction, ...]:
        """How the parcel can be handed over."""
        return await self._of(number, lambda parcel, now: rules.instructions(self._brand, parcel, now)) or ()

    async def instruct(self, key: str, number: str, handing: Handing, point: str) -> CarrierOperation:
        """Hand it over so."""
        return await self._do(key, Instruct(number, handing, point))

    async def redirect(self, key: str, number: str, address: Address) -> CarrierOperation:
        """Bring it to another address."""
        return await self._do(key, Redirect(number, address))

    async def announce_return(self, key: str, consignment: Consignment) -> CarrierOperation:
        """Say that a parcel will come back."""
        return await self._do(key, AnnounceReturn(self._number_for(key), consignment))

    async def dispatch(self, key: str, dispatch: Dispatch) -> CarrierOperation:
        """Fetch a parcel at the warehouse and bring it to a customer."""
        return await self._do(key, SendOut(self._number_for(key), dispatch))

    async def withdraw_return(self, key: str, number: str) -> CarrierOperation:
        """Say that an announced parcel will not come."""
        return await self._do(key, WithdrawReturn(number))

    async def pickup_slots(self, number: str) -> tuple[Slot, ...]:
        """When an announced parcel can be collected."""
        if Ability.PICK_UP not in self._brand.can:
            return ()
        return await self._of(number, rules.pickup_slots) or ()

    async def book_pickup(self, key: str, number: str, day: date, band: Band) -> CarrierOperation:
        """Collect it then."""
        return await self._do(key, PickUp(number, day, band))

    async def get_operation(self, key: str) -> CarrierOperation | None:
        """What became of what was asked under this key."""

        async def read(tx: Tx) -> CarrierOperation | None:
            row = await queries.operation(tx, self.name, key)
            return await self._told(tx, row) if row else None

        return await self._ask(read)

    async def tick(self, now: datetime, tell: Tell) -> int:
        """Let time pass, and tell the shops what became of their parcels; how many steps. Not part of the port."""
        assert_outside()
        for parcel in await self._db.run(_Asker, lambda tx: queries.changed(tx, self.name, limit=100)):
            await tell(self.name, parcel)
            await self._db.run(_Asker, partial(verbs.heard, brand=self._brand, parcel=parcel))
        return await self._db.run(_Asker, lambda tx: verbs.pass_time(tx, self._brand, self._temper, now))

    async def hand_in(self, number: str) -> bool:
        """Bring an announced parcel to a depot; False when it cannot be. Not part of the port."""
        return await self._ask(lambda tx: verbs.hand_in(tx, self._brand, self._temper, number))

    async def bring_in(self, number: str, sender: Address) -> bool:
        """Somebody brings a parcel with a form that they got at a depot; False when its number is used.

        It goes to where returns go. Not part of the port.
        """
        return await self._ask(lambda tx: verbs.bring_in(tx, self._brand, self._temper, number, sender))

    async def _of(self, number: str, read: Callable[[Parcel, datetime], T]) -> T | None:
        """What is to be read of a parcel, None: there is none with this number."""
        parcel = await self._held(number)
        return read(parcel, clock.now()) if parcel else None

    async def _held(self, number: str) -> Parcel | None:
        """The parcel, which was perhaps handed over and never asked for before."""
        held = await self._ask(lambda tx: queries.parcel(tx, self.name, number))
        if held:
            return held.document
        waybill = await self._counter(self.name, number)
        return await self._ask(lambda tx: verbs.take(tx, self._brand, waybill)) if waybill else None

    async def _do(self, key: str, wish: Asked) -> CarrierOperation:
        """Do what is asked, once."""
        if not isinstance(wish, NewParcel):
            await self._held(wish.number)

        async def work(tx: Tx) -> CarrierOperation:
            return await self._told(tx, await verbs.perform(tx, self._brand, self._temper, key, wish))

        return await self._ask(work)

    async def _told(self, tx: Tx, row: OperationRow) -> CarrierOperation:
        held = await queries.parcel(tx, self.name, row.number)
        made = isinstance(row.arguments, NewParcel) and row.state == OperationState.SUCCEEDED
        announced = made and isinstance(row.arguments, AnnounceReturn)
        return CarrierOperation(
            key=row.key,
            state=OperationState(row.state),
            code=Failure(row.code) if row.code else None,
            created=row.number if made else None,
            tracked=rules.tracked(self._brand, held.document, tx.now) if held else None,
            paperless=f"{self._brand.prefix}{row.number}" if announced else None,
        )

    def _number_for(self, key: str) -> str:
        """A new parcel's number follows from the key."""
        return numbers.twelve_digits(rules.luck(f"{self.name}/{key}"))

    async def _ask(self, call: Callable[[Tx], Awaitable[T]]) -> T:
        """One call over the wire, in a transaction of the carriers' own."""
        assert_outside()
        try:
            return await self._wire.carry(lambda: self._db.run(_Asker, call))
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise CarrierUnavailable("the carrier's database does not answer") from error
