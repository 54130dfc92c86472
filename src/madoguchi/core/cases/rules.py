"""States, kinds and limits of cases. Pure."""

from enum import StrEnum

TEXT_LIMIT = 4_000  # characters of one message
CLIENT_ID_LIMIT = 64
OPEN_AT_ONCE = 5  # cases of one customer
OPEN_WITH_SELLERS = 20  # beside those


class State(StrEnum):
    """Who has the case now."""

    BOT = "bot"
    QUEUED = "queued"  # waits for a person
    ACTIVE = "active"  # an associate has it
    PARKED = "parked"  # long silence; goes on where it was with the next word
    SELLER = "seller"  # a marketplace seller answers
    CLOSED = "closed"


OPEN = frozenset(State) - {State.CLOSED}
WITH_PEOPLE = frozenset({State.QUEUED, State.ACTIVE, State.PARKED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.BOT: frozenset({State.QUEUED, State.ACTIVE, State.PARKED, State.SELLER, State.CLOSED}),
    State.QUEUED: frozenset({State.ACTIVE, State.BOT, State.PARKED, State.CLOSED}),
    State.ACTIVE: frozenset({State.ACTIVE, State.QUEUED, State.BOT, State.PARKED, State.CLOSED}),  # or other hands
    State.PARKED: frozenset({State.BOT, State.QUEUED, State.ACTIVE, State.CLOSED}),
    State.SELLER: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.BOT, State.QUEUED, State.SELLER}),  # the customer goes on with it
}


class Kind(StrEnum):
    """What an entry of the timeline is."""

    MESSAGE = "message"
    CHOICE = "choice"  # the customer picked an option
    CARD = "card"  # a look-up's result: an order, its parcel
    SLIP = "slip"  # a quote with money, waiting for a confirmation
    ACTION = "action"  # something was done
    FILE = "file"
    STATUS = "status"  # the case went from one state to another
    NOTE = "note"  # staff among themselves
    SURVEY = "survey"


class Author(StrEnum):
    """Who wrote an entry."""

    CUSTOMER = "customer"
    BOT = "bot"
    ASSOCIATE = "associate"
    SELLER = "seller"
    SYSTEM = "system"


class Channel(StrEnum):
    """How a contact came in."""

    CHAT = "chat"
    API = "api"


def may_become(before: State, after: State) -> bool:
    """Whether a case may go from one state to the other."""
    return after in TRANSITIONS[before]
