"""Returns: until when, at whose cost, for how much. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from madoguchi.core.policy.decisions import Reason, ReturnDecision, Verdict
from madoguchi.core.policy.law import PERSON, because, start, under_law
from madoguchi.core.policy.pack import Fault, Payer, RulePack, Season
from madoguchi.core.policy.questions import ReturnQuestion


@under_law("returns", "faults")
def decide_return(pack: RulePack, question: ReturnQuestion) -> ReturnDecision:
    """Whether a line may come back, until when, for which share, and who pays what."""
    rules, fault = pack.returns, pack.faults[question.fault]
    theirs = question.fault is Fault.CUSTOMER
    until = return_until(pack, question)
    if theirs and not set(rules.never).isdisjoint(question.flags):
        return _no_return(pack, question, because("returns.never", "errors.return_never"))
    if question.at > until:
        days = rules.days if theirs else rules.defect_days
        return _no_return(pack, question, because("returns.days", "errors.return_late", until=until, days=days))
    free = not set(rules.free).isdisjoint(question.flags)
    opened = question.opened and theirs and not free
    rule = "returns.opened" if opened else f"faults.{question.fault}"
    return ReturnDecision(
        **start(pack, question),
        verdict=Verdict.ALLOW,
        reasons=(because(rule, f"policy.said.{rule}", percent=rules.opened_percent),),
        until=until,
        percent=rules.opened_percent if opened else 100,
        postage=Payer.SHOP if free else fault.postage,
        outward_shipping=fault.outward_shipping,
        fees=fault.fees,
    )


def _no_return(pack: RulePack, question: ReturnQuestion, reason: Reason) -> ReturnDecision:
    return ReturnDecision(
        **start(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE,
        reasons=(reason,),
        alternatives=PERSON,
        until=return_until(pack, question),
    )


def return_until(pack: RulePack, question: ReturnQuestion) -> datetime:
    """The last moment at which the line may be sent back, at the end of a day of the shop.

    What was not delivered yet counts from the moment of the question.
    """
    rules, zone = pack.returns, ZoneInfo(question.zone)
    days = rules.days if question.fault is Fault.CUSTOMER else rules.defect_days
    delivered = (question.delivered_at or question.at).astimezone(zone).date()
    last = delivered + timedelta(days=days)
    if rules.season:
        last = max(last, _season_end(rules.season, question.ordered_at.astimezone(zone).date()) or last)
    return datetime.combine(last, time.max, zone).replace(microsecond=0)


def _season_end(season: Season, bought: date) -> date | None:
    """Until when what was bought on this day may come back by the season; None when it is none of the season."""
    if not season.bought_from <= f"{bought:%m-%d}" <= season.bought_to:
        return None
    wraps = season.back_until < season.bought_from
    return date.fromisoformat(f"{bought.year + wraps}-{season.back_until}")
