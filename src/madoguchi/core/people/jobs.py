"""What this room does by itself."""

from functools import partial

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people import verbs
from madoguchi.kit.db import Database
from madoguchi.kit.jobs import Nothing

AT_ONCE = 1_000  # rows of a kind in one transaction


async def sweep(db: Database, args: Nothing) -> None:
    """Every hour: delete dead sessions, used tokens and old codes, some at a time."""
    while await db.run(SYSTEM, partial(verbs.sweep, limit=AT_ONCE)):
        pass
