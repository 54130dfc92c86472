"""The people of a journey, each with a browser of their own, or with no more than HTTP."""

from collections.abc import Sequence
from io import BytesIO
from uuid import uuid4

import httpx
from markupsafe import escape
from PIL import Image, ImageDraw
from PIL.ExifTags import Base
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Frame, Page

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people import tokens
from madoguchi.core.people.sellers.queries import people_of, seller_by_ref
from madoguchi.core.people.staff.queries import all_staff
from madoguchi.core.people.verbs import start_session
from madoguchi.edge.stores.demo.people import EMMA, FANG, MINJUN, MISAKI, Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.demo.world import STAFF, Colleague
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from tests.front.counter.customer import Customer, id_of
from tests.web import Site

PHONE = 390
DESK = 1280
NATIVES: dict[str, Person] = {"ja": MISAKI, "en": EMMA, "zh": FANG, "ko": MINJUN}
WANTS_A_PERSON = {
    "ja": "人と話したい",
    "en": "I want to talk to a person",
    "zh": "我想找人工客服",
    "ko": "상담원과 이야기하고 싶어요",
}
CHANGED_MIND = {
    "ja": "やっぱりキャンセルしたい",
    "en": "I changed my mind, I'd like to cancel",
    "zh": "我还是想取消订单",
    "ko": "역시 주문을 취소하고 싶어요",
}
SHUT_IN = "Blocked script execution"  # said when we look into the frame of a mail, where nothing may run
TAGS = {"ja": "ja", "en": "en", "zh": "zh-CN", "ko": "ko"}


def who_speak(lang: str) -> Sequence[Colleague]:
    """The staff who speak a language, associates first."""
    return [colleague for colleague in STAFF if lang in colleague.languages]


