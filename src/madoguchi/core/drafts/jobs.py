"""What drafts do by themselves: old ones go."""

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.drafts import verbs
from madoguchi.kit.db import Database
from madoguchi.kit.jobs import Nothing


async def sweep(database: Database, _: Nothing) -> None:
    """Forget drafts that nobody went on with."""
    while await database.run(SYSTEM, verbs.sweep):
        pass
