"""Beginning and ending sessions, and whose word counts."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people import verbs
from madoguchi.core.people.staff.queries import all_staff
from madoguchi.edge.stores.demo.people import EMMA, MISAKI
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from tests.conftest import NOW
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

SESSIONS = "/api/v1/sessions"


async def test_begins_for_a_guest(site: Site) -> None:
    answer = await (await site.client()).post(SESSIONS, json={"locale": "ko"})
    assert answer.status_code == 201
    assert answer.json()["level"] == 0
    assert answer.json()["locale"] == "ko"
    assert answer.json()["expires"] == "2026-03-17T01:00:00Z"
    assert "set-cookie" not in answer.headers


async def test_begins_for_whom_the_shop_vouches(site: Site) -> None:
    client = await site.api(MISAKI)
    numbers = {order["number"] for order in (await client.get("/api/v1/orders")).json()["items"]}
    assert numbers == MISAKI.order_refs


async def test_a_token_of_the_shop_is_good_once(site: Site) -> None:
    client, token = await site.client(), site.shop_token(MISAKI)
    assert (await client.post(SESSIONS, json={"locale": "ja", "token": token})).status_code == 201
    again = await client.post(SESSIONS, json={"locale": "ja", "token": token})
    assert (again.status_code, again.json()["code"]) == (401, "shop_token_used")


def _forged(site: Site, header: dict[str, Any] | None = None, secret: bytes | None = None, **claims: Any) -> str:
    now = int(NOW.timestamp())
    good = {"iss": "demo", "aud": "madoguchi", "sub": "CU-1001", "jti": "j", "iat": now, "exp": now + 300}
    merged = {name: value for name, value in (good | claims).items() if value is not None}
    key = OctKey.import_key(secret or site.services.shop_secrets(DEMO.id))
    return jwt.encode({"alg": "HS256", "kid": "shared"} | (header or {}), merged, key)


def _unsigned(site: Site) -> str:
    none = urlsafe_b64encode(msgspec.json.encode({"alg": "none", "kid": "shared"})).rstrip(b"=").decode()
    return f"{none}.{_forged(site).split('.')[1]}."


BAD: dict[str, Callable[[Site], str]] = {
    "expired": lambda site: _forged(site, exp=int(NOW.timestamp()) - 1),
    "endless": lambda site: _forged(site, exp=None),
    "too long": lambda site: _forged(site, exp=int(NOW.timestamp()) + 3600),
    "not yet": lambda site: _forged(site, nbf=int(NOW.timestamp()) + 600),
    "from the future": lambda site: _forged(site, iat=int(NOW.timestamp()) + 600),
    "for another": lambda site: _forged(site, aud="another"),
    "without an id": lambda site: _forged(site, jti=None),
    "of another shop": lambda site: _forged(site, iss="retail"),
    "of nobody": lambda site: _forged(site, sub="CU-9999"),
    "of another key": lambda site: _forged(site, secret=b"x" * 32),
    "of an unknown key": lambda site: _forged(site, header={"kid": "another"}),
    "unsigned": _unsigned,
    "changed": lambda site: _forged(site)[:-4] + "AAAA",
    "none": lambda site: "not.a.token",
    "empty": lambda site: "",
}


async def test_a_bad_token_is_refused(site: Site, subtests: pytest.Subtests) -> None:
    client, before = await site.client(), site.counts()
    for name, token in BAD.items():
        with subtests.test(name):
            answer = await client.post(SESSIONS, json={"locale": "ja", "token": token(site)})
            assert (answer.status_code, answer.json()["code"]) == (401, "shop_token_bad")
    assert site.counts() == before


async def test_ends(site: Site) -> None:
    client = await site.api(MISAKI)
    assert (await client.post("/api/v1/sessions/end")).status_code == 204
    answer = await client.get("/api/v1/cases")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


async def test_ends_by_itself(site: Site) -> None:
    client = await site.api(MISAKI)
    site.services.sessions._seen.clear()  # what was asked a second ago is not asked again
    with clock.frozen(NOW + timedelta(days=14, seconds=1)):
        assert (await client.get("/api/v1/cases")).status_code == 401


async def test_a_cookie_does_not_count(site: Site) -> None:
    token = (await site.api(MISAKI)).headers["authorization"].removeprefix("Bearer ")
    client = await site.client()
    client.cookies.set("session", token)
    answer = await client.get("/api/v1/orders")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


async def test_staff_do_not_come_this_way(site: Site) -> None:
    async def hired(tx: Tx) -> str:
        somebody = (await all_staff(tx))[0]
        return (await verbs.start_session(tx, store_id=DEMO.id, locale="ja", staff_id=somebody.id)).token

    client = await site.client(await site.services.db.run(SYSTEM, hired))
    answer = await client.get("/api/v1/cases")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "wish", [{"store": "demo", "customer_ref": "CU-1005"}, {"email": "Emma.Wilson@example.com"}], ids=["ref", "email"]
)
async def test_the_demo_plays_the_shop(site: Site, wish: dict[str, str]) -> None:
    client = await site.client()
    issued = await client.post("/api/v1/demo/tokens", json=wish)
    assert issued.status_code == 201
    assert issued.json()["customer_ref"] == EMMA.customer.ref
    begun = await client.post(SESSIONS, json={"locale": "en", "token": issued.json()["token"]})
    assert begun.json()["level"] == 3


async def test_the_demo_knows_nobody_else(site: Site) -> None:
    client = await site.client()
    for wish, status in (
        ({"store": "demo", "customer_ref": "CU-9999"}, 404),
        ({"store": "nowhere", "customer_ref": "CU-1001"}, 404),
        ({"email": "nobody@example.com"}, 404),
        ({"email": "no address"}, 404),
        ({"store": "demo"}, 422),
        ({"store": "demo", "customer_ref": "CU-1001", "email": "emma.wilson@example.com"}, 422),
        ({}, 422),
    ):
        assert (await client.post("/api/v1/demo/tokens", json=wish)).status_code == status, wish


async def test_outside_the_demo_there_is_no_such_call(site: Site) -> None:
    msgspec.structs.force_setattr(site.services, "demo", False)
    client = await site.client()
    answer = await client.post("/api/v1/demo/tokens", json={"store": "demo", "customer_ref": "CU-1001"})
    assert answer.status_code == 404
    assert answer.content == (await client.get("/api/v1/nowhere")).content
