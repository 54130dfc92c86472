"""Photos in a conversation: what is being filled in takes them, and a person looks at the others."""

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Kind
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.photos.queries import File
from madoguchi.core.requests.queries import access_quote
from madoguchi.service.bot.turn import memory_of
from tests.service.bot.test_talk import Chat, _chat, _kinds, _options, _said
from tests.service.bot.test_wishes_in_chat import ICHIRO
from tests.web import app as app
from tests.web import world_template as world_template

BROKEN = "MD-10233650の掃除機が壊れていたので代わりの品を送ってください"


async def send(chat: Chat, *shas: str) -> list[Entry]:
    """Photos that are sent one right after the other."""
    for sha in shas:
        file = File(sha=sha, name=f"{sha}.jpg", media_type="image/jpeg", width=4, height=3, size=9)
        await chat.app.db.run(chat.who, lambda tx, file=file: talking.attach(tx, chat.who, chat.case_id, file))
    return await chat._answer()


async def _asked(chat: Chat) -> list[Entry]:
    """Somebody tells what is broken, up to the question for a photo."""
    answer = await chat.say(BROKEN)
    while memory_of(await chat.case()).asking not in {None, "photos"}:
        answer = await chat.press("answer:")
    return answer


async def _on_slip(chat: Chat) -> int:
    """How many photos go with the quote that waits to be confirmed."""
    quote_id = memory_of(await chat.case()).quote_id
    assert quote_id
    quote = await chat.app.db.run(SYSTEM, lambda tx: access_quote(tx, SYSTEM, quote_id))
    return len(quote.draft.slip.photos)


async def test_a_photo_is_asked_for_and_leads_to_the_slip(app: App) -> None:
    chat = await _chat(app, ICHIRO)
    await chat.begin()
    (asked,) = await _asked(chat)
    assert asked.text == _said("ja", "bot.ask.photos", field=_said("ja", "actions.item.replace.field.photos"))
    assert _kinds(await send(chat, "front", "back")) == [Kind.SLIP]
    assert await _on_slip(chat) == 2


async def test_one_more_photo_is_one_more_on_the_slip(app: App) -> None:
    chat = await _chat(app, ICHIRO)
    await chat.begin()
    await _asked(chat)
    await send(chat, "front")
    assert _kinds(await send(chat, "back")) == [Kind.SLIP]
    assert await _on_slip(chat) == 2


async def test_a_photo_that_was_sent_before_can_be_picked(app: App) -> None:
    chat = await _chat(app, ICHIRO)
    await chat.begin()
    (seen,) = await send(chat, "front")
    assert seen.text == _said("ja", "bot.photo_seen")
    asked = await _asked(chat)
    assert [option for option in _options(asked) if option.startswith("answer:photos:")]
    assert _kinds(await chat.press("answer:photos:")) == [Kind.SLIP]
    assert await _on_slip(chat) == 1


async def test_too_many_are_told(app: App) -> None:
    chat = await _chat(app, ICHIRO)
    await chat.begin()
    await _asked(chat)
    told = await send(chat, *"abcdef")
    assert told[0].text == _said("ja", "errors.too_many_photos", limit=5)
    assert memory_of(await chat.case()).asking == "photos"
