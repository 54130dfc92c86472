"""A shop in the middle of its day, in one language: every page there is, with something on it, and who looks at it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from uuid import uuid4

import msgspec
from playwright.async_api import Page

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import ICHIRO, KENTA, MISAKI, NAOKI, YOKO, Person, Story
from madoguchi.front.demo.world import STAFF
from madoguchi.kit.i18n import Reader
from tests.front.counter.customer import Customer, guest, id_of, signed_in
from tests.front.office.administrator import change
from tests.front.seller.merchant import asked as asked_a_seller
from tests.front.seller.merchant import merchant
from tests.journeys.street import NATIVES, WANTS_A_PERSON, answer, at_desk, photo
from tests.web import Site

BROKEN = {
    "ja": "お皿が割れて届きました。箱もつぶれています。",
    "en": "The plate arrived broken. The box was crushed too.",
    "zh": "盘子送到时碎了，箱子也压坏了。",
    "ko": "접시가 깨져서 도착했어요. 상자도 찌그러져 있었어요.",
}
SORRY = {
    "ja": "ご迷惑をおかけし申し訳ございません。代わりの品を本日発送します。",
    "en": "I'm sorry about that. I'll send you a new one today.",
    "zh": "非常抱歉给您带来不便。我今天就为您补发一件。",
    "ko": "불편을 드려 죄송합니다. 오늘 새 상품을 보내 드리겠습니다.",
}
SENT = {
    "ja": "代わりのお皿を手配しました。",
    "en": "Ordered a new plate.",
    "zh": "已安排补发盘子。",
    "ko": "새 접시를 발송했습니다.",
}
ADMIN = next(who for who in STAFF if who.role is Role.ADMIN)
WAITS = "MD-10234360"  # on its way from 山田商店
Act = Callable[[Page], Awaitable[None]]


class Scene(NamedTuple):
    """A page: its name, who looks, its path (with the names of facts in braces), what they press there."""

    name: str
    who: str
    path: str
    act: Act | None = None
    status: int = 200


class Day(NamedTuple):
    """Who is there, and where things are found."""

    people: Mapping[str, Customer]
    facts: Mapping[str, str]


def press(selector: str) -> Act:
    """Press something."""

    async def act(page: Page) -> None:
        await page.locator(selector).first.click()

    return act


def choose(*selectors: str) -> Act:
    """Choose something, and send the form."""

    async def act(page: Page) -> None:
        for selector in selectors:
            await page.check(selector)
        await page.locator("main form .primary").first.click()

    return act


def empty(selector: str) -> Act:
    """Clear a box and send its form all the same."""

    async def act(page: Page) -> None:
        await page.fill(selector, "")
        await page.locator("main form .primary").first.click()

    return act


def keys(chord: str) -> Act:
    """Press keys."""

    async def act(page: Page) -> None:
        await page.keyboard.press(chord)

    return act


async def open_widget(page: Page) -> None:
    """Press the button at the corner of a shop's page, which nobody but the mouse can reach."""
    size = page.viewport_size
    assert size
    while len(page.frames) == 1:
        await page.mouse.click(size["width"] - 60, size["height"] - 40)
        await page.wait_for_timeout(200)
    await page.frames[1].locator("main").wait_for()


