"""Who is at the door: session, language, display wishes. Made for each request by the middleware."""

from collections.abc import Sequence

import msgspec

from madoguchi.core.access.rules import AT_WORK, Actor, Role
from madoguchi.core.people import verbs as people
from madoguchi.core.people.queries import Session
from madoguchi.core.people.verbs import NewSession
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.i18n import LANGUAGES, Reader


class Display(msgspec.Struct, frozen=True):
    """How somebody wants to read."""

    theme: str = "auto"
    contrast: str = "auto"
    text: str = "1"


class Visitor:
    """The person of a request. `new_token` is set when the response must hand out a session.

    `origin` is the scheme and host of ours that they came to, `address` where they come from. `remembered` are cookies
    to be kept in this browser for a year.
    """

    def __init__(
        self,
        session: Session | None,
        store_id: str,
        lang: str,
        zone: str,
        seed: str,
        display: Display,
        *,
        origin: str = "",
        address: str = "",
    ) -> None:
        self.session = session
        self.store_id = session.store_id if session else store_id
        self.reader = Reader(lang, zone)
        self.seed = seed
        self.display = display
        self.origin = origin
        self.address = address
        self.new_token: str | None = None
        self.new_seed = False
        self.remembered: dict[str, str] = {}
        self.signed_out = False
        self.actor = session.actor if session else Actor(role=Role.CUSTOMER, locale=lang, store_id=store_id)

    @property
    def lang(self) -> str:
        """The language to write in."""
        return self.reader.lang

    @property
    def counted_as(self) -> str:
        """Under which key limits count them: who works here or sells, a session, or who comes from an address."""
        if self.actor.role in AT_WORK:
            return f"{self.actor.role}:{self.actor.id}"
        return f"session:{self.actor.session}" if self.actor.session else self.address

    async def ensure_session(self, tx: Tx) -> Actor:
        """The actor with a session of their own; a guest gets one now, at the first thing they write."""
        if self.actor.session is not None:
            return self.actor
        made = await people.start_session(tx, store_id=self.store_id, locale=self.lang)
        actor = msgspec.structs.replace(self.actor, session=made.id)
        tx.after_commit(lambda: self.take(made))  # a transaction that is tried again makes another one
        tx.after_commit(lambda: self._be(actor))
        return actor

    async def ensure_customer(self, tx: Tx) -> Actor:
        """The actor with a session and a customer row to write under."""
        actor = await self.ensure_session(tx)
        if actor.id is not None:
            return actor
        known = msgspec.structs.replace(actor, id=await people.ensure_guest(tx, actor))
        tx.after_commit(lambda: self._be(known))
        return known

    async def known(self, db: Database) -> Actor:
        """The actor as somebody who can be written under; a guest becomes one now."""
        if self.actor.id is None:
            await db.run(self.actor, self.ensure_customer)
        return self.actor

    def _be(self, actor: Actor) -> None:
        self.actor = actor

    def take(self, made: NewSession) -> None:
        """Hand out a session with the response."""
        self.new_token = made.token


def language(wished: Sequence[str | None], accept: str) -> str:
    """The first wished language that we speak, else the browser's best, else Japanese."""
    for wish in wished:
        if wish in LANGUAGES:
            return wish
    for part in accept.split(","):
        code = part.split(";")[0].strip().lower().split("-")[0]
        if code in LANGUAGES:
            return code
    return "ja"
