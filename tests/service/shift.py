"""A small shift: customers who write, associates who take their conversations."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions.rules import QueueTicket
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case, Entry, access_case, entries
from madoguchi.core.cases.rules import Author, Channel, Kind
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.people import verbs as people
from madoguchi.core.shop.port import StoreCustomer
from madoguchi.kit import ids
from madoguchi.kit.db import Database, Tx
from madoguchi.service.routing import verbs
from madoguchi.service.routing.items.queries import Item, open_item
from madoguchi.service.routing.queries import place_and_wait
from madoguchi.service.routing.rules import Presence

T = TypeVar("T")


class Shift:
    """Builds people and conversations through the verbs, and acts as them."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def run(self, actor: Actor, verb: Callable[..., Awaitable[T]], *args: object, **more: object) -> T:
        """A verb in a transaction of its own, as its actor."""
        return await self.db.run(actor, lambda tx: verb(tx, actor, *args, **more))

    async def system(self, verb: Callable[..., Awaitable[T]], *args: object) -> T:
        """A verb or query that needs no actor."""
        return await self.db.run(SYSTEM, lambda tx: verb(tx, *args))

    async def associate(
        self,
        name: str = "鈴木 直人",
        *,
        role: Role = Role.ASSOCIATE,
        languages: Sequence[str] = ("ja", "en"),
        skills: Sequence[str] = (),
        here: bool = True,
        capacity: int = 3,
    ) -> Actor:
        """One of the staff, available at once unless told otherwise."""
        actor = Actor(role=role, id=ids.uuid7(), name=name)

        async def work(tx: Tx) -> None:
            await tx.execute(
                """insert into staff (id, email, name, role, locale, languages, skills)
                   values (%s, %s, %s, %s, 'ja', %s, %s)""",
                [actor.id, f"{actor.id}@madoguchi.example", name, role, list(languages), list(skills)],
            )

        await self.db.run(SYSTEM, work)
        if here:
            await self.run(actor, verbs.set_presence, Presence.AVAILABLE, capacity)
        return actor

    async def customer(self, name: str = "佐藤 美咲", locale: str = "ja") -> Actor:
        """Somebody signed in at the shop."""
        facts = StoreCustomer(ref=str(ids.uuid7()), name=name, email="misaki.sato@example.jp", locale=locale)
        customer_id = await self.system(people.remember_customer, "demo", facts)
        session = await self.db.run(
            SYSTEM,
            lambda tx: people.start_session(
                tx, store_id="demo", locale=locale, customer_id=customer_id, level=Level.SIGNED_IN
            ),
        )
        return Actor(
            role=Role.CUSTOMER,
            id=customer_id,
            level=Level.SIGNED_IN,
            locale=locale,
            store_id="demo",
            session=session.id,
            name=name,
        )

    async def chat(self, customer: Actor, text: str = "お皿が割れて届きました") -> UUID:
        """A conversation in which the customer has spoken and the bot has answered."""
        case_id = await self.run(
            customer, cases.open_case, store_id="demo", customer_id=customer.id, channel=Channel.CHAT
        )
        await self.run(customer, talking.say, case_id, text=text)
        await self.answer(case_id)
        return case_id

    async def answer(self, case_id: UUID) -> None:
        """The bot says something."""

        async def work(tx: Tx) -> None:
            case = await access_case(tx, SYSTEM, case_id, lock=True)
            await cases.append(tx, case, kind=Kind.MESSAGE, author=Author.BOT, text="かしこまりました。")

        await self.db.run(SYSTEM, work)

    async def in_line(self, name: str = "佐藤 美咲", locale: str = "ja") -> tuple[Actor, UUID]:
        """A customer who has just been put in line, and their case."""
        customer = await self.customer(name, locale)
        case_id = await self.chat(customer)
        await self.run(customer, verbs.hand_over, case_id)
        return customer, case_id

    async def case(self, case_id: UUID) -> Case:
        """The case as it stands."""
        return await self.system(access_case, SYSTEM, case_id)

    async def item(self, case_id: UUID) -> Item:
        """The open item of a case."""
        item = await self.system(open_item, case_id)
        assert item is not None
        return item

    async def ticket(self, case_id: UUID) -> QueueTicket:
        """The case's ticket."""
        return await self.system(place_and_wait, case_id)

    async def timeline(self, case_id: UUID, actor: Actor = SYSTEM) -> Sequence[Entry]:
        """The entries the actor reads."""
        return await self.system(entries, case_id, actor.audience)

    async def everything(self) -> object:
        """All rows of routing and of cases, to see that nothing changed."""

        async def work(tx: Tx) -> list[object]:
            return [
                await tx.value(f"select jsonb_agg(to_jsonb(t) order by t::text) from {table} t")
                for table in ("work_items", "offers", "presence", "wrap_ups", "cases", "entries", "contacts", "surveys")
            ]

        return await self.db.run(SYSTEM, work)