SCENES = [
    Scene("home-guest", "guest", "/"),
    Scene("home", "native", "/"),
    Scene("home-new", "newcomer", "/"),
    Scene("menu-language", "native", "/chat/{late_chat}", press(".frame-tools .menu:nth-of-type(1) summary")),
    Scene("menu-display", "native", "/chat/{late_chat}", press(".frame-tools .menu:nth-of-type(2) summary")),
    Scene("help", "guest", "/help"),
    Scene("identify", "guest", "/identify"),
    Scene("identify-code", "guest", "/identify/code"),
    Scene("orders", "native", "/orders"),
    Scene("orders-none", "newcomer", "/orders"),
    Scene("order-late", "native", "/orders/{late}"),
    Scene("order-paid", "native", "/orders/{paid}"),
    Scene("order-cancelled", "canceller", "/orders/{cancelled}"),
    Scene("cancel", "native", "/orders/{paid}/actions/order.cancel"),
    Scene("cancel-refused", "native", "/orders/{paid}/actions/order.cancel", press("main form .primary"), 422),
    Scene("quote", "native", "{quote}"),
    Scene("request", "canceller", "{request}"),
    Scene("returns", "returner", "/returns"),
    Scene("returns-none", "newcomer", "/returns"),
    Scene("return-items", "returner", "/orders/{bowls}/return/items"),
    Scene("return-reason", "returner", "/orders/{bowls}/return/reason"),
    Scene("return-reason-missing", "returner", "/orders/{bowls}/return/reason", press("main form .primary"), 422),
    Scene("return-outcome", "returner", "/orders/{clothes}/return/outcome"),
    Scene("return-photo", "canceller", "/orders/{cleaner}/return/reason"),
    Scene("return-slip", "returner", "{return_quote}"),
    Scene("return", "returner", "{back}"),
    Scene("return-code", "returner", "{back}/code"),
    Scene("gifts", "canceller", "/gifts"),
    Scene("gifts-wrong", "newcomer", "/gifts", empty("#f-code"), 422),
    Scene("gift-return", "canceller", "{gift}"),
    Scene("guarantee", "native", "/guarantee"),
    Scene("seller", "merchant", "/seller"),
    Scene("seller-answered", "merchant", "/seller/answered"),
    Scene("seller-thread", "merchant", "{thread}"),
    Scene("seller-claims", "merchant", "/seller/claims"),
    Scene("seller-figures", "merchant", "/seller/figures"),
    Scene("seller-ask", "returner", "/orders/{bowls}/actions/seller.ask"),
    Scene(
        "seller-known",
        "returner",
        "/orders/{bowls}/actions/seller.ask",
        choose("[name=topic][value=delivery]", "[name=wanted][value=refund]"),
    ),
    Scene("seller-product", "returner", "/products/PLATE/question"),
    Scene("cases", "native", "/cases"),
    Scene("cases-none", "newcomer", "/cases"),
    Scene("case", "talker", "/cases/{talk}"),
    Scene("balances", "native", "/balances"),
    Scene("messages", "canceller", "/messages"),
    Scene("messages-none", "newcomer", "/messages"),
    Scene("messages-guest", "guest", "/messages"),
    Scene("message", "canceller", "{message}"),
    Scene("chat-begin", "guest", "/chat"),
    Scene("chat-earlier", "native", "/chat"),
    Scene("chat-late", "native", "/chat/{late_chat}"),
    Scene("chat-slip", "native", "/chat/{slip_chat}"),
    Scene("chat-done", "canceller", "/chat/{done_chat}"),
    Scene("chat-nobody-there", "waiting", "/chat/{waiting_chat}"),
    Scene("chat-in-line", "asking", "/chat/{asking_chat}"),
    Scene("chat-person", "talker", "/chat/{talk}"),
    Scene("chat-menu", "talker", "/chat/{talk}", press(".room-head .menu summary")),
    Scene("chat-photo", "talker", "/chat/{talk}", press("a.photo")),
    Scene("chat-over", "served", "/chat/{over}"),
    Scene("survey", "served", "/cases/{over}/survey"),
    Scene("survey-rated", "rater", "/cases/{rated}/survey"),
    Scene("chat-rated", "rater", "/chat/{rated}"),
    Scene("nowhere", "guest", "/nowhere", status=404),
    Scene("widget", "native", "/widget"),
    Scene("widget-guest", "guest", "/widget"),
    Scene("widget-chat", "native", "/widget/chat/{late_chat}"),
    Scene("warehouse-sign-in", "guest", "/warehouse/sign-in"),
    Scene("warehouse", "leader", "/warehouse"),
    Scene("warehouse-return", "leader", "/warehouse{back}"),
    Scene("warehouse-aside", "leader", "/warehouse/strays/new?code=4400-0000-9999"),
    Scene("desk-returns", "leader", "/desk/returns"),
    Scene("desk-sign-in", "guest", "/desk/sign-in"),
    Scene("desk-away", "leader", "/desk"),
    Scene("desk", "colleague", "/desk"),
    Scene("desk-case", "colleague", "/desk/cases/{talk}"),
    Scene("desk-customer", "colleague", "/desk/cases/{talk}?pane=customer"),
    Scene("desk-quote", "colleague", "{desk_quote}"),
    Scene("desk-waiting", "colleague", "/desk/cases/{waiting_chat}"),
    Scene("desk-over", "colleague", "/desk/cases/{over}"),
    Scene("desk-wrap-up", "colleague", "/desk/cases/{talk}", press("summary[data-key=e]")),
    Scene("desk-transfer", "colleague", "/desk/cases/{talk}", press("summary[data-key=t]")),
    Scene("desk-approvals", "leader", "/desk/approvals"),
    Scene("desk-approvals-mine", "colleague", "/desk/approvals"),
    Scene("desk-approvals-why", "leader", "/desk/approvals", press("button[formaction]"), 422),
    Scene("desk-approval-inside", "leader", "/desk/cases/{talk}?pane=customer"),
    Scene("desk-palette", "colleague", "/desk/cases/{talk}", keys("Control+k")),
    Scene("desk-keys", "colleague", "/desk/cases/{talk}", keys("?")),
    Scene("desk-guarantee", "leader", "/desk/guarantee"),
    Scene("office-rules", "admin", "/office/rules/marketplace-jp"),
    Scene("office-returns", "admin", "/office/rules/marketplace-jp/returns?country=AT"),
    Scene("office-edit", "admin", "/office/rules/marketplace-jp/edit"),
    Scene("office-edit-wrong", "admin", "/office/rules/marketplace-jp/edit", empty("#f-returns-days"), 422),
    Scene("office-draft", "admin", "/office/rules/marketplace-jp/draft"),
    Scene("office-decision", "admin", "/office/rules/marketplace-jp/draft", press("#effect tbody a")),
    Scene("office-versions", "admin", "/office/rules/marketplace-jp/versions"),
    Scene("office-version", "admin", "/office/rules/marketplace-jp/versions/1"),
    Scene("demo", "guest", "/demo"),
    Scene("demo-search", "native", "/demo?q=a"),
    Scene("demo-shop", "guest", "/demo/shop"),
    Scene("demo-shop-widget", "guest", "/demo/shop?as={ref}", open_widget),
    Scene("demo-mailbox", "guest", "/demo/mail"),
    Scene("demo-mail", "guest", "/demo/mail/{mail}"),
    Scene("api-docs", "guest", "/api/docs"),
]


