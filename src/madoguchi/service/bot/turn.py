"""What every part of a turn works with: the case, whom it is for, what is remembered, and the voice."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Card, said
from madoguchi.core.cases.queries import Case
from madoguchi.core.people.queries import Customer
from madoguchi.kit.db import Tx
from madoguchi.kit.security import Signer
from madoguchi.service.bot.rules import Memory
from madoguchi.service.bot.understanding import Understanding
from madoguchi.service.bot.voice import Voice

OF_ORDERS = {About.ORDER, About.PARCEL}


class Wits(msgspec.Struct, frozen=True):
    """What the bot thinks and acts with."""

    catalogue: Catalogue
    understanding: Understanding
    signer: Signer


class Heard(msgspec.Struct, frozen=True):
    """The words of this turn, and their language."""

    text: str = ""
    lang: str = "ja"


def memory_of(case: Case) -> Memory:
    """What the bot remembers of a case."""
    return msgspec.convert(case.dialogue, Memory)


class Turn:
    """One turn in one case. `shown` is the quote that the customer's words can be about."""

    def __init__(self, tx: Tx, wits: Wits, actor: Actor, case: Case, customer: Customer, zone: str) -> None:
        self.tx = tx
        self.wits = wits
        self.actor = actor
        self.case = case
        self.customer = customer
        self.zone = ZoneInfo(zone)
        self.voice = Voice(tx, case, zone)
        self.memory = memory_of(case)
        self.shown = self.memory.quote_id
        self.heard = Heard(lang=case.locale)
        self.over = False  # people have the case now, or it has ended

    def remember(self, **changes: Any) -> None:
        """Keep for the next turn."""
        self.memory = msgspec.structs.replace(self.memory, **changes)

    def note(self, key: str, **parameters: Any) -> None:
        """One more step to tell a person about."""
        self.memory = self.memory.did(said(key, **parameters))

    async def run(self, action: Action, raw: Mapping[str, Any]) -> Card:
        """Do a look-up or a harmless act for the customer."""
        return await actions.run(self.tx, self.wits.catalogue, self.actor, action.name, raw)

    async def possible(self, action: Action, subject: Subject) -> bool:
        """Whether the action can be done with the thing now."""
        return action.offer is None or await action.offer(self.tx, self.actor, subject) is None

    def subject(self, action: Action) -> Subject | None:
        """The thing that is spoken of, as far as the memory tells; None when it must be asked for."""
        assert action.about
        owner: UUID | None = self.case.id if action.about is About.CASE else self.case.customer_id
        if action.about in OF_ORDERS:
            owner = self.memory.order_id
        if owner is None or (action.about in _WITH_REF and not self.memory.thing):
            return None
        if action.about in {About.RETURN, About.GIFT}:
            owner = UUID(self.memory.thing)
        return Subject(action.about, owner, self.memory.thing if action.about in _WITH_REF else "")


_WITH_REF = {About.PARCEL, About.SUBSCRIPTION, About.RETURN, About.GIFT}
