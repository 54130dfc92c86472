"""The demo world: the demo shop with its customers and orders, our mirror of it, and the people who work here."""

from collections.abc import Iterable

import msgspec

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.people.sellers.queries import seller_by_ref
from madoguchi.core.people.sellers.verbs import add_person, remember_seller
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.shop import mirror
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo import world
from madoguchi.edge.stores.demo.catalogue import MINABE, NAGISA, SELLERS, YAMADA
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.queries import refs
from madoguchi.edge.stores.demo.shops import DEMO, RETAIL, Shop
from madoguchi.edge.stores.demo.store import ASKER, DemoStore
from madoguchi.front.demo import past
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.progress import Progress
from madoguchi.kit.settings import Settings


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """One of the demo's staff."""

    email: str
    name: str
    role: Role
    locale: str
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ()


STAFF = (
    Colleague(email="aoi@madoguchi.example", name="田中 葵", role=Role.ASSOCIATE, locale="ja", languages=("ja", "en")),
    Colleague(
        email="oliver@madoguchi.example", name="Oliver Smith", role=Role.ASSOCIATE, locale="en", languages=("en",)
    ),
    Colleague(email="jing@madoguchi.example", name="陈 静", role=Role.ASSOCIATE, locale="zh", languages=("zh", "en")),
    Colleague(
        email="seoyeon@madoguchi.example", name="박 서연", role=Role.ASSOCIATE, locale="ko", languages=("ko", "ja")
    ),
    Colleague(email="chie@madoguchi.example", name="森 千恵", role=Role.ADMIN, locale="ja", languages=("ja", "en")),
    Colleague(email="sota@madoguchi.example", name="倉田 颯太", role=Role.WAREHOUSE, locale="ja", languages=("ja",)),
    Colleague(email="ken@madoguchi.example", name="鈴木 健", role=Role.LEADER, locale="ja", languages=LANGUAGES),
)


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who answers for one of the demo's sellers."""

    seller: str
    email: str
    name: str


MERCHANTS = (
    Merchant(seller=YAMADA.ref, email="yamada@sellers.example", name="山田 太郎"),
    Merchant(seller=NAGISA.ref, email="nagisa@sellers.example", name="渚 由美"),
    Merchant(seller=MINABE.ref, email="minabe@sellers.example", name="南部 実"),
)


async def build(database: Database, store_database: Database, size: int, progress: Progress) -> None:
    """Make the demo world, or what is missing of it, and bring the mirror up to date."""
    await world.seed(
        store_database,
        clock.now(),
        size=size,
        progress=lambda done, total: progress.step("The demo shop", done, total),
    )
    await _open(database, store_database, DEMO, progress)
    await database.run(SYSTEM, _hire)
    await database.run(SYSTEM, _invite)
    await past.remember(database)


async def open_retail(database: Database, store_database: Database, progress: Progress) -> None:
    """Bring our mirror of the imported shop up to date."""
    await _open(database, store_database, RETAIL, progress)


def welcome(settings: Settings) -> str:
    """What to look at, and whom one can be."""
    url = settings.public_url
    return "\n".join(
        (
            "",
            f"  Madoguchi is open:  {url}/demo     (whom to be: customers in four languages, staff)",
            f"  Customers           {url}/",
            f"  A shop's page       {url}/demo/shop     (with the widget)",
            f"  The desk            {url}/desk",
            f"  The office          {url}/office     (the shop's rules)",
            f"  The sellers         {url}/seller",
            f"  The warehouse       {url}/warehouse",
            f"  Mail that was sent  {url}/demo/mail",
            f"  The API             {url}/api/docs",
            "",
            f"  One can be          {_listed(person.customer.name for person in PEOPLE)}",
            f"  of the staff,       {_listed(colleague.name for colleague in STAFF)}",
            f"  and of the sellers  {_listed(merchant.name for merchant in MERCHANTS)}",
            "",
            "  This is a demonstration: anybody on this machine can be anybody. Ctrl-C ends it.",
            "",
        )
    )


def _listed(names: Iterable[str]) -> str:
    return " · ".join(names)


async def _open(database: Database, store_database: Database, shop: Shop, progress: Progress) -> None:
    async def make(tx: Tx) -> None:
        await add_store(
            tx, shop.id, shop.name, shop.currency, shop.time_zone, shop.country, shop.locale, shop.rule_pack
        )

    await database.run(SYSTEM, make)
    orders = len(await store_database.run(ASKER, lambda tx: refs(tx, shop.id, "order")))

    def count(came: int) -> None:
        if came:
            progress.step("Orders mirrored", came, max(came, orders))

    came = await mirror.follow(database, DemoStore(store_database, shop.id), count)
    if 0 < came < orders:
        progress.step("Orders mirrored", came, came)  # no more than these had changed


async def _hire(tx: Tx) -> None:
    for who in STAFF:
        await add_staff(
            tx,
            email=who.email,
            name=who.name,
            role=who.role,
            locale=who.locale,
            languages=who.languages,
            skills=who.skills,
        )


async def _invite(tx: Tx) -> None:
    for merchant in MERCHANTS:
        told = SELLERS[merchant.seller]
        await remember_seller(tx, DEMO.id, told.ref, told.name, told.address)
        seller = await seller_by_ref(tx, DEMO.id, told.ref)
        assert seller
        await add_person(tx, seller_id=seller.id, email=merchant.email, name=merchant.name, locale=DEMO.locale)
