"""How the demo's people act before anybody comes: by the same verbs as everybody, at moments that have passed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.people import queries as people
from madoguchi.core.people.sellers.queries import people_of, seller_by_ref
from madoguchi.core.people.staff.queries import all_staff
from madoguchi.core.requests import verbs as requests
from madoguchi.core.shop.queries import order_id_of
from madoguchi.edge.stores.demo.people import Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.jobs import Duty, Nothing, run_due
from madoguchi.kit.security import Signer

T = TypeVar("T")


class Stage:
    """The shop, and what a worker does in it."""

    def __init__(self, database: Database, catalogue: Catalogue, signer: Signer, duties: Mapping[str, Duty]) -> None:
        self._db = database
        self._catalogue = catalogue
        self._signer = signer
        self._duties = duties
        self._prompt = {name: duty for name, duty in duties.items() if not duty.every}

    async def wish(self, actor: Actor, action: str, **raw: Any) -> UUID:
        """Have a change quoted, confirmed and carried out; the request."""
        quote = await self.run(actor, lambda tx: requests.quote(tx, self._catalogue, actor, action, raw))
        token = requests.confirmation_token(self._signer, actor, quote, clock.now())
        confirmed = await self.run(
            actor, lambda tx: requests.confirm(tx, self._catalogue, self._signer, actor, quote.id, token)
        )
        await self._work()
        return confirmed.id

    async def act(self, actor: Actor, action: str, **raw: Any) -> None:
        """Do something that is done at once."""
        await self.run(actor, lambda tx: actions.run(tx, self._catalogue, actor, action, raw))
        await self._work()

    async def run(self, actor: Actor, verb: Callable[[Tx], Awaitable[T]]) -> T:
        """Do what stands in no catalogue, or look something up."""
        return await self._db.run(actor, verb)

    async def attend(self, duty: str) -> None:
        """Do one of the duties that come round by themselves, by its name."""
        await self._duties[duty].handler(Nothing())
        await self._work()

    async def order(self, ref: str) -> UUID:
        """Our id of an order of the demo shop; LookupError when there is none."""
        found = await self.run(SYSTEM, lambda tx: order_id_of(tx, DEMO.id, ref))
        if found is None:
            raise LookupError(ref)
        return found

    async def customer(self, person: Person) -> Actor:
        """Somebody who is signed in at the shop."""
        found = await self.run(SYSTEM, lambda tx: people.customer_by_ref(tx, DEMO.id, person.customer.ref))
        assert found
        return Actor(
            role=Role.CUSTOMER,
            id=found.id,
            level=Level.SIGNED_IN,
            locale=found.locale,
            store_id=DEMO.id,
            session=ids.uuid7(),
            name=found.name,
        )

    async def staff(self, role: Role) -> Actor:
        """The first of the staff with a role."""
        found = next(one for one in await self.run(SYSTEM, all_staff) if one.role is role)
        return Actor(role=role, id=found.id, locale=found.locale, session=ids.uuid7(), name=found.name)

    async def merchant(self, ref: str) -> Actor:
        """Whoever answers for a seller."""

        async def find(tx: Tx) -> Actor:
            seller = await seller_by_ref(tx, DEMO.id, ref)
            assert seller
            person, *_ = await people_of(tx, seller.id)
            return Actor(
                role=Role.SELLER,
                id=person.id,
                seller_id=seller.id,
                store_id=DEMO.id,
                session=ids.uuid7(),
                name=person.name,
            )

        return await self.run(SYSTEM, find)

    async def _work(self) -> None:
        while await run_due(self._db, self._prompt):
            pass
