"""A customer wants a person, at any moment and in any language, and gets one; nothing said is ever lost."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from math import ceil
from uuid import UUID, uuid4

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from madoguchi.edge.stores.demo.people import Story
from madoguchi.front.demo.world import Colleague
from madoguchi.front.ui.render import whole
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader
from madoguchi.service.routing.rules import LIMITS
from tests.front.counter.customer import Customer, id_of, signed_in
from tests.journeys.street import DESK, NATIVES, WANTS_A_PERSON, Street, answer, at_desk, photo, shown, who_speak, write
from tests.web import Site


@pytest.mark.browser
@pytest.mark.spoken("en")
async def test_two_people_talk(street: Street, lang: str, says: Reader) -> None:
    desks = [await street.colleague(who) for who in who_speak(lang)[:2]]
    guest = await street.guest(lang)
    await ask_for_a_person(guest, street.site.url, lang, says)
    desk, name = await one_takes_it(desks, who_speak(lang)[:2])
    await expect(guest.locator("h1")).to_have_text(says.t("counter.chat.associate", name=name))
    await they_write(guest, desk, name, says)
    await a_photo_is_seen(guest, desk)
    await it_ends(guest, desk, name, says)


async def one_takes_it(desks: Sequence[Page], people: Sequence[Colleague]) -> tuple[Page, str]:
    """One is asked and accepts; the other, who was looking at it, sees who has it now."""
    offers = [asyncio.create_task(desk.wait_for_selector("[data-offer]")) for desk in desks]
    await asyncio.wait(offers, return_when=asyncio.FIRST_COMPLETED)
    had = [offer.done() for offer in offers].index(True)
    offers[1 - had].cancel()
    asked, looks, name = desks[had], desks[1 - had], people[had].name
    await looks.click("[data-row]")
    await expect(looks.locator(".room-tools .primary")).to_be_visible()
    await expect(asked.locator("[data-offer] li")).to_have_count(3)
    await asked.click("[data-offer] .primary")
    await expect(asked.locator(".handover li")).not_to_have_count(0)
    told = Reader(people[1 - had].locale).t("desk.holding.active", name=name)
    await expect(looks.locator(".room-tools")).to_contain_text(told)
    await expect(looks.locator(".room-tools .primary")).to_have_count(0)
    return asked, name


async def they_write(guest: Page, desk: Page, name: str, says: Reader) -> None:
    """What one writes the other sees without reloading, also while it is being typed and when it has been read."""
    await guest.locator("#compose-text").press_sequentially("My kettle")
    await expect(desk.locator("[data-typing]")).not_to_be_empty()
    await write(guest, "My kettle whistles at night.")
    await expect(desk.locator("[data-author=customer]").last).to_contain_text("whistles at night")
    await expect(guest.locator(".entry:has-text('whistles at night') + [data-read-mark]")).to_be_visible()
    await desk.locator("#compose-text").press_sequentially("Does it")
    await expect(guest.locator("[data-typing]")).to_have_text(says.t("ui.chat.typing", name=name))
    await write(desk, "Does it whistle when it is empty?")
    await expect(guest.locator("[data-author=associate]").last).to_contain_text("when it is empty?")
    await expect(desk.locator(".entry:has-text('when it is empty?') + [data-read-mark]")).to_be_visible()


async def a_photo_is_seen(guest: Page, desk: Page) -> None:
    """The customer sends a photo, the associate opens it; nothing of the phone it was taken with has come along."""
    picture = {"name": "kettle.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    await guest.set_input_files("#compose-file", picture)  # type: ignore[arg-type]
    photo_link = desk.locator("[data-author=customer] .photo")
    await photo_link.click()
    whole = desk.locator("#photo-view img")
    await expect(whole).to_be_visible()
    assert await whole.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    await desk.keyboard.press("Escape")
    answer = await desk.context.request.get(str(await photo_link.evaluate("link => link.href")))
    assert not Image.open(BytesIO(await answer.body())).getexif()


async def it_ends(guest: Page, desk: Page, name: str, says: Reader) -> None:
    """The associate wraps up in two clicks; the customer sees what was done, and rates by one tap."""
    await desk.click("summary[data-key=e]")
    await desk.fill("#wrap-done", "Asked the maker.")
    await desk.click(".wrap-up .primary")
    await expect(desk).to_have_url(re.compile("/desk$"))
    await expect(guest.locator("[data-kind=status]").last).to_contain_text(
        says.t("routing.status.wrapped_up", name=name)
    )
    await expect(guest.locator(".timeline")).to_contain_text(says.t("routing.wrap.done", text="Asked the maker."))
    await guest.click(".rating button[value='5']")
    await expect(guest.locator(".notice")).to_be_visible()


async def ask_for_a_person(guest: Page, url: str, lang: str, says: Reader) -> None:
    """The bot says what it is; asked for a person, it shows the place in line and the wait."""
    await guest.goto(url)
    await guest.click(f"button:has-text('{says.t('counter.home.start')}')")
    await expect(guest.locator("[data-author=bot]").first).to_contain_text(says.t("bot.greeting"))
    await write(guest, WANTS_A_PERSON[lang])
    await expect(guest.locator(".ticket-figure")).to_have_text("1")
    await expect(guest.locator(".line-figure")).to_have_text("1")


@pytest.mark.browser
@pytest.mark.spoken("ja")
async def test_it_goes_on_in_another_browser(street: Street, lang: str, says: Reader) -> None:
    """The tab is closed; in another browser the customer is asked whether to go on, and nothing is missing."""
    phone = await street.customer(NATIVES[lang], lang)
    await phone.click(f"button:has-text('{says.t('counter.order.help')}') >> nth=0")
    await expect(phone.locator(".order")).to_be_visible()
    await phone.locator(".option").last.click()
    await expect(phone.locator("[data-author=bot]")).to_have_count(3)
    said = await phone.locator(".entry").all_inner_texts()
    await phone.context.close()
    computer = await street.customer(NATIVES[lang], lang, width=DESK)
    await expect(computer.locator(".earlier-chat h2")).to_have_text(says.t("counter.earlier.title"))
    await computer.click(f"a:has-text('{says.t('counter.earlier.go_on')}')")
    await expect(computer.locator("#compose-text")).to_be_visible()
    assert await computer.locator(".entry").all_inner_texts() == said


@pytest.mark.spoken("zh")
async def test_a_person_by_plain_forms(site: Site, lang: str, says: Reader) -> None:
    people = who_speak(lang)[:2]
    desks = [await at_desk(site, who) for who in people]
    native = NATIVES[lang]
    customer = await signed_in(site, native, lang)
    room = await customer.begin()
    await customer.until(room, shown(says.t("bot.greeting.named", name=native.customer.name)))
    await customer.post(f"{room}/entries", {"client_id": uuid4(), "text": WANTS_A_PERSON[lang]})
    page = await customer.until(room, 'class="line-figure"')
    assert shown(says.t("routing.wait.about", low=1)) in page.text

    had = await both_accept(desks, people, id_of(room))
    await summary_tells(desks[had], id_of(room), Reader(people[had].locale), native.order(Story.LATE))
    await customer.until(room, shown(says.t("counter.chat.associate", name=people[had].name)))
    await answer(desks[had], room, "我来查一下。")
    await customer.until(room, "我来查一下。")

    record: dict[str, object] = {"reason": "delivery.late", "outcome": "solved", "done": "再配達を手配しました。"}
    await desks[had].post(f"/desk/cases/{id_of(room)}/wrap-up", record)
    await customer.until(room, shown(says.t("routing.wrap.done", text=record["done"])))
    thanked = await customer.post(f"/cases/{id_of(room)}/survey", {"rating": 5})
    assert whole(says.t("surveys.thanks", until=clock.now() + timedelta(days=7))) in thanked.text
    await transcript_comes(customer, native.customer.email, says, str(record["done"]), room)


@pytest.mark.spoken("ko")
async def test_a_silent_chat_parks_comes_back_and_ends(site: Site, lang: str, says: Reader) -> None:
    who = who_speak(lang)[0]
    desk, customer = await at_desk(site, who), await signed_in(site, NATIVES[lang], lang)
    room = await customer.begin(reason="service.human")
    await customer.until(room, 'class="line-figure"')
    await desk.get(f"/desk/cases/{id_of(room)}")
    await desk.post(desk.link('/desk/offers/[^/]+/accept[^"]*'))
    await answer(desk, room, "상자에 있나요?")
    with clock.frozen(await the_desk_stays_open(desk, LIMITS.park_after)):
        await customer.until(room, shown(says.t("routing.status.parked")))
        await customer.say(f"{room}/entries", client_id=uuid4(), text="네, 있습니다.")
        await customer.until(room, shown(says.t("routing.status.back", name=who.name)))
        await answer(desk, room, "상자에 있나요?")
        with clock.frozen(await the_desk_stays_open(desk, LIMITS.park_after)):
            await customer.until(room, 'value="service.human"')  # nobody has it in hand any more
            with clock.frozen(clock.now() + LIMITS.end_after):
                await customer.until(room, shown(says.t("routing.status.ended", hours=24)))
                await customer.until("/messages", "/messages/0")
                await customer.get(customer.link("/messages/[0-9a-f-]{36}"))
                assert shown(says.t("notices.transcript.silent")) in customer.page.text
                await customer.get(room)
                await customer.post(f"{room}/resume")
                assert shown(says.t("cases.status.reopened")) in customer.page.text


async def the_desk_stays_open(desk: Customer, length: timedelta) -> datetime:
    """Time goes by while the desk's page tells that it is open; when that is."""
    start, steps = clock.now(), range(1, ceil(length / timedelta(minutes=4)) + 1)
    for step in steps:
        with clock.frozen(start + step * timedelta(minutes=4)):
            await desk.send("/desk/heartbeat")
    return start + len(steps) * timedelta(minutes=4)


