"""Actors and what their role and identity level allow. Pure."""

from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec


class Role(StrEnum):
    """Kinds of actors."""

    CUSTOMER = "customer"  # also guests: the level tells how well we know them
    BOT = "bot"  # acts for a customer, never beyond that customer's level
    ASSOCIATE = "associate"
    LEADER = "leader"
    ADMIN = "admin"
    SELLER = "seller"
    WAREHOUSE = "warehouse"  # sees what comes back, and nothing of whom it comes from
    SYSTEM = "system"


STAFF = frozenset({Role.ASSOCIATE, Role.LEADER, Role.ADMIN})
AT_WORK = STAFF | {Role.SELLER, Role.WAREHOUSE}  # who signs in with a password, to work
_RANKS = {Role.ASSOCIATE: 1, Role.LEADER: 2, Role.ADMIN: 3}


class Level(IntEnum):
    """How sure we are who a customer is."""

    GUEST = 0
    CLAIMED = 1  # typed a mail address, called from a number
    PROVEN = 2  # showed a one-time code sent to the contact on file
    SIGNED_IN = 3  # a token signed by the shop, or a step-up


class Audience(StrEnum):
    """Who may read an entry of a timeline."""

    CUSTOMER = "customer"  # the customer and staff
    STAFF = "staff"
    SELLER = "seller"  # the customer, the marketplace seller of the case, and staff

    @property
    def reads(self) -> frozenset["Audience"]:
        """Of which audiences a reader of this one sees entries."""
        match self:
            case Audience.STAFF:
                return frozenset(Audience)
            case Audience.CUSTOMER:
                return frozenset({Audience.CUSTOMER, Audience.SELLER})
            case Audience.SELLER:
                return frozenset({Audience.SELLER})


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever acts, in every call.

    `id` is the customer's or the staff member's; None for a guest who has written nothing yet, and for the system.
    Of a seller's people it is the person's, `seller_id` the seller's. `session` binds confirmations. `name` is what
    timelines show.
    """

    role: Role
    id: UUID | None = None
    seller_id: UUID | None = None
    level: Level = Level.GUEST
    locale: str = "ja"
    store_id: str | None = None
    session: UUID | None = None
    name: str = ""

    @property
    def key(self) -> str:
        """What row-level security sees. The bot sees what its customer sees, a seller's people what is the seller's."""
        if self.role is Role.SYSTEM:
            return "system"
        if self.is_staff:
            return f"staff:{self.id}"
        if self.role is Role.SELLER:
            return f"seller:{self.seller_id}"
        if self.role is Role.WAREHOUSE:
            return f"warehouse:{self.id}"
        return f"customer:{self.id}" if self.id else "guest"

    @property
    def is_staff(self) -> bool:
        """Whether this is one of the shop's people."""
        return self.role in STAFF

    def may_see(self, customer_id: UUID | None) -> bool:
        """Whether what is this customer's may be shown: to themselves, to staff and to the system.

        What is nobody's is not a guest's, of whom there is no id either.
        """
        own = customer_id is not None and self.id == customer_id
        return self.is_staff or self.role is Role.SYSTEM or own

    @property
    def audience(self) -> Audience:
        """Which entries of a timeline this actor reads."""
        if self.role is Role.SELLER:
            return Audience.SELLER
        return Audience.STAFF if self.is_staff or self.role is Role.SYSTEM else Audience.CUSTOMER


SYSTEM = Actor(role=Role.SYSTEM, name="system")


class Need(msgspec.Struct, frozen=True):
    """What an act asks of its actor: the least identity level of a customer, and the staff roles that may.

    Without `customers` it is for staff alone: neither a customer nor the bot for one learns that it exists.
    """

    level: Level = Level.GUEST
    staff: frozenset[Role] = STAFF
    customers: bool = True


def allowed(actor: Actor, need: Need) -> bool:
    """Whether the actor's role and level satisfy the need (ownership is checked where the object is read)."""
    if actor.role is Role.SYSTEM:
        return True
    if actor.role in {Role.CUSTOMER, Role.BOT}:
        return need.customers and actor.level >= need.level
    return actor.role in need.staff


def outranks(actor: Actor, role: Role) -> bool:
    """Whether the actor is one of the staff with this role or a higher one."""
    return _RANKS.get(actor.role, 0) >= _RANKS[role]