async def day(site: Site, lang: str) -> Day:
    """Bring the shop into the middle of its day, by the ways that everybody goes."""
    colleague = await at_desk(site, next(who for who in STAFF if who.locale == lang))
    native = NATIVES[lang]
    people = {
        "guest": await guest(site, lang),
        "native": await signed_in(site, native, lang),
        "newcomer": await signed_in(site, NAOKI, lang),
        "canceller": await signed_in(site, ICHIRO, lang),
        "returner": await signed_in(site, MISAKI, lang),
        "talker": await signed_in(site, KENTA, lang),
        "served": await signed_in(site, YOKO, lang),
        "rater": await guest(site, lang),
        "waiting": await guest(site, lang),
        "asking": await guest(site, lang),
        "merchant": await merchant(site, lang=lang),
        "colleague": colleague,
        "admin": await at_desk(site, msgspec.structs.replace(ADMIN, locale=lang)),
        "leader": await at_desk(site, msgspec.structs.replace(STAFF[-1], locale=lang)),
    }
    facts = {
        "ref": native.customer.ref,
        "late": order_id(site, native, Story.LATE),
        "paid": order_id(site, native, Story.CANCELLABLE),
        "cancelled": order_id(site, ICHIRO, Story.CANCELLABLE),
    }
    await about_to_change(people["admin"])
    await people["leader"].post("/desk/presence", {"state": "away"})
    facts |= await cancelled(people["canceller"], facts["cancelled"], lang)
    facts |= await sent_back(people["returner"], people["canceller"])
    facts |= await given(people["canceller"])
    facts |= await begun(people["native"], native, facts["paid"])
    facts |= await rated(people["rater"])
    facts |= await served(people["served"], colleague, lang)
    facts |= await talking(people["talker"], colleague, lang)
    facts["asking_chat"] = await asked(people["asking"], lang)
    facts["waiting_chat"] = await asked(people["waiting"], lang)
    facts |= await asked_for_a_code(people["guest"], native)
    facts["thread"] = f"/seller/threads/{(await asked_a_seller(site, person=YOKO, order=WAITS))[1]}"
    return Day(people, facts)


