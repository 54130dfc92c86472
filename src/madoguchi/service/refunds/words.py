"""Where a refund is, in sentences, and the day it should show. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from madoguchi.core.actions.rules import Said, said
from madoguchi.core.ledger.intents.rules import Intent, IntentState
from madoguchi.kit.workdays import after


def shows_on(intent: Intent, now: datetime, zone: str, country: str) -> date:
    """The last day on which it should show, in the shop's zone; counted from when the money went."""
    gone = intent.settled_at if intent.state is IntentState.SUCCEEDED and intent.settled_at else now
    return after(gone.astimezone(ZoneInfo(zone)).date(), intent.max_days, country)


def sentences(intent: Intent, now: datetime, zone: str, country: str) -> tuple[Said, Said]:
    """How much goes where, and how far it is."""
    what = said(f"refunds.to.{intent.destination}", amount=intent.amount, label=intent.tender_label)
    at_once = intent.state is IntentState.SUCCEEDED and intent.max_days == 0
    key = "refunds.state.succeeded.at_once" if at_once else f"refunds.state.{intent.state}"
    return what, said(key, day=shows_on(intent, now, zone, country))
