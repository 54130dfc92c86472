"""Reading surveys."""

from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases.queries import access_case
from madoguchi.kit.db import Tx
from madoguchi.service.surveys.rules import CHANGEABLE


class Survey(msgspec.Struct, frozen=True):
    """The question about one ended contact, and the answer as far as there is one (`at`: of the last change)."""

    id: UUID
    case_id: UUID
    contact_id: UUID
    asked_at: datetime
    rating: int | None
    solved: bool | None
    comment: str
    at: datetime | None

    @property
    def open_until(self) -> datetime:
        """Until when it can be answered or changed."""
        return self.asked_at + CHANGEABLE


SURVEY = "id, case_id, contact_id, asked_at, rating, solved, comment, at"


async def survey_of(tx: Tx, actor: Actor, case_id: UUID) -> Survey | None:
    """The newest survey of a case the actor may see."""
    await access_case(tx, actor, case_id)
    return await tx.maybe(
        Survey, f"select {SURVEY} from surveys where case_id = %s order by id desc limit 1", [case_id]
    )