async def about_to_change(admin: Customer) -> None:
    """An administrator leaves a change of the rules unsaved."""
    await admin.post("/desk/presence", {"state": "away"})
    await change(admin, {"returns/days": "45", "changes/cancel/cancel.preparing/then": "deny"})


def order_id(site: Site, person: Person, story: Story) -> str:
    """Our id of a person's order."""
    return str(site.value("select id from orders where store_ref = %s", person.order(story)))


async def cancelled(customer: Customer, order: str, lang: str) -> dict[str, str]:
    """An order given back by pages, another one by chat."""
    await customer.get(f"/orders/{order}/actions/order.cancel")
    lines = dict(re.findall(r'name="(lines\[[^"]+\])" value="(\d+)"', customer.page.text))
    await customer.post(f"/orders/{order}/actions/order.cancel", {**lines, "reason": "no_longer_needed"})
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    request = customer.page.url.path
    room = await customer.begin(text=f"{Reader(lang).t('bot.option.order.cancel')} {ICHIRO.orders[1].ref}")
    page = await customer.until(room, 'value="confirm:')
    (choice,) = re.findall('value="(confirm:[^"]+)"', page.text)
    await customer.say(f"{room}/entries", client_id=uuid4(), choice=choice)
    await customer.site.quiet()  # a reader is in the bot's way, and the clock stands still until it would come again
    await customer.until(room, 'value="solved:yes"')
    await customer.until("/messages", 'href="/messages/0')
    message = customer.link("/messages/[0-9a-f-]{36}")
    return {"request": request, "done_chat": str(id_of(room)), "message": message}


async def sent_back(customer: Customer, other: Customer) -> dict[str, str]:
    """Clothes on their way back and others on a slip, bowls that were begun with, a vacuum cleaner to be shown."""
    site = customer.site
    numbers = {"clothes": "MD-10233915", "bowls": "MD-10233871", "cleaner": "MD-10233650"}
    found = {name: str(site.value("select id from orders where store_ref = %s", ref)) for name, ref in numbers.items()}
    shirt = f"/orders/{found['clothes']}/return"
    for line in ("lines[1]", "lines[2]"):
        await customer.get(shirt)
        await customer.post(f"{shirt}/items", {line: "1"})
        await customer.post(f"{shirt}/reason", {"reason": "size", "condition": "unopened"})
        await customer.post(f"{shirt}/outcome", {"method": "label"})
        if line == "lines[1]":
            await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
            found["back"] = customer.page.url.path
    found["return_quote"] = customer.page.url.path
    await customer.post(f"/orders/{found['bowls']}/return/items", {"lines[1]": "1"})
    broken = f"/orders/{found['cleaner']}/return"
    await other.get(broken)
    await other.post(f"{broken}/items", {"lines[1]": "1"})
    await other.post(f"{broken}/reason", {"reason": "defective"})
    return found


async def given(customer: Customer) -> dict[str, str]:
    """A present whose code was shown."""
    await customer.get("/gifts")
    code = "select document->>'gift_code' from orders where store_ref = %s"
    await customer.post("/gifts", {"code": customer.site.value(code, YOKO.order(Story.GIVEN))})
    return {"gift": customer.page.url.path}


