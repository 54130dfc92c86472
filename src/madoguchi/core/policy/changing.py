"""Changes before delivery. Pure."""

from madoguchi.core.policy.decisions import ChangeDecision, Verdict
from madoguchi.core.policy.law import PERSON, because, start, under_law
from madoguchi.core.policy.pack import Row, RulePack, Then, When
from madoguchi.core.policy.questions import ChangeQuestion, LineFacts


@under_law()
def decide_change(pack: RulePack, question: ChangeQuestion) -> ChangeDecision:
    """Which lines may change and how. Lines that were named must all go; else it is enough that one does.

    LookupError when the pack has no row for a line.
    """
    rows = {line.ref: _row(pack.changes.rows(question.wish), question, line) for line in question.lines}
    allowed = {ref: row for ref, row in rows.items() if row.then is not Then.DENY}
    denied = next((row for row in rows.values() if row.then is Then.DENY), None)
    if denied and (question.named or not allowed):
        code, instead = denied.code or "change_asks_person", denied.instead if denied.code else PERSON
        return ChangeDecision(
            **start(pack, question),
            verdict=Verdict.OFFER_ALTERNATIVE if instead else Verdict.DENY,
            reasons=(because(denied.id, f"errors.{code}", word=question.status, days=pack.returns.days),),
            alternatives=instead,
        )
    applied = dict.fromkeys(allowed.values())
    return ChangeDecision(
        **start(pack, question),
        verdict=Verdict.ALLOW,
        reasons=tuple(because(row.id, f"orders.rule.{question.wish}.{row.then}") for row in applied),
        lines=allowed,
    )


def _row(rows: tuple[Row, ...], question: ChangeQuestion, line: LineFacts) -> Row:
    for row in rows:
        if _fits(row.when, question, line):
            return row
    raise LookupError(f"no row for {question.wish} of {line.stage} ({question.status})")


def _fits(when: When, question: ChangeQuestion, line: LineFacts) -> bool:
    return (
        (when.stage is None or line.stage in when.stage)
        and (when.status is None or question.status in when.status)
        and (when.flag is None or not set(when.flag).isdisjoint(line.flags))
        and when.gift in {None, question.gift}
        and when.business in {None, question.business}
        and when.partly_shipped in {None, question.partly_shipped}
        and when.after_cut_off in {None, question.after_cut_off}
    )
