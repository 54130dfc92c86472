"""From a cookie or a bearer token to the session, asked of the database at most once a second per session."""

import time
from collections import OrderedDict
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people import queries, verbs
from madoguchi.core.people.queries import Session
from madoguchi.kit import clock, security
from madoguchi.kit.db import Database

FRESH = 1.0  # seconds; rights that were withdrawn act within it
_KEPT = 20_000


class SessionBook:
    """Finds sessions by token."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._seen: OrderedDict[bytes, tuple[float, Session | None]] = OrderedDict()

    async def find(self, token: str) -> Session | None:
        """The living session of the token."""
        if not 20 <= len(token) <= 100:
            return None
        key = security.token_hash(token)
        at, session = self._seen.get(key, (0.0, None))
        if time.monotonic() - at < FRESH:
            return session
        session = await self._db.run(SYSTEM, lambda tx: queries.session(tx, key))
        if session and session.actor.id is None:
            return session  # a guest who becomes somebody with the next word, in whatever process that is said
        self._seen[key] = (time.monotonic(), session)
        self._seen.move_to_end(key)
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        return session

    async def renew(self, session: Session) -> None:
        """Somebody is there: the session lasts on, which is written only now and then."""
        if session.is_stale(clock.now()):
            await self._db.run(SYSTEM, lambda tx: verbs.renew_session(tx, session))
            self.forget(session.id)

    def forget(self, session_id: UUID) -> None:
        """The session changed: ask again at its next request here."""
        for key, (_, session) in list(self._seen.items()):
            if session and session.id == session_id:
                del self._seen[key]