async def both_accept(desks: Sequence[Customer], people: Sequence[Colleague], case_id: UUID) -> int:
    """Two accept in the same moment: one has it, the other is told who. Which one has it."""
    await asyncio.gather(*(desk.get(f"/desk/cases/{case_id}") for desk in desks))
    accept = desks[0].link('/desk/offers/[^/]+/accept[^"]*')
    answers = await asyncio.gather(*(desk.send(accept) for desk in desks))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    had = [answer.status_code for answer in answers].index(303)
    told = Reader(people[1 - had].locale).t("errors.taken", name=people[had].name)
    assert shown(told) in answers[1 - had].text
    return had


async def summary_tells(desk: Customer, case_id: UUID, reads: Reader, order: str) -> None:
    """Three lines of what it is about, and what the bot did."""
    page = await desk.get(f"/desk/cases/{case_id}")
    section = page.text.partition('class="handover"')[2].partition("</section>")[0]
    assert len(re.findall("<li>", section.partition("<ul>")[0])) == 3
    assert order in section
    assert shown(reads.t("bot.tried.shown", order=order)) in section


async def transcript_comes(customer: Customer, address: str, says: Reader, words: str, room: str) -> None:
    """By SMTP into the box, and into the message centre, under the same check code."""
    case = "select number from cases where id = %s"
    subject = says.t("notices.transcript.subject", case=customer.site.value(case, id_of(room)))
    for _ in range(50):
        body = customer.site.value(
            "select body from caught_mails where (address, subject) = (%s, %s)", address, subject
        )
        if body:
            break
        await asyncio.sleep(0.1)
    assert words in str(body)
    assert WANTS_A_PERSON[says.lang] in str(body)
    await customer.get("/messages")
    kept = await customer.get(customer.link("/messages/[0-9a-f-]{36}"))
    assert shown(subject) in kept.text
    assert str(customer.site.value("select check_code from messages where subject = %s", subject)) in str(body)
