"""Guests, codes and shop tokens."""

from datetime import datetime, timedelta
from functools import partial
from typing import LiteralString

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.people import jobs, queries, rules, tokens, verbs
from madoguchi.core.people.codes import verbs as codes
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.core.people.staff.queries import password_of, staff_names
from madoguchi.core.people.staff.verbs import activate_staff, add_staff, deactivate_staff
from madoguchi.kit import clock, security
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.jobs import Nothing

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
    await db.run(SYSTEM, lambda tx: codes.request_code(tx, guest, "Misaki.Sato@EXAMPLE.jp"))
    assert await db.run(SYSTEM, lambda tx: codes.prove_by_code(tx, guest, "not it")) is None
    left = await db.run(SYSTEM, lambda tx: tx.value("select tries_left from one_time_codes"))
    assert left == 4


async def test_codes_are_few(db: Database, guest: Actor) -> None:
    for _ in range(3):
        await db.run(SYSTEM, lambda tx: codes.request_code(tx, guest, "nobody@example.jp"))
    with pytest.raises(Refused) as refused:
        await db.run(SYSTEM, lambda tx: codes.request_code(tx, guest, " NOBODY@example.jp"))
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


async def test_a_session_lasts_on_while_it_is_used(db: Database, guest: Actor, now: datetime) -> None:
    begun = await db.run(SYSTEM, lambda tx: verbs.start_session(tx, store_id="demo", locale="ja"))
    key = security.token_hash(begun.token)

    async def session() -> queries.Session | None:
        return await db.run(SYSTEM, lambda tx: queries.session(tx, key))

    used = await session()
    assert used
    assert not used.is_stale(now + rules.RENEWED_EVERY - timedelta(seconds=1))  # no write with every request
    later = now + timedelta(days=13)
    with clock.frozen(later):
        assert used.is_stale(later)
        await db.run(SYSTEM, lambda tx: verbs.renew_session(tx, used))
    with clock.frozen(later + rules.CUSTOMER_IDLE - timedelta(seconds=1)):
        assert await session()
    with clock.frozen(later + rules.CUSTOMER_IDLE):
        assert await session() is None
        await db.run(SYSTEM, lambda tx: verbs.renew_session(tx, used))  # what is dead stays dead
        assert await session() is None


@pytest.mark.parametrize(
    ("minutes", "end"), [(0, 30), (29, 59), (11 * 60 + 29, 11 * 60 + 59), (11 * 60 + 50, 12 * 60), (13 * 60, 12 * 60)]
)
def test_staff_are_out_after_half_an_hour_or_twelve(now: datetime, minutes: int, end: int) -> None:
    ends = rules.session_ends(now, now + timedelta(minutes=minutes), at_work=True)
    assert ends == now + timedelta(minutes=end)


async def test_what_is_over_is_deleted_in_parts(db: Database, guest: Actor, now: datetime) -> None:
    token = tokens.read(_token(now), _secret, {}, now)

    async def fill(tx: Tx) -> None:
        customer = await queries.customer_by_ref(tx, "demo", "c1")
        assert customer
        await codes.request_code(tx, guest, "misaki.sato@example.jp")
        signed_in = await verbs.sign_in_by_shop(tx, token, customer.id, "ja", None)
        await verbs.end_session(tx, signed_in.id)
        for _ in range(4):
            await verbs.end_session(tx, (await verbs.start_session(tx, store_id="demo", locale="ja")).id)

    async def left() -> list[object]:
        names: tuple[LiteralString, ...] = ("sessions", "shop_tokens_used", "one_time_codes")
        return [await db.run(SYSTEM, partial(_count, name)) for name in names]

    await db.run(SYSTEM, fill)
    assert await left() == [6, 1, 1]
    with clock.frozen(now + timedelta(minutes=6)):
        assert await db.run(SYSTEM, lambda tx: verbs.sweep(tx, limit=2)) == 3
        await jobs.sweep(db, Nothing())
        assert await left() == [1, 0, 1]  # the guest is still here; the code counts for a day
    with clock.frozen(now + timedelta(days=2)):
        await jobs.sweep(db, Nothing())
        assert await left() == [1, 0, 0]
    with clock.frozen(now + timedelta(days=15)):
        await jobs.sweep(db, Nothing())
        assert await left() == [0, 0, 0]


async def _count(name: LiteralString, tx: Tx) -> object:
    return await tx.value(f"select count(*) from {name}")


async def test_who_is_deactivated_is_nobody_until_activated_again(db: Database, guest: Actor) -> None:
    async def hire(tx: Tx) -> str:
        staff = await add_staff(
            tx, email="aoi@example.jp", name="葵", role=Role.LEADER, locale="ja", languages=["ja"], password_hash="x"
        )
        return (await verbs.start_session(tx, store_id="demo", locale="ja", staff_id=staff)).token

    key = security.token_hash(await db.run(SYSTEM, hire))
    await db.run(SYSTEM, lambda tx: deactivate_staff(tx, " Aoi@example.jp"))
    assert await db.run(SYSTEM, lambda tx: password_of(tx, "aoi@example.jp")) is None
    await db.run(SYSTEM, lambda tx: activate_staff(tx, "aoi@example.jp"))
    assert await db.run(SYSTEM, lambda tx: password_of(tx, "aoi@example.jp"))
    assert await db.run(SYSTEM, lambda tx: queries.session(tx, key)) is None  # the old session stays dead
    with pytest.raises(Refused) as refused:
        await db.run(SYSTEM, lambda tx: deactivate_staff(tx, "nobody@example.jp"))
    assert refused.value.code == "unknown_staff"


async def test_staff_find_several_people_at_once_and_customers_none(db: Database, guest: Actor) -> None:
    async def hire(tx: Tx) -> Actor:
        staff = await add_staff(
            tx, email="aoi@example.jp", name="葵", role=Role.ASSOCIATE, locale="ja", languages=["ja"]
        )
        return Actor(role=Role.ASSOCIATE, id=staff)

    aoi = await db.run(SYSTEM, hire)
    known = await db.run(SYSTEM, lambda tx: queries.customer_by_ref(tx, "demo", "c1"))
    assert aoi.id
    assert known
    ids = [known.id, aoi.id, known.id]
    assert await db.run(aoi, lambda tx: queries.access_customers(tx, aoi, ids)) == {known.id: known}
    assert await db.run(aoi, lambda tx: staff_names(tx, aoi, ids)) == {aoi.id: "葵"}
    for find in (queries.access_customers, staff_names):
        with pytest.raises(Refused) as refused:
            await db.run(guest, partial(find, actor=guest, ids=ids))
        assert refused.value.status == 404
