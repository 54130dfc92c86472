"""Asked once, answered with one tap, changeable for a week."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import msgspec
import psycopg
import pytest

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.rules import TextCard, said
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.events import CaseClosed
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.rules import Channel, Kind, State
from madoguchi.kit import clock, events
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.events import Happened
from madoguchi.kit.jobs import Duty, run_due
from madoguchi.service.surveys import jobs, verbs
from madoguchi.service.surveys.actions import ACTIONS
from madoguchi.service.surveys.queries import survey_of
from madoguchi.service.surveys.rules import CHANGEABLE
from tests.service.shift import Shift


@pytest.fixture(autouse=True)
async def reactions() -> AsyncIterator[None]:
    """Surveys hear when a case ends."""
    events.wire({CaseClosed: ["surveys.ask"]})
    yield
    events.wire({})


async def _end(shift: Shift, customer: Actor, case_id: UUID) -> None:
    async def close(tx: Tx) -> None:
        case = await access_case(tx, customer, case_id, lock=True)
        await cases.transition(tx, case, State.CLOSED, text_key="cases.status.ended_by_customer", by=customer)

    await shift.db.run(customer, close)
    await run_due(shift.db, {"surveys.ask": Duty(partial(jobs.ask, shift.db), Happened)})


async def _ended(shift: Shift) -> tuple[Actor, UUID]:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    await _end(shift, customer, case_id)
    return customer, case_id


async def test_the_end_brings_one_question(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    entry = (await shift.timeline(case_id, customer))[-1]
    survey = await shift.run(customer, survey_of, case_id)
    assert survey
    assert entry.kind is Kind.SURVEY
    assert entry.body == {"key": "surveys.question", "survey": str(survey.id)}
    assert (survey.rating, survey.solved, survey.comment, survey.at) == (None, None, "", None)
    before = await shift.everything()
    await shift.system(verbs.ask, case_id, survey.contact_id)  # a reaction may run twice
    assert await shift.everything() == before


async def test_who_never_said_a_word_is_not_asked(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.run(customer, cases.open_case, store_id="demo", customer_id=customer.id, channel=Channel.CHAT)
    await shift.answer(case_id)
    await _end(shift, customer, case_id)
    assert await shift.run(customer, survey_of, case_id) is None


async def test_one_tap_then_a_word(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    survey = await shift.run(customer, verbs.answer, case_id, 5)
    assert (survey.rating, survey.comment, survey.solved, survey.at) == (5, "", None, clock.now())
    survey = await shift.run(customer, verbs.answer, case_id, 4, comment="早かった 4111111111111111", solved=True)
    assert (survey.rating, survey.comment, survey.solved) == (4, "早かった **** **** **** 1111", True)
    survey = await shift.run(customer, verbs.answer, case_id, 3)  # what is not said again stays
    assert (survey.rating, survey.comment, survey.solved) == (3, "早かった **** **** **** 1111", True)
    assert await shift.run(customer, survey_of, case_id) == survey


async def test_the_same_answer_again_changes_nothing(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    first = await shift.run(customer, verbs.answer, case_id, 5)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert await shift.run(customer, verbs.answer, case_id, 5) == first


async def test_an_answer_can_be_changed_for_a_week(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    with clock.frozen(clock.now() + CHANGEABLE):
        assert (await shift.run(customer, verbs.answer, case_id, 2)).rating == 2
    before = await shift.everything()
    with clock.frozen(clock.now() + CHANGEABLE + timedelta(seconds=1)), pytest.raises(Refused) as refused:
        await shift.run(customer, verbs.answer, case_id, 1)
    assert (refused.value.code, refused.value.status) == ("survey_over", 409)
    assert await shift.everything() == before


async def test_each_conversation_has_its_own_question(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    await shift.run(customer, verbs.answer, case_id, 1)
    await shift.run(customer, cases.resume, case_id)
    await _end(shift, customer, case_id)
    survey = await shift.run(customer, survey_of, case_id)
    assert survey
    assert survey.rating is None


@pytest.mark.parametrize("rating", [0, 6, -1])
async def test_a_rating_is_from_one_to_five(shift: Shift, rating: int) -> None:
    customer, case_id = await _ended(shift)
    before = await shift.everything()
    with pytest.raises(Refused, match="invalid_rating"):
        await shift.run(customer, verbs.answer, case_id, rating)
    with pytest.raises(Refused, match="text_too_long"):
        await shift.run(customer, verbs.answer, case_id, 5, comment="あ" * 1_001)
    assert await shift.everything() == before


async def test_nobody_answers_for_somebody_else(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    stranger = await shift.customer("山田 太郎")
    associate = Actor(role=Role.ASSOCIATE, id=stranger.id)
    before = await shift.everything()
    for actor, code in ((stranger, "not_found"), (associate, "forbidden")):
        with pytest.raises(Refused, match=code):
            await shift.run(actor, verbs.answer, case_id, 5)
    with pytest.raises(Refused, match="not_found"):
        await shift.run(stranger, survey_of, case_id)
    assert await shift.everything() == before
    assert await shift.run(customer, survey_of, case_id)


async def test_what_was_not_asked_is_not_answered(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    before = await shift.everything()
    with pytest.raises(Refused, match="not_found"):
        await shift.run(customer, verbs.answer, case_id, 5)
    assert await shift.everything() == before


async def test_the_database_hides_surveys_of_others(shift: Shift, database_url: str) -> None:
    customer, _ = await _ended(shift)
    stranger = await shift.customer("山田 太郎")

    def visible(actor: Actor) -> object:
        with psycopg.connect(database_url) as conn:
            conn.execute("set role madoguchi_app")
            conn.execute("select set_config('madoguchi.actor', %s, false)", [actor.key])
            return (conn.execute("select count(*) from surveys").fetchone() or (None,))[0]

    assert (visible(customer), visible(stranger)) == (1, 0)


async def test_the_action_thanks(shift: Shift) -> None:
    customer, case_id = await _ended(shift)
    bot = msgspec.structs.replace(customer, role=Role.BOT)
    card = await shift.db.run(
        bot,
        lambda tx: actions.run(
            tx, Catalogue([*ACTIONS]), bot, "survey.answer", {"case_id": str(case_id), "rating": 5, "solved": True}
        ),
    )
    assert card == TextCard(lines=(said("surveys.thanks", until=clock.now() + CHANGEABLE),))
