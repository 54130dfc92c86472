"""Saying no: why not, and what is possible instead."""

from collections.abc import Sequence
from http import HTTPStatus

from madoguchi.core.cases.reasons import REASONS
from madoguchi.kit.errors import Refused
from madoguchi.service.bot import doable
from madoguchi.service.bot.turn import Turn
from madoguchi.service.bot.voice import Option


async def refuse(turn: Turn, refused: Refused, instead: Sequence[Option] = ()) -> None:
    """Tell why not; below it what else ends the same wish, or what the refusal itself knows of."""
    turn.note("bot.tried.refused")
    options = list(instead) or await _alternatives(turn, refused)
    options += [turn.voice.person(), turn.voice.other()]
    if refused.status == HTTPStatus.NOT_FOUND:  # the words for that are those of a page that is not there
        await turn.voice.say("bot.no_things", options=options)
    else:
        await turn.voice.say(refused.key, options=options, **refused.parameters)


async def _alternatives(turn: Turn, refused: Refused) -> list[Option]:
    """Contact reasons, and what is possible on the order spoken of."""
    named = [name for name in refused.parameters.get("alternatives", ()) if name != "service.human"]
    options = [turn.voice.topic(name) for name in named if name in REASONS]
    if named and turn.memory.order_id:
        options += await doable.instead(turn, turn.memory.order_id, named)
    return options
