"""Rating a conversation: this room's entry in the catalogue."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Level, Need
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.rules import Effect, TextCard, said
from madoguchi.kit.db import Tx
from madoguchi.service.surveys import verbs


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rating from 1 (bad) to 5 (good), and what else the customer wants to tell; None leaves it as it was."""

    case_id: UUID
    rating: int
    comment: str | None = None
    solved: bool | None = None


async def _answer(tx: Tx, actor: Actor, given: Answer) -> TextCard:
    survey = await verbs.answer(tx, actor, given.case_id, given.rating, comment=given.comment, solved=given.solved)
    return TextCard(lines=(said("surveys.thanks", until=survey.open_until),))


ACTIONS = (
    Action(
        name="survey.answer",
        effect=Effect.ACT,
        arguments=Answer,
        need=Need(level=Level.GUEST, staff=frozenset()),
        act=_answer,
    ),
)
