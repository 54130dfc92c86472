"""Asking, and taking the answer. Never commits."""

from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.kit import ids, security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.service.surveys.queries import SURVEY, Survey, survey_of
from madoguchi.service.surveys.rules import CHANGEABLE, COMMENT_LIMIT, RATINGS


async def ask(tx: Tx, case_id: UUID, contact_id: UUID) -> None:
    """Ask once how an ended contact was; nobody is asked who never said a word."""
    case = await access_case(tx, SYSTEM, case_id, lock=True)
    if not case.customer_seq:
        return
    survey_id = ids.uuid7()
    asked = await tx.execute(
        """insert into surveys (id, case_id, contact_id, asked_at) values (%s, %s, %s, %s)
           on conflict (contact_id) do nothing""",
        [survey_id, case_id, contact_id, tx.now],
    )
    if asked:
        body = {"key": "surveys.question", "survey": str(survey_id)}
        await cases.append(tx, case, kind=Kind.SURVEY, author=Author.SYSTEM, body=body)


async def answer(
    tx: Tx, actor: Actor, case_id: UUID, rating: int, *, comment: str | None = None, solved: bool | None = None
) -> Survey:
    """The customer's rating, 1 to 5, of the case's last contact, until it is 7 days old; what is None stays as it was.

    Refused: forbidden (staff do not rate themselves), not_found, survey_over, invalid_rating, text_too_long.
    """
    if actor.is_staff:
        raise Refused("forbidden", 403)
    if rating not in RATINGS:
        raise Refused("invalid_rating")
    clean = None if comment is None else _plain(comment)
    survey = await survey_of(tx, actor, case_id)
    if survey is None:
        raise invisible()
    if tx.now > survey.open_until:
        raise Refused("survey_over", 409, days=CHANGEABLE.days)
    changed = await tx.maybe(
        Survey,
        f"""update surveys set rating = %(rating)s, at = %(now)s, solved = coalesce(%(solved)s, solved),
              comment = coalesce(%(comment)s, comment)
            where id = %(id)s and (rating, solved, comment) is distinct from
              (%(rating)s, coalesce(%(solved)s, solved), coalesce(%(comment)s, comment))
            returning {SURVEY}""",
        {"id": survey.id, "rating": rating, "solved": solved, "comment": clean, "now": tx.now},
    )
    if changed:
        tx.wake(cases.topic(case_id))
    return changed or survey


def _plain(text: str) -> str:
    clean, _ = security.mask_cards(security.clean_text(text))
    if len(clean) > COMMENT_LIMIT:
        raise Refused("text_too_long", limit=COMMENT_LIMIT)
    return clean
