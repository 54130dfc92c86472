"""Doing a task's acts through the public API, as the customer whose orders they are: look-up, quote, confirmation."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from bench import wire
from bench.retail_files import Act, Record, Task
from bench.wire import Line

STORE = "retail"
SETTLES_WITHIN = 30.0  # seconds
UNKNOWN = "unknown_action"

# The shop's words when it must refuse, and the code that says the same.
REASONS = (
    (r"insufficient gift card balance", r"balance_too_low"),
    (r"order not found", r"not_found"),
    (r"cannot be cancelled", r"cancel_.+"),
    (r"invalid reason", r"field_unknown|invalid_arguments"),
    (r"cannot be modified", r".+_not_pending|change_.+"),
    (r"cannot be (returned|exchanged)", r".+_not_delivered|return_.+|exchange_.+"),
    (r"exactly one payment", r"payment_not_single"),
    (r"should be different", r"payment_same"),
    (r"payment method not found", r"method_unknown"),
    (r"either the original payment method", r"method_not_allowed"),
    (r"number of items", r"wrong_quantity|invalid_arguments"),
    (r"not found or available", r"variant_unavailable"),
    (r"item.* not found", r"unknown_line"),
)


class Done(msgspec.Struct, frozen=True):
    """What became of an act; `code` says why not. `wrong` is what must never be, in words."""

    act: Act
    ok: bool
    code: str | None = None
    wrong: str | None = None

    @property
    def as_it_must_be(self) -> bool:
        """Whether it ended as the shop's own tools end it, for the same reason."""
        return self.wrong is None and self.ok == self.act.ok and (self.ok or self.rightly_refused)

    @property
    def rightly_refused(self) -> bool:
        """Whether the refusal has the reason that it must have."""
        said = self.act.error or ""
        fits = (code for words, code in REASONS if re.search(words, said))
        return not self.ok and any(re.fullmatch(code, self.code or "") for code in fits)


