"""What people say in a case. Whoever has the case is told, and the bot answers where it has it. Never commits."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Audience
from madoguchi.core.cases import queries, rules
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case
from madoguchi.core.cases.rules import Author, Kind, State
from madoguchi.core.photos import verbs as photos
from madoguchi.core.photos.queries import File
from madoguchi.kit import security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

ALWAYS = {"service.human": "cases.choice.human"}  # choices that stand on every page of a chat


class Written(msgspec.Struct, frozen=True):
    """The number of an entry, whether it was written now or by an earlier post with the same client id.

    `bot_owes`: the bot is to answer it.
    """

    seq: int
    repeated: bool = False
    masked: bool = False
    bot_owes: bool = False


async def say(
    tx: Tx,
    actor: Actor,
    case_id: UUID,
    *,
    text: str = "",
    choice: str | None = None,
    client_id: str | None = None,
    note: bool = False,
    options: Sequence[Mapping[str, str]] = (),
) -> Written:
    """What a customer or an associate writes: cleaned, card numbers masked, numbered once per client id.

    A customer's word wakes a parked case and makes the bot owe an answer while the bot has the case; what a customer
    presses is always for the bot to do. `options` are buttons (id, label, detail) under an associate's words.
    """
    case = await queries.access_case(tx, actor, case_id, lock=True)
    clean, cards = security.mask_cards(security.clean_text(text))
    _check_input(clean, choice, client_id)
    mine = Author.ASSOCIATE if actor.is_staff else Author.CUSTOMER
    if client_id and (known := await queries.by_client_id(tx, case_id, mine, client_id)):
        if (known.body or {}).get("choice") != choice or (choice is None and known.text != clean):
            raise Refused("client_id_reused")
        return Written(known.seq, repeated=True, masked=cards > 0)
    _check_may_write(actor, case, note=note)
    kind = Kind.NOTE if note else Kind.CHOICE if choice is not None else Kind.MESSAGE
    if choice is not None and choice not in ALWAYS:
        clean = await _label_of(tx, case, choice)
    seq = await cases.append(
        tx,
        case,
        kind=kind,
        author=mine,
        author_id=actor.id,
        name=actor.name,
        text=clean,
        body=_chosen(choice) if choice is not None else offered(options) or None,
        audience=Audience.STAFF if note else Audience.CUSTOMER,
        client_id=client_id,
        spoken_by=actor,
    )
    pressed = choice is not None and choice not in ALWAYS
    bot_owes = mine is Author.CUSTOMER and await _customer_spoke(tx, case, seq, pressed=pressed)
    return Written(seq, masked=cards > 0, bot_owes=bot_owes)


def offered(options: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The body of an entry whose buttons stay until one is pressed, whatever is said between people meanwhile."""
    return {"options": list(options), "until_pressed": True} if options else {}


async def attach(tx: Tx, actor: Actor, case_id: UUID, file: File, *, client_id: str | None = None) -> Written:
    """A photo that a customer or an associate sends; numbered once per client id."""
    case = await queries.access_case(tx, actor, case_id, lock=True)
    check_client_id(client_id)
    mine = Author.ASSOCIATE if actor.is_staff else Author.CUSTOMER
    body = {"file": msgspec.to_builtins(file)}
    if client_id and (known := await queries.by_client_id(tx, case_id, mine, client_id)):
        if known.body != body:
            raise Refused("client_id_reused")
        return Written(known.seq, repeated=True)
    _check_may_write(actor, case)
    seq = await cases.append(
        tx,
        case,
        kind=Kind.FILE,
        author=mine,
        author_id=actor.id,
        name=actor.name,
        body=body,
        client_id=client_id,
        spoken_by=actor,
    )
    await photos.keep(tx, actor.id if actor.is_staff and actor.id else case.customer_id, file)
    bot_owes = mine is Author.CUSTOMER and await _customer_spoke(tx, case, seq)
    return Written(seq, bot_owes=bot_owes)


async def show(tx: Tx, actor: Actor, case_id: UUID, text: str, card: msgspec.Struct, *, client_id: str) -> Written:
    """A card of the catalogue that an associate puts into the conversation; numbered once per client id."""
    case = await queries.access_case(tx, actor, case_id, lock=True)
    if known := await queries.by_client_id(tx, case_id, Author.ASSOCIATE, client_id):
        return Written(known.seq, repeated=True)
    seq = await cases.append(
        tx,
        case,
        kind=Kind.CARD,
        author=Author.ASSOCIATE,
        author_id=actor.id,
        name=actor.name,
        text=text,
        body={"card": msgspec.to_builtins(card)},
        client_id=client_id,
        spoken_by=actor,
    )
    return Written(seq)


def check_client_id(client_id: str | None) -> None:
    """Refuse a client id that is none."""
    if client_id is not None and not 0 < len(client_id) <= rules.CLIENT_ID_LIMIT:
        raise Refused("invalid_client_id")


def check_text(text: str) -> None:
    """Refuse words that are none, or too many."""
    if not text:
        raise Refused("empty_message")
    if len(text) > rules.TEXT_LIMIT:
        raise Refused("message_too_long", limit=rules.TEXT_LIMIT)


def _check_input(text: str, choice: str | None, client_id: str | None) -> None:
    check_client_id(client_id)
    if choice is None:
        check_text(text)
    elif text:
        raise Refused("text_or_choice")


def _check_may_write(actor: Actor, case: Case, *, note: bool = False) -> None:
    if case.state is State.CLOSED:
        raise Refused("case_closed", 409)
    if case.state is State.SELLER and not note:
        raise Refused("case_with_seller", 409)
    if actor.is_staff and not note and case.assigned_to != actor.id:
        raise Refused("not_assigned", 409)


class _Offered(msgspec.Struct, frozen=True):
    options: list[dict[str, str]]


def _chosen(choice: str) -> dict[str, Any]:
    return {"choice": choice, "key": ALWAYS.get(choice)}


async def _label_of(tx: Tx, case: Case, choice: str) -> str:
    """The words of an option that this case was really offered."""
    rows = await tx.all(
        _Offered,
        """select body->'options' as options from entries
           where case_id = %s and author in ('bot', 'associate') and body ? 'options' order by seq desc limit 20""",
        [case.id],
    )
    for row in rows:
        for option in row.options:
            if option["id"] == choice:
                return option["label"]
    raise Refused("unknown_choice")


async def _customer_spoke(tx: Tx, case: Case, seq: int, *, pressed: bool = False) -> bool:
    """Wake a parked case, and let whoever has it know; whether the bot is to answer."""
    if case.state is State.PARKED:
        case = await cases.unpark(tx, case)
    if case.assigned_to:
        tx.wake(f"words:{case.assigned_to}")
    if case.state is not State.BOT and not pressed:
        return False
    await tx.execute("update cases set bot_due_seq = %s, bot_due_at = %s where id = %s", [seq, tx.now, case.id])
    return True
