"""Around every request: the host we answer to, who is there, and the headers and cookies on the way out."""

import secrets
from collections.abc import Mapping, Sequence
from http.cookies import Morsel
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from madoguchi.core.people.queries import Session
from madoguchi.front.ui.address import address_of
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Display, Visitor, language
from madoguchi.kit.security import Signer

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
_SAFE = {"GET", "HEAD", "OPTIONS"}
_YEAR = 31_536_000  # seconds
_PUBLIC = ("/static/", "/widget.js")  # the same for everybody, kept by caches as they say themselves
PROGRAMS = "/api/v1/"  # where no cookie counts
EMBEDDED = "/widget"  # the pages that shops may frame


class Names(msgspec.Struct, frozen=True):
    """Names of our cookies: with the `__Host-` prefix wherever https allows it."""

    session: str
    seed: str
    lang: ClassVar[str] = "lang"
    display: ClassVar[str] = "display"


def cookie_names(secure: bool) -> Names:
    """The names for this installation."""
    prefix = "__Host-" if secure else ""
    return Names(f"{prefix}session", f"{prefix}seed")


def csrf_token(signer: Signer, visitor: Visitor) -> str:
    """What a form must carry: bound to the browser and its session."""
    return signer.sign("csrf", [visitor.seed, visitor.actor.session])


class Door:
    """ASGI middleware, outside the router, so that it also sees what has no route.

    For the handlers it sets `state.services` and `state.visitor`, and `state.failure` when that could not be found out.
    Guests come to the shop `default_store`.
    """

    def __init__(self, app: ASGIApp, services: Services, default_store: str, zone: str) -> None:
        self._app = app
        self._services = services
        self._store = default_store
        self._zone = zone
        settings = services.settings
        self._names = cookie_names(settings.secure)
        self._origins = {urlsplit(origin).netloc: origin for origin in settings.origins}
        self._proxies = settings.proxies
        self._everywhere = _everywhere("'none'", secure=settings.secure)
        self._framed = _everywhere(" ".join(("'self'", *settings.shop_origins)), secure=settings.secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = str(scope["type"])
        if kind == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": None})
            return
        headers = dict(scope["headers"])
        origin = self._origins.get(headers.get(b"host", b"").decode("latin-1"))
        if origin is None:
            await _plain(send, 400, b"This host name is not served here.\n")
            return
        state = scope.setdefault("state", {})
        state["services"] = self._services
        cookies = {} if scope["path"].startswith((PROGRAMS, *_PUBLIC)) else _cookies(headers.get(b"cookie", b""))
        state["failure"], session = None, None
        try:
            session = await self._session(cookies, headers)
        except Exception as failure:
            state["failure"] = failure  # told by the handlers, in the way of this path
        visitor = state["visitor"] = self._visitor(session, cookies, headers, origin, self._address(scope))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]} - {b"set-cookie"}  # a response's own word stands
                ours = self._headers(scope["path"], visitor)
                message["headers"] = [*message["headers"], *(header for header in ours if header[0] not in said)]
            await send(message)

        await self._app(scope, receive, sending)

    async def _session(self, cookies: Mapping[str, str], headers: dict[bytes, bytes]) -> Session | None:
        bearer = headers.get(b"authorization", b"").decode("latin-1")
        token = bearer[7:] if bearer.lower().startswith("bearer ") else cookies.get(self._names.session, "")
        return await self._services.sessions.find(token) if token else None

    def _address(self, scope: Scope) -> str:
        said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return address_of(scope["client"][0] if scope["client"] else "", ",".join(said), self._proxies)

    def _visitor(
        self,
        session: Session | None,
        cookies: Mapping[str, str],
        headers: dict[bytes, bytes],
        origin: str,
        address: str,
    ) -> Visitor:
        accept = headers.get(b"accept-language", b"").decode("latin-1")
        lang = language((session.locale if session else None, cookies.get(self._names.lang)), accept)
        seed = cookies.get(self._names.seed, "")
        display = _display(cookies.get(self._names.display, ""))
        visitor = Visitor(session, self._store, lang, self._zone, seed, display, origin=origin, address=address)
        if len(seed) != 32:
            visitor.seed = secrets.token_hex(16)
            visitor.new_seed = True
        return visitor

    def _headers(self, path: str, visitor: Visitor) -> list[tuple[bytes, bytes]]:
        headers = list(self._framed if path.startswith(EMBEDDED) else self._everywhere)
        public = path.startswith(_PUBLIC)
        if not public:
            headers.append((b"cache-control", b"no-store"))
        if visitor.new_token or visitor.signed_out:
            life = 0 if visitor.signed_out else _YEAR  # the session itself says when it ends
            headers.append(self._cookie(self._names.session, visitor.new_token or "", life))
        if visitor.new_seed and not public and not path.startswith(PROGRAMS):
            headers.append(self._cookie(self._names.seed, visitor.seed, _YEAR))
        headers += [self._cookie(name, value, _YEAR) for name, value in visitor.remembered.items()]
        return headers

    def _cookie(self, name: str, value: str, life: int) -> tuple[bytes, bytes]:
        """HttpOnly; over https partitioned by the site that frames us, so that the widget has its own."""
        morsel: Morsel[str] = Morsel()
        morsel.set(name, value, value)
        text = f"{morsel.OutputString()}; Path=/; HttpOnly; Max-Age={life}"
        text += "; Secure; SameSite=None; Partitioned" if self._services.settings.secure else "; SameSite=Lax"
        return b"set-cookie", text.encode()


def _everywhere(ancestors: str, *, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What every response says, of pages that `ancestors` may frame."""
    headers = [
        (b"content-security-policy", _POLICY.format(ancestors=ancestors).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    ]
    return (*headers, (b"strict-transport-security", b"max-age=31536000")) if secure else tuple(headers)


def same_site(headers: dict[str, str], own: str, allowed: Sequence[str] = ()) -> bool:
    """Whether a post comes from our own pages, by Sec-Fetch-Site and Origin (both must be right where they are)."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    return origin is None or origin == own or origin in allowed


def is_safe(method: str) -> bool:
    """Whether a method changes nothing."""
    return method in _SAFE


def _cookies(header: bytes) -> dict[str, str]:
    """Names and values as they came: what other programs of this host set must not disturb ours."""
    pairs = (part.partition("=") for part in header.decode("latin-1").split(";"))
    return {name.strip(): value.strip().strip('"') for name, sign, value in pairs if sign}


def _display(cookie: str) -> Display:
    theme, _, rest = cookie.partition(".")
    contrast, _, text = rest.partition(".")
    return Display(
        theme if theme in {"auto", "light", "dark"} else "auto",
        contrast if contrast in {"auto", "normal", "more"} else "auto",
        text.replace("_", ".") if text in {"1", "1_25", "1_5"} else "1",
    )


async def _plain(send: Send, status: int, body: bytes) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
