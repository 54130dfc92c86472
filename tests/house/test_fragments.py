"""A page that was kept up to date by live fragments shows what a page fetched now would show."""

import asyncio
import re
from uuid import UUID

import httpx
import pytest

from madoguchi.core.access.rules import Level, Role
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.front.ui.access import EVERYONE
from tests.house.routes import Comer, Door, Route, comers
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

PAGES = {Role.CUSTOMER: "/chat/{case_id:uuid}", Role.ASSOCIATE: "/desk/cases/{case_id:uuid}"}
KINDS = {"message", "choice", "card", "ticket", "status"}


@pytest.mark.parametrize("role", PAGES)
async def test_live_entries_are_the_pages_entries(site: Site, role: Role) -> None:
    """Two ways to draw one entry drift apart, and only who reloads would notice."""
    case_id = await conversation(site)
    door = Door(site)
    comer = await reader(site, role, case_id)
    page = await door.come(Route("GET", PAGES[role], EVERYONE), comer, {"case_id": case_id}, accept="text/html")
    live = await door.come(Route("GET", f"/live?topics=case:{case_id}", EVERYONE), comer)
    await door.close()
    fragments = [event["data"]["html"] for event in live.json()["events"]]
    assert [fragment for fragment in fragments if drawn(fragment) not in drawn(page.text)] == []
    assert {kind for fragment in fragments for kind in re.findall('data-kind="([a-z]+)"', fragment)} >= KINDS
    assert page.text.count('<article class="entry" id="entry-') == len(fragments)


def test_catches_a_difference() -> None:
    """Only what the page's scripts do themselves is left out: that buttons rest once the customer has answered."""
    assert drawn('<article data-state="open"><button name="a">') == drawn(
        '<article data-state="answered"><button name="a" disabled>'
    )
    assert drawn("<p>11:00</p>") != drawn("<p>2:00</p>")


async def conversation(site: Site) -> str:
    """A chat about a late parcel that goes on in the line for a person."""
    hers = await site.api(MISAKI)
    chat = (await hers.post("/api/v1/chats", json={"client_id": "1"})).json()["id"]
    await told(hers, chat, "card")
    await hers.post(f"/api/v1/chats/{chat}/entries", json={"client_id": "2", "text": "<b>いつ届きますか</b>"})
    await told(hers, chat, "card")
    await hers.post(f"/api/v1/chats/{chat}/entries", json={"client_id": "3", "choice": "service.human"})
    await told(hers, chat, "card", "ticket")
    return str(chat)


async def told(hers: httpx.AsyncClient, chat: str, kind: str, card: str = "") -> None:
    """Wait for an answer of this kind after her last word, for five seconds."""
    for _ in range(100):
        entries = (await hers.get(f"/api/v1/chats/{chat}/entries")).json()["items"]
        spoken = max((entry["seq"] for entry in entries if entry["author"] == "customer"), default=0)
        answers = [entry for entry in entries if entry["seq"] > spoken and entry["kind"] == kind]
        if any(not card or (entry["card"] or {}).get("type") == card for entry in answers):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {kind} {card} in {[entry['kind'] for entry in entries]}")


async def reader(site: Site, role: Role, case_id: str) -> Comer:
    """Whose case it is, or one of the staff."""
    if role is Role.CUSTOMER:
        owner = str(site.value("select customer_id from cases where id = %s", case_id))
        return Comer("customer", level=Level.SIGNED_IN, id=UUID(owner))
    return next(comer for comer in await comers(site) if comer.role is role)


def drawn(html: str) -> str:
    """The markup without what rests once a question is answered."""
    return re.sub(r' data-state="[a-z]*"| disabled', "", html)