async def begun(customer: Customer, person: Person, order: str) -> dict[str, str]:
    """A chat that shows a late parcel, one with a slip to confirm, a slip on pages."""
    late = await customer.begin()
    slip = await customer.begin(fresh="true", text=f"cancel {person.order(Story.CANCELLABLE)}")
    await customer.until(slip, 'value="confirm:')
    await customer.get(f"/orders/{order}/actions/order.cancel")
    lines = dict(re.findall(r'name="(lines\[[^"]+\])" value="(\d+)"', customer.page.text))
    choices = dict(re.findall(r'<select name="(lines\[[^"]+\])">.*?value="(\d+)" selected', customer.page.text))
    await customer.post(f"/orders/{order}/actions/order.cancel", {**lines, **choices, "reason": "no_longer_needed"})
    return {"late_chat": str(id_of(late)), "slip_chat": str(id_of(slip)), "quote": customer.page.url.path}


async def rated(customer: Customer) -> dict[str, str]:
    """A chat that the customer ended and rated."""
    room = await customer.begin(reason="service.feedback")
    await customer.post(f"{room}/end")
    await customer.until(room, 'name="rating"')
    await customer.post(f"/cases/{id_of(room)}/survey", {"rating": 4})
    return {"rated": str(id_of(room))}


async def served(customer: Customer, colleague: Customer, lang: str) -> dict[str, str]:
    """A conversation with a person that was ended with a promise."""
    room = await with_a_person(customer, colleague, lang)
    record = {"reason": "item.damaged", "outcome": "solved", "done": SENT[lang]}
    promise = {"promise": SENT[lang], "promise_due": "2026-03-05"}
    await colleague.post(f"/desk/cases/{id_of(room)}/wrap-up", {**record, **promise})
    await customer.until(room, 'name="rating"')
    return {"over": str(id_of(room))}


async def talking(customer: Customer, colleague: Customer, lang: str) -> dict[str, str]:
    """A conversation with a person, with a photo, something that waits for a leader, and a slip on the desk."""
    room = await with_a_person(customer, colleague, lang)
    await customer.upload(f"{room}/attachments", photo(), "plate.jpg")
    await answer(colleague, room, SORRY[lang])
    desk = f"/desk/cases/{id_of(room)}"
    given = {"amount": 5000, "reason": "apology", "note": SORRY[lang], "filled": 1}
    await colleague.post(f"{desk}/quotes", {"action": "goodwill.grant", "case_id": id_of(room)} | given)
    await colleague.post(f"{colleague.page.url.path}/confirmation", {"token": colleague.field("token")})
    order = order_id(customer.site, KENTA, Story.CANCELLABLE)
    await colleague.get(f"{desk}?order={order}&pane=customer")
    await colleague.post(f"{desk}/quotes", {"action": "order.cancel", "order_id": order})
    return {"talk": str(id_of(room)), "desk_quote": colleague.page.url.path}


async def with_a_person(customer: Customer, colleague: Customer, lang: str) -> str:
    """The room in which a colleague has just taken over."""
    room = await customer.begin(text=BROKEN[lang])
    await customer.post(f"{room}/entries", {"client_id": uuid4(), "text": WANTS_A_PERSON[lang]})
    await customer.until(room, 'class="line-figure"')
    await colleague.get(f"/desk/cases/{id_of(room)}")
    await colleague.post(colleague.link('/desk/offers/[^/]+/accept[^"]*'))
    return room


async def asked(customer: Customer, lang: str) -> str:
    """A customer in line."""
    room = await customer.begin(text=WANTS_A_PERSON[lang])
    await customer.until(room, 'class="line-figure"')
    return str(id_of(room))


async def asked_for_a_code(customer: Customer, person: Person) -> dict[str, str]:
    """A guest who says who they are; the mail with the code."""
    await customer.get("/identify")
    await customer.post("/identify", {"email": person.customer.email})
    page = await customer.until("/demo/mail", 'href="/demo/mail/0')
    return {"mail": re.findall('href="/demo/mail/([0-9a-f-]{36})"', page.text)[0]}
