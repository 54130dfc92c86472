"""From events to the message centre and the outbox, and who may see them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions.rules import Outcome, Settled
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.notices import jobs as notices
from madoguchi.service.notices import occasions, queries, verbs
from madoguchi.service.notices.queries import Message, MessageLine
from madoguchi.service.notices.rules import DeliveryState
from tests.service.notices.world import HEAD, MISAKI, ORDER, SIGNER, World, associate, done_slip


async def lines_of(world: World, actor: Actor) -> Sequence[MessageLine]:
    assert actor.id is not None
    customer_id = actor.id
    return await world.db.run(actor, lambda tx: queries.messages_of(tx, customer_id))


async def only_message(world: World) -> Message:
    (line,) = await lines_of(world, world.misaki)
    return await world.db.run(world.misaki, lambda tx: queries.access_message(tx, world.misaki, line.id))


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


async def hello(tx: Tx, actor: Actor, case_id: UUID) -> None:
    await talking.say(tx, actor, case_id, text="やかんがまだ届きません")


async def test_a_cancellation_is_told_once_in_both_places(world: World) -> None:
    await world.cancel()
    await world.work()
    message = await only_message(world)
    assert (message.template, message.order_id, message.locale) == ("order_cancelled", world.order_id, "ja")
    assert message.slip == done_slip()
    assert message.body.startswith("佐藤 美咲 様\n\nご注文番号 249-1234567-1234567 について")
    ((address, raw),) = world.postbox.mails
    assert address == MISAKI.email
    mail = parsed(raw)
    assert mail["Subject"] == message.subject == f"商品のキャンセルが完了しました（ご注文番号 {ORDER}）"
    assert message.body in text_of(mail)
    assert f"確認コード：{message.check_code}" in text_of(mail)
    assert message.check_code not in message.body


async def test_a_reaction_that_runs_again_tells_nothing_new(world: World) -> None:
    await world.cancel()
    happened = await world.happened()
    await world.work()
    await notices.tell(world.db, HEAD, occasions.request_settled, happened)
    await world.work()
    assert len(await lines_of(world, world.misaki)) == 1
    assert len(world.postbox.mails) == 1


async def test_reactions_at_the_same_time_tell_once(world: World) -> None:
    await world.close_case(hello)
    happened = await world.happened()
    await asyncio.gather(*(notices.tell(world.db, HEAD, occasions.case_closed, happened) for _ in range(4)))
    await world.work()
    assert len(await lines_of(world, world.misaki)) == 1
    assert len(world.postbox.mails) == 1


@pytest.mark.parametrize(
    ("outcome", "template", "words"),
    [
        (Outcome(state=Settled.PARTLY_DONE, slip=done_slip()), "order_partly_cancelled", "一部の商品"),
        (Outcome(state=Settled.FAILED), "order_not_cancelled", "承れませんでした"),
    ],
)
async def test_other_ends_have_their_own_letters(world: World, outcome: Outcome, template: str, words: str) -> None:
    world.outcome = outcome
    await world.cancel()
    await world.work()
    message = await only_message(world)
    assert message.template == template
    assert words in message.subject


async def test_a_code_is_mailed_and_kept_nowhere_we_show_it(world: World) -> None:
    await world.ask_code(MISAKI.email)
    await world.work()
    ((_, raw),) = world.postbox.mails
    figure = next(line for line in text_of(parsed(raw)).splitlines() if line.isdigit())
    assert len(figure) == 6
    message = await only_message(world)
    assert figure not in message.body
    assert figure not in message.subject
    assert "残していません" in message.body
    stored = await world.db.run(SYSTEM, lambda tx: tx.value("select string_agg(d::text, '') from deliveries d"))
    assert figure.encode().hex() not in stored
    assert (
        await world.db.run(SYSTEM, lambda tx: tx.value("select count(*) from deliveries where mail is not null")) == 0
    )


async def test_a_code_to_nobody_sends_nothing(world: World) -> None:
    await world.ask_code("nobody@example.jp")
    await world.work()
    assert world.postbox.mails == []


async def test_a_code_that_has_died_is_not_sent_late(world: World) -> None:
    await world.ask_code(MISAKI.email)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        await world.work()
    assert world.postbox.mails == []
    message = await only_message(world)
    (delivery,) = await world.db.run(associate(), lambda tx: queries.deliveries_of(tx, message.id))
    assert (delivery.state, delivery.last_error) == (DeliveryState.FAILED, "expired")


async def test_a_transcript_holds_what_the_customer_could_read_and_nothing_else(world: World) -> None:
    async def talk(tx: Tx, actor: Actor, case_id: UUID) -> None:
        await talking.say(tx, actor, case_id, text="やかんがまだ届きません")
        await talking.say(tx, associate(), case_id, text="怒っている様子。丁寧に。", note=True)
        case = await access_case(tx, SYSTEM, case_id, lock=True)
        await cases.append(tx, case, kind=Kind.MESSAGE, author=Author.BOT, text="お調べします。")

    case = await world.close_case(talk)
    await world.work()
    message = await only_message(world)
    ((_, raw),) = world.postbox.mails
    whole = text_of(parsed(raw)) + text_of(parsed(raw), "html")
    assert "丁寧に" not in message.body + whole
    assert "やかんがまだ届きません" in message.body
    assert "お調べします。" in message.body
    assert case.number in message.subject
    assert f"https://help.madoguchi.example/chat/{case.id}#rating" in whole


async def test_a_transcript_ends_where_the_case_was_closed(world: World) -> None:
    case = await world.close_case(hello)
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        await world.db.run(world.misaki, lambda tx: cases.resume(tx, world.misaki, case.id))
        await world.db.run(world.misaki, lambda tx: talking.say(tx, world.misaki, case.id, text="もう一つあります"))
        await world.work()
    assert "もう一つ" not in (await only_message(world)).body


async def test_who_never_wrote_gets_no_transcript(world: World) -> None:
    async def silence(tx: Tx, actor: Actor, case_id: UUID) -> None:
        """Opened and left."""

    await world.close_case(silence)
    await world.work()
    assert await lines_of(world, world.misaki) == []


async def test_a_guest_finds_the_transcript_in_the_message_centre_only(world: World) -> None:
    guest = await world.guest()
    case = await world.close_case(hello, actor=guest)
    await world.work()
    known = Actor(role=Role.CUSTOMER, id=case.customer_id, session=guest.session)
    (line,) = await lines_of(world, known)
    assert line.case_id == case.id
    assert world.postbox.mails == []
    assert await world.db.run(SYSTEM, lambda tx: tx.value("select count(*) from deliveries")) == 0


async def test_markup_and_header_tricks_in_a_chat_stay_words(world: World) -> None:
    async def attack(tx: Tx, actor: Actor, case_id: UUID) -> None:
        await talking.say(tx, actor, case_id, text="<img src=x onerror=alert(1)>\nBcc: all@example.jp\n{{7*7}} {order}")

    await world.close_case(attack)
    await world.work()
    ((_, raw),) = world.postbox.mails
    mail = parsed(raw)
    assert mail["Bcc"] is None
    html = text_of(mail, "html")
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;<br>Bcc: all@example.jp<br>{{7*7}} {order}" in html


async def test_a_name_cannot_add_headers(world: World) -> None:
    name = 'x" <evil@example.jp>,\r\nBcc: all@example.jp'
    await world.db.run(SYSTEM, lambda tx: tx.execute("update customers set name = %s where store_ref = 'c1'", [name]))
    await world.close_case(hello)
    await world.work()
    ((address, raw),) = world.postbox.mails
    mail = parsed(raw)
    assert [to.addr_spec for to in mail["To"].addresses] == [address] == [MISAKI.email]
    assert mail["Bcc"] is None


async def test_an_address_that_takes_no_mail_is_not_tried(world: World) -> None:
    await world.db.run(SYSTEM, lambda tx: tx.execute("update customers set email = 'さとう@x' where store_ref = 'c1'"))
    await world.close_case(hello)
    await world.work()
    message = await only_message(world)
    (delivery,) = await world.db.run(associate(), lambda tx: queries.deliveries_of(tx, message.id))
    assert delivery.state is DeliveryState.SUPPRESSED
    assert world.postbox.mails == []


# --- who may see them -----------------------------------------------------------------------------------------------


async def other_customer(world: World) -> Actor:
    found = await world.db.run(SYSTEM, lambda tx: tx.value("select id from customers where store_ref = 'c2'"))
    return Actor(role=Role.CUSTOMER, id=found, level=Level.SIGNED_IN)


async def test_what_was_told_to_others_does_not_exist(world: World) -> None:
    await world.close_case(hello)
    await world.work()
    message, emma = await only_message(world), await other_customer(world)
    answers = []
    for message_id in (message.id, ids.uuid7()):
        for verb in (queries.access_message, verbs.mark_read):

            async def ask(tx: Tx, verb: Any = verb, message_id: UUID = message_id) -> None:
                await verb(tx, emma, message_id)

            with pytest.raises(Refused) as refused:
                await world.db.run(emma, ask)
            answers.append((refused.value.code, refused.value.status, dict(refused.value.parameters)))
    assert set(map(str, answers)) == {"('not_found', 404, {})"}
    assert (await only_message(world)).read_at is None


async def test_the_database_hides_them_even_from_a_careless_query(world: World) -> None:
    await world.close_case(hello)
    await world.work()
    emma = await other_customer(world)
    for actor in (emma, Actor(role=Role.CUSTOMER)):
        assert await world.db.run(actor, lambda tx: tx.value("select count(*) from messages")) == 0
        assert await world.db.run(actor, lambda tx: tx.value("select count(*) from deliveries")) == 0
    own = await world.db.run(world.misaki, lambda tx: tx.value("select count(*) from deliveries"))
    assert own == 0


async def test_unread_until_the_customer_opens_it(world: World) -> None:
    await world.close_case(hello)
    await world.work()
    message = await only_message(world)

    async def unread() -> int:
        return await world.db.run(world.misaki, lambda tx: queries.unread(tx, message.customer_id))

    assert await unread() == 1
    await world.db.run(associate(), lambda tx: verbs.mark_read(tx, associate(), message.id))
    assert await unread() == 1
    await world.db.run(world.misaki, lambda tx: verbs.mark_read(tx, world.misaki, message.id))
    assert await unread() == 0
    first = (await only_message(world)).read_at
    with clock.frozen(clock.now() + timedelta(days=1)):
        await world.db.run(world.misaki, lambda tx: verbs.mark_read(tx, world.misaki, message.id))
    assert (await only_message(world)).read_at == first


async def test_a_list_goes_on_where_it_stopped(world: World) -> None:
    for _ in range(5):
        await world.close_case(hello)
    await world.work()
    whole = await lines_of(world, world.misaki)
    assert len(whole) == 5
    assert world.misaki.id
    found: list[MessageLine] = []
    while True:
        before = (found[-1].created_at, found[-1].id) if found else None
        customer_id = world.misaki.id

        async def page(tx: Tx, customer_id: UUID = customer_id, before: Any = before) -> Sequence[MessageLine]:
            return await queries.messages_of(tx, customer_id, before=before, limit=2)

        more = await world.db.run(world.misaki, page)
        if not more:
            break
        found += more
    assert found == list(whole)


async def test_a_check_code_leads_to_its_message_however_it_is_typed(world: World) -> None:
    await world.close_case(hello)
    await world.work()
    message = await only_message(world)

    async def found(typed: str) -> Message | None:
        return await world.db.run(SYSTEM, lambda tx: queries.by_check_code(tx, typed))

    for typed in (message.check_code, f" {message.check_code.lower()} ", message.check_code.replace("-", "")):
        assert await found(typed) == message
    for typed in (ids.number("M"), "M-00000", "", "' or 1=1"):
        assert await found(typed) is None


async def test_the_message_id_is_bound_to_code_recipient_and_key(world: World) -> None:
    await world.close_case(hello)
    await world.work()
    message = await only_message(world)
    ((address, raw),) = world.postbox.mails
    signature = SIGNER.sign("mail", [message.check_code, address])[:22]
    assert parsed(raw)["Message-ID"].strip() == f"<{message.check_code}.{signature}@madoguchi.example>"


async def test_a_message_can_be_neither_changed_by_nor_taken_from_a_customer(world: World) -> None:
    await world.close_case(hello)
    await world.work()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await world.db.run(world.misaki, lambda tx: tx.execute("delete from messages"))
