"""What every decision has in common: the law above the pack, and how a decision begins. Pure."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, TypeVar

import msgspec

from madoguchi.core.policy.decisions import Decision, Reason, outcome
from madoguchi.core.policy.floors import clause_named, lawful
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.questions import Question
from madoguchi.kit import i18n

Q = TypeVar("Q", bound=Question)
D = TypeVar("D", bound=Decision)
_Decide = Callable[[RulePack, Q], D]

PERSON = ("service.human",)
"""What is possible instead: a person."""


def under_law(*matters: str) -> Callable[[_Decide[Q, D]], _Decide[Q, D]]:
    """Decide by the pack as the law of the consumer's country betters it.

    Recorded are those clauses on the matters without which the decision would be another one.
    """

    def wrap(decide: _Decide[Q, D]) -> _Decide[Q, D]:
        @wraps(decide)
        def lawfully(pack: RulePack, question: Q) -> D:
            country, on = question.country, question.at.date()
            decision = decide(lawful(pack, country, on)[0], question)
            clauses = deciding(pack, country, on, matters, lambda rules: outcome(decide(rules, question)))
            return msgspec.structs.replace(decision, clauses=clauses)

        return lawfully

    return wrap


def deciding(
    pack: RulePack, country: str, on: date, matters: tuple[str, ...], decide: Callable[[RulePack], Any]
) -> tuple[str, ...]:
    """Ids of the clauses on some matters without which something would be decided otherwise."""
    bettered, won = lawful(pack, country, on)
    found = decide(bettered)
    return tuple(
        clause.id
        for clause in won
        if clause.field.split(".")[0] in matters and decide(lawful(pack, country, on, but=clause.id)[0]) != found
    )


def told(clause_id: str) -> Reason:
    """A clause, and the sentence that tells what it gives the consumer."""
    of = clause_named(clause_id)
    parameters: dict[str, Any] = {"law": of.law}
    match of.value:
        case bool() | str():
            pass
        case int(number):
            parameters["n"] = number
        case tuple(flags):
            parameters["goods"] = [because(of.id, f"policy.option.{of.field}.{flag}") for flag in flags]
    return because(of.id, f"policy.law.{of.field}", **parameters)


def start(pack: RulePack, question: Question) -> dict[str, Any]:
    """By which pack, and about what."""
    return {"pack": pack.name, "version": pack.version, "question": question}


def because(rule: str, key: str, **parameters: Any) -> Reason:
    """A rule that decided, and the sentence that tells it."""
    return Reason(rule, key, i18n.pack(parameters))
