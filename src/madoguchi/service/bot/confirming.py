"""A yes to the slip that was shown: it counts for that one quote, once, in the customer's own session."""

from uuid import UUID

from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import Quote, find_quote, request_of_quote
from madoguchi.kit.errors import Refused
from madoguchi.service.bot.filling import in_hand
from madoguchi.service.bot.turn import Turn
from madoguchi.service.bot.voice import wish_of


async def confirm(turn: Turn, pressed: UUID | None) -> None:
    """Confirm the quote that was shown last.

    The button of an older one does nothing but show the present one; pressed twice, it counts once. A yes that was
    said before the quote was shown is none.
    """
    if pressed and await request_of_quote(turn.tx, pressed):
        return
    quote = await find_quote(turn.tx, turn.actor, turn.memory.quote_id) if turn.memory.quote_id else None
    if quote is None or (pressed and pressed != quote.id):
        await turn.voice.say("bot.quote.expired")
        await _quote_again(turn)
    elif quote.id == turn.shown:
        await _carry_out(turn, quote)


async def _carry_out(turn: Turn, quote: Quote) -> None:
    turn.remember(waiting=None, quote_id=None)
    wits = turn.wits
    token = requests.confirmation_token(wits.signer, turn.actor, quote, turn.tx.now)
    try:
        async with turn.tx.savepoint():
            await requests.confirm(turn.tx, wits.catalogue, wits.signer, turn.actor, quote.id, token)
    except Refused as refused:
        await turn.voice.say(refused.key, **refused.parameters)
        if refused.code in {"quote_expired", "order_changed"}:
            await _quote_again(turn)
        return
    turn.note("bot.tried.confirmed", wish=wish_of(quote.action))
    await turn.voice.say("bot.executing")


async def _quote_again(turn: Turn) -> None:
    """The same, as it is now."""
    if held := await in_hand(turn):
        await held.fill()
