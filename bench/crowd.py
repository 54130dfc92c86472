"""People who do not give up: each posts again, under the same id, until the answer comes, and notes what was told."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx

from bench.history import Heard, History, Said, Wished
from bench.people import Associate, Customer
from bench.senders import TEXTS
from madoguchi.front.desk.checks import Check

PAUSE = 0.03  # seconds on average between two messages of one person
RETRY = (0.03, 0.25)  # seconds before trying again: at first, and at most
LOOK_AGAIN = 0.3  # seconds before asking once more what became of a request
HEARTBEAT = 10.0  # seconds
AGAIN = 0.03  # share of the messages that are posted once more although they were answered
SETTLED = {"done", "partly_done", "failed"}
TAKEN_UP = SETTLED | {"asked"}  # the shop decides about these
_RETRIED_REFUSALS = {"order_changed", "quote_expired", "confirmation_expired"}  # a new quote helps


class Crowd:
    """Everybody who takes part. `accepted` holds when each accepted message was posted (seconds, monotonic)."""

    def __init__(self, url: str, seed: int) -> None:
        limits = httpx.Limits(max_connections=None)
        self.web = httpx.AsyncClient(base_url=url, timeout=15, trust_env=False, limits=limits)
        self.history = History()
        self.statuses: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()  # cancellations that could not be, by code
        self.taken_up_in: list[float] = []  # seconds from a wish until the shop had it, and that was booked
        self.settled_in: list[float] = []  # and until it had been decided
        self.accepted = (0.0, 0.0)  # of the latest: when it was posted, and when it was answered
        self.orders: asyncio.Queue[tuple[Customer, str]] = asyncio.Queue()
        self._dice = random.Random(seed)
        self._writing: list[asyncio.Task[None]] = []
        self._others: list[asyncio.Task[None]] = []
        self._stopping = False

    def begin(self, writers: list[Customer], associates: list[Associate], cancellers: int) -> None:
        """Let them write, read and cancel, until `rest`."""
        for customer in writers:
            self._writing.append(asyncio.create_task(self._customer(customer)))
            self._others.append(asyncio.create_task(self._listen(customer)))
        for associate in associates:
            self._writing += [asyncio.create_task(self._associate(associate, chat)) for chat in associate.chats]
            self._others.append(asyncio.create_task(self._beat(associate)))
        self._others += [asyncio.create_task(self._cancel()) for _ in range(cancellers)]

    async def rest(self) -> None:
        """Finish what was begun: every post is answered, every cancellation has settled."""
        self._stopping = True
        await asyncio.gather(*self._writing)
        await self._unless_failed(self.orders.join())

    async def leave(self) -> None:
        """Hang up."""
        for task in self._others:
            task.cancel()
        await asyncio.gather(*self._others, return_exceptions=True)
        await self.web.aclose()

    def check(self) -> None:
        """Raise what went wrong with any of them."""
        for task in (*self._writing, *self._others):
            if task.done() and not task.cancelled():
                task.result()

    async def _unless_failed(self, work: Awaitable[None]) -> None:
        waiting = asyncio.ensure_future(work)
        while not waiting.done():
            self.check()
            await asyncio.wait([waiting], timeout=0.5)

    async def _customer(self, customer: Customer) -> None:
        path, headers = f"/api/v1/chats/{customer.chat}/entries", _bearer(customer)

        async def post(client_id: str, text: str) -> httpx.Response:
            return await self.web.post(path, headers=headers, json={"client_id": client_id, "text": text})

        await self._write(customer.chat, "customer", post)

    async def _associate(self, associate: Associate, chat: str) -> None:
        path = f"/desk/cases/{chat}/entries"

        async def post(client_id: str, text: str) -> httpx.Response:
            form = {"client_id": client_id, "text": text, "checked": " ".join(Check)}
            return await self.web.post(path, headers=associate.headers, data=form)

        await self._write(chat, "associate", post)

    async def _write(self, chat: str, sender: str, post: Callable[[str, str], Awaitable[httpx.Response]]) -> None:
        dice = random.Random(self._dice.random())
        nth = 0
        while not self._stopping:
            nth += 1
            text, client_id = f"{sender} {nth:05d} {dice.choice(TEXTS)}", f"{sender}-{nth}"
            seq = await self._stored(post, client_id, text)
            self.history.said.append(Said(chat, sender, nth, text, seq))
            if dice.random() < AGAIN and (again := await self._stored(post, client_id, text)) != seq:
                self.history.changed_its_mind.append(f"{chat} {text}: {seq}, then {again}")
            await asyncio.sleep(dice.expovariate(1 / PAUSE))

    async def _stored(self, post: Callable[[str, str], Awaitable[httpx.Response]], client_id: str, text: str) -> int:
        begun = 0.0

        async def once() -> httpx.Response:
            nonlocal begun
            begun = time.monotonic()
            return await post(client_id, text)

        told = await self._until_answered(once)
        if "seq" not in told:
            raise RuntimeError(f"{text!r} was refused: {told}")
        self.accepted = max(self.accepted, (begun, time.monotonic()))
        return int(told["seq"])

    async def _until_answered(self, ask: Callable[[], Awaitable[httpx.Response]]) -> dict[str, Any]:
        """The answer, or the refusal (it has a `code`), once there is somebody who can give one."""
        for pause in _pauses():
            try:
                answer = await ask()
            except httpx.TransportError as error:
                self.statuses[type(error).__name__] += 1
                await asyncio.sleep(pause)
                continue
            self.statuses[str(answer.status_code)] += 1
            if answer.status_code < 500:
                told: dict[str, Any] = answer.json()
                return told
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                self.history.wrong.append(f"{answer.status_code} {answer.request.url.path} {answer.text[:200]}")
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _listen(self, customer: Customer) -> None:
        """The customer's stream, taken up again after the last number heard whenever it is cut."""
        heard = Heard(customer.chat)
        self.history.heard.append(heard)
        path = f"/api/v1/chats/{customer.chat}/events"
        pauses = _pauses()
        while True:
            headers = {**_bearer(customer), "last-event-id": str(heard.seqs[-1]) if heard.seqs else "0"}
            try:
                async with self.web.stream("GET", path, headers=headers, timeout=httpx.Timeout(15, read=20)) as answer:
                    async for line in answer.aiter_lines():
                        if line.startswith("id: "):
                            heard.seqs.append(int(line[4:]))
                            pauses = _pauses()
            except httpx.TransportError:
                self.statuses["stream cut"] += 1
            await asyncio.sleep(next(pauses))

    async def _beat(self, associate: Associate) -> None:
        while True:
            await self._until_answered(lambda: self.web.post("/desk/heartbeat", headers=associate.headers))
            await asyncio.sleep(HEARTBEAT)

    async def _cancel(self) -> None:
        while True:
            customer, order = await self.orders.get()
            await self._cancelled(customer, order)
            self.orders.task_done()

    async def _cancelled(self, customer: Customer, order: str) -> None:
        begun = time.monotonic()
        told = await self._confirmed(customer, order)
        if "code" in told:
            self.refused[str(told["code"])] += 1
            return
        request = f"/api/v1/requests/{told['id']}"
        for states, taken in ((TAKEN_UP, self.taken_up_in), (SETTLED, self.settled_in)):
            while told["state"] not in states:
                await asyncio.sleep(LOOK_AGAIN)
                told = await self._ask("GET", customer, request)
            taken.append(time.monotonic() - begun)
        self.history.wished.append(Wished(order, str(told["id"]), str(told["state"])))

    async def _confirmed(self, customer: Customer, order: str) -> dict[str, Any]:
        """The request, or why there is none."""
        wish = {"action": "order.cancel", "arguments": {"order_id": order}, "chat": customer.chat}
        while True:
            quote = await self._ask("POST", customer, "/api/v1/quotes", wish)
            if "code" in quote:
                return quote
            confirmation = {"token": quote["confirmation"]["token"]}
            made = await self._ask("POST", customer, f"/api/v1/quotes/{quote['id']}/confirmation", confirmation)
            if made.get("code") not in _RETRIED_REFUSALS:
                return made

    async def _ask(
        self, method: str, customer: Customer, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return await self._until_answered(lambda: self.web.request(method, path, headers=_bearer(customer), json=body))


def _pauses() -> Iterator[float]:
    """How long to wait before the next attempt: ever longer."""
    pause, longest = RETRY
    while True:
        yield pause
        pause = min(pause * 1.5, longest)


async def cancellable(web: httpx.AsyncClient, customers: list[Customer], at_most: int) -> list[tuple[Customer, str]]:
    """Orders that can be cancelled now, with whose they are."""
    found: dict[str, Customer] = {}  # several sessions may be the same customer's
    for customer in customers:
        if len(found) >= at_most:
            break
        orders = await web.get("/api/v1/orders?limit=100", headers=_bearer(customer))
        for order in orders.raise_for_status().json()["items"]:
            offers = await web.get(f"/api/v1/orders/{order['id']}/actions", headers=_bearer(customer))
            if any(
                offer["action"] == "order.cancel" and offer["possible"] for offer in offers.raise_for_status().json()
            ):
                found[order["id"]] = customer
    return [(customer, order) for order, customer in found.items()][:at_most]


def _bearer(customer: Customer) -> dict[str, str]:
    return {"authorization": f"Bearer {customer.token}"}
