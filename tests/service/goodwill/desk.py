"""Cases at the desk of the demo shop, and those of the staff who grant something."""

from typing import Any
from uuid import UUID, uuid4

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Entry, entries
from madoguchi.core.cases.rules import Channel
from madoguchi.core.ledger.credits.queries import unsettled
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import TenderKind
from madoguchi.core.shop.queries import customer_facts
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.service.goodwill.queries import Grant, grants_to
from tests.service.claims.conftest import Street

NAMES = {Role.ASSOCIATE: "田中 葵", Role.LEADER: "鈴木 健", Role.ADMIN: "森 千恵"}


class Desk(Street):
    """Staff who grant goodwill in customers' cases."""

    async def hire(self, role: Role = Role.ASSOCIATE) -> Actor:
        """Somebody new of the staff."""
        email, name = f"{uuid4().hex}@madoguchi.example", NAMES[role]
        staff_id = await self.db.run(
            SYSTEM,
            lambda tx: add_staff(tx, email=email, name=name, role=role, locale="ja", languages=["ja"]),
        )
        return Actor(role=role, id=staff_id, store_id="demo", session=ids.uuid7(), name=name)

    async def case(self, ref: str) -> UUID:
        """A case of the customer of an order, about it."""
        actor, order_id = await self.actor(ref)

        async def work(tx: Tx) -> UUID:
            assert actor.id
            return await cases.open_case(
                tx, actor, store_id="demo", customer_id=actor.id, channel=Channel.CHAT, order_id=order_id
            )

        return await self.db.run(actor, work)

    async def ask(self, actor: Actor, case_id: UUID, yen: int, **more: Any) -> Quote:
        """What granting so much in a case would be."""
        raw = {"case_id": case_id, "amount": str(yen), "reason": "apology"} | more
        owner = await self.db.run(SYSTEM, lambda tx: tx.value("select customer_id from cases where id = %s", [case_id]))
        return await self.db.run(
            actor,
            lambda tx: requests.quote(
                tx, self.catalogue, actor, "goodwill.grant", raw, customer_id=owner, case_id=case_id
            ),
        )

    async def grant(self, actor: Actor, case_id: UUID, amount: int, **more: Any) -> Request:
        """The same, confirmed and worked on."""
        request = await self.confirm(actor, await self.ask(actor, case_id, amount, **more))
        await self.work()
        return await self.settled(request)

    async def approve(self, actor: Actor, request: Request, note: str = "") -> Request:
        await self.db.run(actor, lambda tx: approvals.approve(tx, self.catalogue, actor, request.id, note))
        await self.work()
        return await self.settled(request)

    async def decline(self, actor: Actor, request: Request, note: str = "別の方法で対応します") -> Request:
        return await self.db.run(actor, lambda tx: approvals.decline(tx, self.catalogue, actor, request.id, note))

    async def credit(self, ref: str) -> int:
        """The store credit that the customer of an order holds, by the store's own books as mirrored."""
        await mirror.follow(self.db, self.store)
        owner = await self.owner(ref)
        facts = await self.db.run(SYSTEM, lambda tx: customer_facts(tx, SYSTEM, owner))
        held = [one.balance for one in facts.methods if one.kind is TenderKind.STORE_CREDIT and one.balance]
        return sum(one.amount for one in held)

    async def granted(self, ref: str) -> list[Grant]:
        """What counts as granted to the customer of an order."""
        owner, staff = await self.owner(ref), await self.hire()

        async def work(tx: Tx) -> list[Grant]:
            since = await tx.value("select '2000-01-01'::timestamptz")
            return list(await grants_to(tx, staff, owner, "JPY", since))

        return await self.db.run(staff, work)

    async def timeline(self, actor: Actor, case_id: UUID) -> list[Entry]:
        """What somebody reads in a case."""
        return list(await self.db.run(actor, lambda tx: entries(tx, case_id, actor.audience)))

    async def sound(self) -> None:
        """Everything adds up, and every credit is as its request."""
        await self.balanced()
        assert await self.db.run(SYSTEM, unsettled) == []
