"""Somebody with a browser and no scripts: follows redirects, keeps cookies, sends the token of the page before."""

import asyncio
import re
from html import unescape
from uuid import UUID, uuid4

import httpx

from madoguchi.edge.stores.demo.people import Person
from tests.web import Site

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Customer:
    """A visitor of the counter. `page` is what they see now."""

    def __init__(self, site: Site, http: httpx.AsyncClient) -> None:
        self.site = site
        self.http = http
        self.page = httpx.Response(200)
        self._csrf = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return self._see(await self.http.get(path, follow_redirects=True, headers=headers))

    async def post(self, path: str, fields: dict[str, object] | None = None, **headers: str) -> httpx.Response:
        """Send a form of the page before, and see where it leads."""
        answer = await self.send(path, fields, **headers)
        if answer.status_code == 303:
            return await self.get(answer.headers["location"])
        return self._see(answer)

    async def send(self, path: str, fields: dict[str, object] | None = None, **headers: str) -> httpx.Response:
        """Send a form and look no further; the token travels in it, or in a header that names itself so."""
        data = {name: str(value) for name, value in (fields or {}).items()}
        return await self.http.post(path, data={"csrf": self._csrf} | data, headers=headers)

    async def say(self, path: str, **fields: object) -> httpx.Response:
        """Post as scripts do, and get JSON."""
        return await self.send(path, fields, accept="application/json")

    async def upload(self, path: str, content: bytes, name: str = "photo.jpg", **fields: str) -> httpx.Response:
        """Send a file as scripts do."""
        return await self.http.post(
            path,
            data={"client_id": str(uuid4())} | fields,
            files={"file": (name, content, "image/jpeg")},
            headers={"accept": "application/json", "x-csrf": self._csrf},
        )

    async def begin(self, place: str = "", **fields: object) -> str:
        """Begin a chat; the path of its room."""
        await self.get(place or "/")
        await self.post(f"{place}/chat", {"client_id": uuid4()} | fields)
        assert self.page.status_code == 200, self.page.text
        assert UUID(self.page.url.path.rpartition("/")[2])
        return self.page.url.path

    async def until(self, path: str, words: str) -> httpx.Response:
        """Open a page again and again until the words stand there, for five seconds."""
        for _ in range(50):
            if words in (await self.get(path)).text:
                return self.page
            await asyncio.sleep(0.1)
        raise AssertionError(f"no {words} at {path}")

    def link(self, pattern: str) -> str:
        """The first address of the page's content that matches."""
        found = re.search(rf'(?:href|action)="({pattern})"', self._main)
        assert found, f"no {pattern} on {self.page.url}"
        return unescape(found[1])

    def field(self, name: str) -> str:
        """What a hidden field of the page holds."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self._main)
        assert found, f"no {name} on {self.page.url}"
        return unescape(found[1])

    @property
    def _main(self) -> str:
        return self.page.text.partition("<main")[2]

    def _see(self, page: httpx.Response) -> httpx.Response:
        self.page = page
        if found := _CSRF.search(page.text):
            self._csrf = found[1]
        return page


async def guest(site: Site, lang: str = "ja") -> Customer:
    """Somebody we do not know."""
    return Customer(site, await site.client(lang=lang))


async def signed_in(site: Site, person: Person, lang: str = "ja") -> Customer:
    """A customer whom the shop has sent."""
    customer = await guest(site, lang)
    await customer.post("/session/shop", {"token": site.shop_token(person)}, origin=site.url)
    assert customer.page.status_code == 200, customer.page.text
    return customer


def id_of(room: str) -> UUID:
    """The case of a room."""
    return UUID(room.rpartition("/")[2])
