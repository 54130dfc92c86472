"""Reading people: customers, sessions, stores."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Level, Role
from madoguchi.core.people import rules
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


class Store(msgspec.Struct, frozen=True):
    """A shop of ours. `time_zone` decides deadlines, `rule_pack` the rules."""

    id: str
    name: str
    currency: str
    time_zone: str
    country: str
    locale: str
    rule_pack: str


class Customer(msgspec.Struct, frozen=True):
    """A customer or guest (store_ref None) as we know them."""

    id: UUID
    store_id: str
    store_ref: str | None
    name: str
    kana: str
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    locale: str
    created_at: datetime


class Session(msgspec.Struct, frozen=True):
    """A living session. The token itself is stored nowhere."""

    id: UUID
    kind: str
    customer_id: UUID | None
    staff_id: UUID | None
    seller_person_id: UUID | None
    seller_id: UUID | None
    store_id: str
    level: Level
    locale: str
    role: Role | None
    name: str
    created_at: datetime
    expires_at: datetime

    def ends(self, used: datetime) -> datetime:
        """When it ends if it was used last at `used`."""
        return rules.session_ends(self.created_at, used, at_work=self.kind != "customer")

    def is_stale(self, now: datetime) -> bool:
        """Whether its use is to be written down again."""
        return self.ends(now) - self.expires_at >= rules.RENEWED_EVERY

    @property
    def actor(self) -> Actor:
        """Who acts in this session."""
        return Actor(
            role=self.role or Role.CUSTOMER,
            id=self.staff_id or self.seller_person_id or self.customer_id,
            seller_id=self.seller_id,
            level=self.level,
            locale=self.locale,
            store_id=self.store_id,
            session=self.id,
            name=self.name,
        )


_CUSTOMER = "id, store_id, store_ref, name, kana, given_name, family_name, email, phone, locale, created_at"


async def stores(tx: Tx) -> Sequence[Store]:
    """All shops, oldest first."""
    return await tx.all(
        Store, "select id, name, currency, time_zone, country, locale, rule_pack from stores order by created_at, id"
    )


async def store(tx: Tx, store_id: str) -> Store:
    """One shop; invisible when there is none."""
    found = await tx.maybe(
        Store,
        "select id, name, currency, time_zone, country, locale, rule_pack from stores where id = %s",
        [store_id],
    )
    if found is None:
        raise invisible()
    return found


async def shop_key(tx: Tx, store_id: str, kid: str) -> dict[str, Any] | None:
    """A public EdDSA key (JWK) with which a shop signs its tokens."""
    found: dict[str, Any] | None = await tx.value(
        "select jwk from shop_keys where store_id = %s and kid = %s", [store_id, kid]
    )
    return found


async def session(tx: Tx, token_hash: bytes) -> Session | None:
    """The living session of a token, whose person is still active."""
    return await tx.maybe(
        Session,
        """select s.id, s.kind, s.customer_id, s.staff_id, s.seller_person_id, p.seller_id, s.store_id, s.level,
                  s.locale, s.created_at, s.expires_at, coalesce(f.name, p.name, c.name, '') as name,
                  case s.kind when 'seller' then 'seller' else f.role end as role
           from sessions s left join staff f on f.id = s.staff_id left join customers c on c.id = s.customer_id
           left join seller_people p on p.id = s.seller_person_id
           where s.token_hash = %s and s.ended_at is null and s.expires_at > %s
             and coalesce(f.active, p.active, true)""",
        [token_hash, tx.now],
    )


async def session_lives(tx: Tx, session_id: UUID) -> bool:
    """Whether a session has not ended."""
    return bool(
        await tx.value(
            """select exists (select 1 from sessions s left join staff f on f.id = s.staff_id
                              left join seller_people p on p.id = s.seller_person_id
                              where s.id = %s and s.ended_at is null and s.expires_at > %s
                                and coalesce(f.active, p.active, true))""",
            [session_id, tx.now],
        )
    )


async def access_customer(tx: Tx, actor: Actor, customer_id: UUID) -> Customer:
    """A customer the actor may see: oneself, or any for staff; else invisible."""
    if not actor.may_see(customer_id):
        raise invisible()
    found = await tx.maybe(Customer, f"select {_CUSTOMER} from customers where id = %s", [customer_id])
    if found is None:
        raise invisible()
    return found


async def access_customers(tx: Tx, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Customer]:
    """Customers by their ids, for staff; else invisible."""
    if not actor.is_staff:
        raise invisible()
    found = await tx.all(Customer, f"select {_CUSTOMER} from customers where id = any(%s)", [list(set(ids))])
    return {customer.id: customer for customer in found}


async def customer_by_ref(tx: Tx, store_id: str, store_ref: str) -> Customer | None:
    """The customer whom the shop knows by this reference (for the system)."""
    return await tx.maybe(
        Customer, f"select {_CUSTOMER} from customers where store_id = %s and store_ref = %s", [store_id, store_ref]
    )


async def customers_by_email(tx: Tx, store_id: str, key: str) -> Sequence[Customer]:
    """Customers of the shop with this address on file, oldest first (for the system)."""
    return await tx.all(
        Customer,
        f"""select {_CUSTOMER} from customers
            where store_id = %s and email_key = %s and store_ref is not null order by id""",
        [store_id, key],
    )


async def customers_like(tx: Tx, text: str, limit: int = 20) -> Sequence[Customer]:
    """Customers of any shop whose name or mail address holds the text (for the demo's people picker)."""
    wanted = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return await tx.all(
        Customer,
        f"""select {_CUSTOMER} from customers
            where store_ref is not null and (name ilike %s or email ilike %s) order by name, id limit %s""",
        [wanted, wanted, limit],
    )
