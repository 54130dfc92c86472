"""What surveys do by themselves."""

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.events import CaseClosed
from madoguchi.kit.db import Database
from madoguchi.kit.events import Happened
from madoguchi.service.surveys import verbs


async def ask(db: Database, happened: Happened) -> None:
    """A conversation ended (reaction to cases.closed)."""
    fact = happened.as_(CaseClosed)
    if fact.handled_by == "seller":
        return  # whom the customer rates
    await db.run(SYSTEM, lambda tx: verbs.ask(tx, fact.case_id, fact.contact_id))