class Street:
    """Where people come from: makes them, and listens to what their pages complain about."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site = site
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def guest(self, lang: str, *, width: int = PHONE, scripts: bool = True) -> Page:
        """A customer nobody knows yet, with an empty page in a browser of their own."""
        return await self._page(lang, width, scripts=scripts)

    async def customer(self, person: Person, lang: str, *, width: int = PHONE, scripts: bool = True) -> Page:
        """A customer of the demo shop, which vouches for them, at the counter."""
        return await self.shopper(DEMO.id, person.customer.ref, lang, width=width, scripts=scripts)

    async def shopper(self, shop: str, ref: str, lang: str, *, width: int = PHONE, scripts: bool = True) -> Page:
        """A customer of any shop."""
        page = await self._page(lang, width, scripts=scripts)
        token = tokens.issue(self.site.services.shop_secrets(shop), shop, ref, clock.now())
        form: dict[str, str | float | bool] = {"token": token}
        headers = {"origin": self.site.url, "accept-language": lang}
        answer = await page.context.request.post(f"{self.site.url}/session/shop", form=form, headers=headers)
        assert answer.ok
        await page.goto(self.site.url)
        return page

    async def colleague(self, who: Colleague, *, width: int = DESK) -> Page:
        """One of the staff at their desk, taking work."""
        page = await self._page(who.locale, width)
        token = await staff_token(self.site, who)
        await page.context.add_cookies([{"name": "session", "value": token, "url": self.site.url}])
        await page.goto(f"{self.site.url}/desk")
        await page.click("button[name=state][value=available]")
        await page.wait_for_selector("button[value=available][aria-pressed=true]")
        return page

    async def merchant(self, seller: str, lang: str, *, width: int = PHONE, scripts: bool = True) -> Page:
        """Somebody who answers for a seller of the demo shop, before what waits for an answer."""
        page = await self._page(lang, width, scripts=scripts)
        token = await self.site.services.db.run(SYSTEM, lambda tx: _sellers_token(tx, seller, lang))
        await page.context.add_cookies([{"name": "session", "value": token, "url": self.site.url}])
        await page.goto(f"{self.site.url}/seller")
        return page

    async def visitor(self, cookies: httpx.Cookies, lang: str, width: int, display: str, sharp: int) -> Page:
        """Somebody who was there before without a browser, and how they like to read; an empty page."""
        page = await self._page(lang, width, sharp=sharp)
        kept = {cookie.name: cookie.value or "" for cookie in cookies.jar} | {"display": display}
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": self.site.url} for name, value in kept.items()]
        )
        return page

    def complaints_of(self, status: int) -> list[str]:
        """What was complained about so far, but that a page came with this status; it is forgotten."""
        said, self.complaints = self.complaints, []
        expected = [SHUT_IN] + [f"a status of {status}"] * (status != 200)
        return [words for words in said if not any(part in words for part in expected)]

    async def leave(self) -> None:
        """Everybody goes home."""
        for context in self._contexts:
            await context.close()

    async def _page(self, lang: str, width: int, *, scripts: bool = True, sharp: int = 1) -> Page:
        context = await self._browser.new_context(
            viewport={"width": width, "height": 844 if width < DESK else 800},
            locale=TAGS[lang],
            timezone_id="Asia/Tokyo",
            java_script_enabled=scripts,
            reduced_motion="reduce",
            is_mobile=width == PHONE,
            has_touch=width == PHONE,
            device_scale_factor=sharp,
        )
        self._contexts.append(context)
        context.set_default_timeout(10_000)
        if scripts:
            await context.clock.install(time=clock.now())
        page = await context.new_page()
        page.on("console", self._complain)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _complain(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


async def at_desk(site: Site, who: Colleague) -> Customer:
    """One of the staff, taking work, without a browser."""
    colleague = Customer(site, await site.client(lang=who.locale))
    colleague.http.cookies.set("session", await staff_token(site, who), domain="127.0.0.1")
    await colleague.get("/desk")
    await colleague.post("/desk/presence", {"state": "available"})
    return colleague


async def staff_token(site: Site, who: Colleague) -> str:
    """A session of one of the staff."""

    async def work(tx: Tx) -> str:
        staff = next(staff for staff in await all_staff(tx) if staff.email == who.email)
        return (await start_session(tx, store_id=DEMO.id, locale=who.locale, staff_id=staff.id)).token

    return await site.app.db.run(SYSTEM, work)


async def write(page: Page | Frame, text: str) -> None:
    """Say something in the conversation on the page."""
    await page.fill("#compose-text", text)
    await page.click(".composer-send")


def shown(words: str) -> str:
    """Words as they stand in the markup of a page."""
    return str(escape(words))


async def answer(desk: Customer, room: str, text: str) -> None:
    """The associate writes, having seen everything."""
    path = f"/desk/cases/{id_of(room)}"
    await desk.get(path)
    said = await desk.say(f"{path}/entries", client_id=uuid4(), text=text, seen=desk.field("seen"))
    assert said.status_code == 200, said.text


def photo() -> bytes:
    """A picture of a broken plate as a phone takes it: it tells the model of the phone."""
    picture, content = Image.new("RGB", (640, 480), "#b08d68"), BytesIO()
    draw = ImageDraw.Draw(picture)
    for edge, glaze in ((0, "#e9e6df"), (12, "#f8f7f3"), (70, "#e3ebf1"), (76, "#f3f6f8")):
        draw.ellipse((120 + edge, 40 + edge, 520 - edge, 440 - edge), glaze)
    draw.line([(356, 20), (330, 130), (352, 210), (304, 300), (322, 460)], "#b08d68", 14, joint="curve")
    exif = picture.getexif()
    exif[Base.Model] = "Phone 7"
    picture.save(content, "JPEG", exif=exif)
    return content.getvalue()


async def _sellers_token(tx: Tx, ref: str, lang: str) -> str:
    seller = await seller_by_ref(tx, DEMO.id, ref)
    assert seller
    person, *_ = await people_of(tx, seller.id)
    return (await start_session(tx, store_id=DEMO.id, locale=lang, seller_person_id=person.id)).token
