"""Guests, codes and shop tokens."""

from datetime import datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.people import queries, tokens, verbs
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.kit import security
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused

SECRET = tokens.shared_secret(b"k" * 32, "demo")
MISAKI = CustomerFacts(ref="c1", name="佐藤 美咲", email="misaki.sato@example.jp", locale="ja")


@pytest.fixture
async def guest(db: Database, now: datetime) -> Actor:
    async def work(tx: Tx) -> Actor:
        await tx.execute(
            """insert into stores (id, name, currency, time_zone, country, locale, rule_pack)
               values ('demo', '窓口商店', 'JPY', 'Asia/Tokyo', 'JP', 'ja', 'marketplace-jp')"""
        )
        await verbs.remember_customer(tx, "demo", MISAKI)
        made = await verbs.start_session(tx, store_id="demo", locale="ja")
        session = await queries.session(tx, security.token_hash(made.token))
        assert session is not None
        return session.actor

    return await db.run(SYSTEM, work)


def _secret(store_id: str) -> bytes:
    return tokens.shared_secret(b"k" * 32, store_id)


def _token(now: datetime, **changes: object) -> str:

    claims = {
        "iss": "demo",
        "aud": "madoguchi",
        "sub": "c1",
        "jti": "one",
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "HS256", "kid": "shared"}, claims, OctKey.import_key(SECRET))


def test_a_good_shop_token_names_its_customer(now: datetime) -> None:
    token = tokens.issue(SECRET, "demo", "c1", now)
    assert tokens.read(token, _secret, None, now).customer_ref == "c1"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": None},
        {"exp": 4_000_000_000},  # lives longer than a shop may promise
        {"iat": 4_000_000_000, "exp": 4_000_000_100},
        {"nbf": 4_000_000_000},
        {"aud": "another"},
        {"aud": None},
        {"sub": ""},
        {"jti": None},
        {"iss": "retail"},
    ],
    ids=str,
)
def test_a_bad_shop_token_is_refused(now: datetime, changes: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        tokens.read(_token(now, **changes), _secret, None, now)
    assert refused.value.code == "shop_token_bad"


@pytest.mark.parametrize("token", ["", "a.b.c", "x", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJkZW1vIn0."])
def test_what_is_no_token_is_refused(now: datetime, token: str) -> None:
    with pytest.raises(Refused):
        tokens.read(token, _secret, None, now)


async def test_a_shop_token_is_good_for_once(db: Database, guest: Actor, now: datetime) -> None:
    token = tokens.read(_token(now), _secret, None, now)

    async def sign_in(tx: Tx) -> None:
        customer = await queries.customer_by_ref(tx, "demo", "c1")
        assert customer is not None
        await verbs.sign_in_by_shop(tx, token, customer.id, "ja", guest.session)

    await db.run(SYSTEM, sign_in)
    with pytest.raises(Refused) as refused:
        await db.run(SYSTEM, sign_in)
    assert refused.value.code == "shop_token_used"


async def test_a_code_proves_whom_the_shop_knows_and_tells_nobody_else(db: Database, guest: Actor) -> None:
    await db.run(SYSTEM, lambda tx: verbs.request_code(tx, guest, "Misaki.Sato@EXAMPLE.jp"))
    assert await db.run(SYSTEM, lambda tx: verbs.prove_by_code(tx, guest, "not it")) is None
    left = await db.run(SYSTEM, lambda tx: tx.value("select tries_left from one_time_codes"))
    assert left == 4


async def test_codes_are_few(db: Database, guest: Actor) -> None:
    for _ in range(3):
        await db.run(SYSTEM, lambda tx: verbs.request_code(tx, guest, "nobody@example.jp"))
    with pytest.raises(Refused) as refused:
        await db.run(SYSTEM, lambda tx: verbs.request_code(tx, guest, " NOBODY@example.jp"))
    assert (refused.value.code, refused.value.status) == ("too_many_codes", 429)


async def test_a_new_right_brings_a_new_session(db: Database, guest: Actor) -> None:
    async def rise(tx: Tx) -> tuple[verbs.NewSession, queries.Session | None]:
        customer = await queries.customer_by_ref(tx, "demo", "c1")
        assert customer is not None
        made = await verbs.raise_session(tx, guest, customer.id, Level.PROVEN)
        return made, await queries.session(tx, security.token_hash(made.token))

    made, session = await db.run(SYSTEM, rise)
    assert session is not None
    assert (session.level, session.actor.role) == (Level.PROVEN, Role.CUSTOMER)
    ended = await db.run(SYSTEM, lambda tx: tx.value("select ended_at from sessions where id = %s", [guest.session]))
    assert ended is not None
    assert made.id != guest.session


async def test_row_level_security_hides_others(db: Database, guest: Actor) -> None:
    count = await db.run(guest, lambda tx: tx.value("select count(*) from customers"))
    assert count == 0
    assert await db.run(SYSTEM, lambda tx: tx.value("select count(*) from customers")) == 1


async def test_a_shop_may_sign_with_a_key_of_its_own(db: Database, guest: Actor, now: datetime) -> None:
    first, second = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")
    with pytest.raises(Refused):
        await _read(db, _signed(first, now))
    await _add(db, first)
    assert (await _read(db, _signed(first, now))).customer_ref == "c1"
    with pytest.raises(Refused):
        await _read(db, _signed(second, now))
    await _add(db, second)  # in the place of the first, from now on
    assert (await _read(db, _signed(second, now))).customer_ref == "c1"
    with pytest.raises(Refused):
        await _read(db, _signed(first, now))


async def _add(db: Database, pair: OKPKey) -> None:
    await db.run(SYSTEM, lambda tx: verbs.add_shop_key(tx, "demo", "own", dict(pair.as_dict(private=False))))


async def _read(db: Database, token: str) -> tokens.ShopToken:
    return await db.run(SYSTEM, lambda tx: verbs.read_shop_token(tx, token, _secret))


def _signed(pair: OKPKey, now: datetime) -> str:
    claims = {"iss": "demo", "aud": "madoguchi", "sub": "c1", "jti": "x", "iat": int(now.timestamp())}
    claims["exp"] = int(now.timestamp()) + 60
    return jwt.encode({"alg": "Ed25519", "kid": "own"}, claims, pair, algorithms=["Ed25519"])


@pytest.mark.parametrize("private", [True, False])
async def test_only_public_ed25519_keys_are_taken(db: Database, guest: Actor, private: bool) -> None:
    jwk = dict(OKPKey.generate_key("Ed25519").as_dict(private=True)) if private else {"kty": "oct", "k": "abc"}
    with pytest.raises(Refused) as refused:
        await db.run(SYSTEM, lambda tx: verbs.add_shop_key(tx, "demo", "own", jwk))
    assert refused.value.code == "shop_key_bad"
