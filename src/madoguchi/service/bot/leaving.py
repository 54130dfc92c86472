"""Leaving a case: to a person with all that was done, or because all is solved."""

import msgspec

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.rules import said
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.cases.rules import State
from madoguchi.core.shop import queries as shop
from madoguchi.service.bot.turn import Turn


async def hand_over(turn: Turn, words: str = "bot.handing_over") -> None:
    """A person takes over, who need not ask again."""
    turn.over = True
    reason, order_id = turn.memory.reason, turn.memory.order_id
    lines = [said("bot.summary.wish", reason=REASONS[reason].label)] if reason else []
    if order_id:
        order = await shop.access_order(turn.tx, turn.actor, order_id)
        lines.append(said("bot.summary.order", order=order.store_ref))
    await turn.voice.say(words)
    await actions.run(
        turn.tx,
        turn.wits.catalogue,
        turn.actor,
        "service.human",
        {
            "case_id": turn.case.id,
            "lines": [msgspec.to_builtins(line) for line in lines],
            "tried": [msgspec.to_builtins(step) for step in turn.memory.tried],
        },
    )


async def end(turn: Turn) -> None:
    """The customer says that all is solved: the chat ends here."""
    turn.over = True
    case = await access_case(turn.tx, turn.actor, turn.case.id, lock=True)
    await cases.transition(turn.tx, case, State.CLOSED, text_key="cases.status.solved")