class Refused(Exception):  # noqa: N818 - an answer
    """The API said no, with a code; or what an act names is not among what its customer has."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Clerk:
    """Who does one task: a session of its user over two lines, the second for what comes twice."""

    def __init__(self, port: int, lines: tuple[Line, Line], token: str, *, twice: bool) -> None:
        self._port = port
        self._lines = lines
        self._token = token
        self._twice = twice
        self._orders: dict[str, Record] = {}

    async def work(self, task: Task) -> list[Done]:
        """Do all acts in their order."""
        self._orders = await self._all_orders()
        return [await self._do(act) for act in task.actions]

    async def _do(self, act: Act) -> Done:
        name, translate = ACTS[act.name]
        try:
            arguments = translate(act.kwargs, self._order(act.kwargs))
            quote = await self._post("/quotes", {"action": name, "arguments": arguments})
            request = await self._confirm(quote)
        except Refused as refused:
            return Done(act, False, refused.code)
        if request["state"] == "done":
            return Done(act, True)
        refusal = request.get("refusal") or {}
        return Done(act, False, refusal.get("code"), None if refusal else f"it stays {request['state']}")

    async def _confirm(self, quote: Record) -> Record:
        path, body = f"/quotes/{quote['id']}/confirmation", {"token": quote["confirmation"]["token"]}
        lines = self._lines if self._twice else self._lines[:1]
        answers = await asyncio.gather(*(self._post(path, body, line) for line in lines))
        if len({answer["id"] for answer in answers}) != 1:
            raise RuntimeError("one confirmation made two requests")
        return await self._settled(answers[0])

    async def _settled(self, request: Record) -> Record:
        async with asyncio.timeout(SETTLES_WITHIN):
            while request["settled_at"] is None:
                await asyncio.sleep(0.05)
                request = await self._get(f"/requests/{request['id']}")
        return request

    def _order(self, kwargs: Mapping[str, Any]) -> Record:
        try:
            return self._orders[kwargs["order_id"]]
        except KeyError:
            raise Refused("not_found") from None

    async def _all_orders(self) -> dict[str, Record]:
        found: dict[str, Record] = {}
        after = ""
        while True:
            page = await self._get("/orders?" + urlencode({"limit": 100, "after": after}))
            found |= {order["number"]: order for order in page["items"]}
            if page["next"] is None:
                return found
            after = page["next"]

    async def _get(self, path: str) -> Record:
        return await self._ask(wire.request("GET", f"/api/v1{path}", self._port, wire.bearer(self._token)))

    async def _post(self, path: str, body: Record, line: Line | None = None) -> Record:
        request = wire.json_request(f"/api/v1{path}", self._port, body, wire.bearer(self._token))
        return await self._ask(request, line)

    async def _ask(self, request: bytes, line: Line | None = None) -> Record:
        answer = await (line or self._lines[0]).ask(request)
        told: Record = msgspec.json.decode(answer.body)
        if answer.status >= 500:
            raise RuntimeError(f"{answer.status}: {told}")
        if answer.status >= 400:
            raise Refused(told["code"])
        return told


async def clerk(port: int, user: str, *, twice: bool) -> Clerk:
    """A clerk for one user, signed in by a token of the shop."""
    lines = (await wire.dial(port), await wire.dial(port))
    shop_token = await _told(lines[0], port, "/api/v1/demo/tokens", {"store": STORE, "customer_ref": user})
    token = await _told(lines[0], port, "/api/v1/sessions", {"locale": "en", "token": shop_token})
    return Clerk(port, lines, token, twice=twice)


async def _told(line: Line, port: int, path: str, body: Record) -> str:
    answer = await line.ask(wire.json_request(path, port, body))
    if answer.status != 201:
        raise RuntimeError(f"{path}: {answer.status} {answer.body[:300]!r}")
    return str(msgspec.json.decode(answer.body)["token"])


def _line_refs(order: Record, item_ids: list[str]) -> list[str]:
    """The lines that hold these items; the same item twice means two lines."""
    loose = list(order["lines"])
    found = []
    for item in item_ids:
        line = next((line for line in loose if line["sku"] == item), None)
        if line is None:
            raise Refused("unknown_line")
        loose.remove(line)
        found.append(line["ref"])
    return found


def _swaps(kwargs: Record, order: Record) -> dict[str, str]:
    if len(kwargs["item_ids"]) != len(kwargs["new_item_ids"]):
        raise Refused("wrong_quantity")
    return dict(zip(_line_refs(order, kwargs["item_ids"]), kwargs["new_item_ids"], strict=True))


def _address(kwargs: Record, order: Record) -> Record:
    """The address as the API takes it, for the same recipient; the files write their one country in their own way."""
    return {
        "name": order["address"]["name"],
        "lines": [kwargs["address1"], kwargs["address2"]],
        "city": kwargs["city"],
        "region": kwargs["state"],
        "postal_code": kwargs["zip"],
        "country": order["address"]["country"],
    }


Translate = Callable[[Record, Record], Record]
ACTS: Mapping[str, tuple[str, Translate]] = {
    "cancel_pending_order": (
        "order.cancel",
        lambda kwargs, order: {"order_id": order["id"], "reason": kwargs["reason"].replace(" ", "_")},
    ),
    "modify_pending_order_address": (
        "order.change_address",
        lambda kwargs, order: {"order_id": order["id"], "address": _address(kwargs, order)},
    ),
    "modify_pending_order_items": (
        "order.change_items",
        lambda kwargs, order: {
            "order_id": order["id"],
            "items": _swaps(kwargs, order),
            "method_ref": kwargs["payment_method_id"],
        },
    ),
    "modify_pending_order_payment": (
        "order.change_payment",
        lambda kwargs, order: {"order_id": order["id"], "method_ref": kwargs["payment_method_id"]},
    ),
    "return_delivered_order_items": (
        "order.return",
        lambda kwargs, order: {
            "order_id": order["id"],
            "lines": dict.fromkeys(_line_refs(order, kwargs["item_ids"]), 1),
            "method_ref": kwargs["payment_method_id"],
        },
    ),
    "exchange_delivered_order_items": (
        "order.exchange",
        lambda kwargs, order: {
            "order_id": order["id"],
            "items": _swaps(kwargs, order),
            "method_ref": kwargs["payment_method_id"],
        },
    ),
}
