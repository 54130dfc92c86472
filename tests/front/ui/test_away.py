"""While the database is away: an honest answer to everybody, whoever they are, and a quick return."""

from uuid import UUID

import psycopg
import pytest

from madoguchi.edge.stores.demo.people import PEOPLE
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def _away(_: str) -> None:
    raise psycopg.OperationalError("the server is gone")


async def test_who_is_there_cannot_be_found_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    program, browser = await site.api(PEOPLE[0]), await site.client(lang="ko")
    browser.cookies.set("session", "s" * 43)
    monkeypatch.setattr(site.services.sessions, "find", _away)
    problem = await program.post(f"/api/v1/chats/{UUID(int=1)}/entries", json={"client_id": "a", "text": "b"})
    assert (problem.status_code, problem.json()["code"]) == (503, "unavailable")
    assert problem.headers["content-type"].startswith("application/problem+json")
    page = await browser.get("/")
    assert page.status_code == 503
    assert 'lang="ko"' in page.text
    assert {problem.headers["retry-after"], page.headers["retry-after"]} == {"1"}
    assert (await browser.get("/widget.js")).status_code == 200  # the same for everybody
