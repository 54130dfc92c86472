"""The composition root: the only place that knows every room.

Routes, jobs, adapters, and the table of reactions (event → what is done about it): tables, never logic.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import psycopg_pool
from litestar import Litestar

import madoguchi
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.carriers import jobs as carriers_jobs
from madoguchi.core.carriers.consignments import verbs as consignments
from madoguchi.core.carriers.consignments.jobs import Announcer
from madoguchi.core.carriers.jobs import Follower
from madoguchi.core.cases.events import CaseClosed, CaseResumed
from madoguchi.core.drafts import jobs as drafts_jobs
from madoguchi.core.ledger.advances import verbs as charging
from madoguchi.core.ledger.advances.events import AdvanceCharged, AdvanceDue
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.events import RefundFailed, RefundNeedsAccount, RefundSucceeded
from madoguchi.core.ledger.returning.events import ReturnNeedless
from madoguchi.core.people import jobs as people_jobs
from madoguchi.core.people import queries as people
from madoguchi.core.people.events import CodeRequested, CustomerNews
from madoguchi.core.people.sellers.events import SellerNews
from madoguchi.core.people.tokens import shared_secret
from madoguchi.core.policy import queries as policy
from madoguchi.core.requests import jobs as requests_jobs
from madoguchi.core.requests.events import ApprovalAsked, RequestSettled
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.shop import mirror
from madoguchi.edge.carriers.simulated.brands import BRANDS
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier, carriers_database
from madoguchi.edge.carriers.simulated.handover import Shippers
from madoguchi.edge.carriers.simulated.rules import Temper
from madoguchi.edge.channels.email.box import MailBox
from madoguchi.edge.channels.email.smtp import SmtpMailer
from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.payments.fake.till import ShopTills
from madoguchi.edge.stores.demo.store import DemoStore, store_database
from madoguchi.front import api, counter, demo, desk, office, seller, warehouse
from madoguchi.front.ui import stream
from madoguchi.front.ui.feeds import Feeds
from madoguchi.front.ui.middleware import Door
from madoguchi.front.ui.render import Pages
from madoguchi.front.ui.services import Limits, Services
from madoguchi.front.ui.sessions import SessionBook
from madoguchi.front.ui.web import create_web
from madoguchi.kit import clock, jobs, migrations
from madoguchi.kit.db import Database
from madoguchi.kit.errors import StartupError
from madoguchi.kit.events import Happened, Reactions, wire
from madoguchi.kit.files import LocalFiles
from madoguchi.kit.jobs import Duty, Nothing, Worker
from madoguchi.kit.live import Hub
from madoguchi.kit.security import RateLimit, Seats, Signer, Vault
from madoguchi.kit.settings import Settings, secret_key
from madoguchi.service.bot.jobs import Bot
from madoguchi.service.bot.ngrams import NgramUnderstanding
from madoguchi.service.bot.turn import Wits
from madoguchi.service.claims.actions import ACTIONS as CLAIMS
from madoguchi.service.claims.jobs import Sweeper
from madoguchi.service.delivery.actions import ACTIONS as DELIVERY
from madoguchi.service.delivery.telling import stepped
from madoguchi.service.goodwill.actions import ACTIONS as GOODWILL
from madoguchi.service.guarantee import verbs as guarantee
from madoguchi.service.guarantee.actions import ACTIONS as GUARANTEE
from madoguchi.service.guarantee.jobs import Keeper
from madoguchi.service.notices import jobs as notices_jobs
from madoguchi.service.notices import occasions
from madoguchi.service.notices import verbs as notices
from madoguchi.service.notices.letters import Links
from madoguchi.service.notices.occasions import Occasion
from madoguchi.service.notices.verbs import Letterhead
from madoguchi.service.orders.actions import ACTIONS as ORDERS
from madoguchi.service.receipts.actions import ACTIONS as RECEIPTS
from madoguchi.service.refunds import actions as refunds_actions
from madoguchi.service.refunds import jobs as refunds_jobs
from madoguchi.service.refunds import webhooks
from madoguchi.service.refunds.charging import Charger
from madoguchi.service.refunds.port import PaymentPort
from madoguchi.service.returns import actions as returns_actions
from madoguchi.service.returns import verbs as returns
from madoguchi.service.returns.jobs import Settler
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.restocking import Restocker
from madoguchi.service.routing import jobs as routing_jobs
from madoguchi.service.routing.actions import ACTIONS as ROUTING
from madoguchi.service.sellers import jobs as sellers_jobs
from madoguchi.service.sellers.actions import ACTIONS as SELLERS
from madoguchi.service.subscriptions.actions import ACTIONS as SUBSCRIPTIONS
from madoguchi.service.surveys import jobs as surveys_jobs
from madoguchi.service.surveys.actions import ACTIONS as SURVEYS

PACKAGE = Path(madoguchi.__file__).parent
HABIT = Temper(hands_in=timedelta(hours=2))  # of the demo's customers, with what they send back
DOORS = (counter, desk, office, seller, warehouse, api)

REACTIONS: Reactions = {
    CodeRequested: ("notices.code",),
    CustomerNews: ("notices.news",),
    SellerNews: ("notices.sellers",),
    ApprovalAsked: ("notices.approval_asked",),
    RequestSettled: ("notices.settled", "bot.settled"),
    RefundSucceeded: ("notices.refund_paid",),
    RefundFailed: ("notices.refund_failed",),
    RefundNeedsAccount: ("notices.refund_needs_account",),
    AdvanceDue: ("notices.advance_due", "returns.account"),
    AdvanceCharged: ("notices.advance_charged", "returns.account"),
    ReturnNeedless: ("returns.let_go",),
    CaseResumed: ("routing.resume",),
    CaseClosed: ("routing.let_go", "surveys.ask", "notices.closed"),
}

OCCASIONS: Mapping[str, Occasion] = {  # what each of the reactions above writes
    "notices.code": occasions.code_requested,
    "notices.news": occasions.customer_news,
    "notices.refund_paid": occasions.refund_paid,
    "notices.refund_failed": occasions.refund_failed,
    "notices.refund_needs_account": occasions.refund_needs_account,
    "notices.advance_due": occasions.advance_due,
    "notices.advance_charged": occasions.advance_charged,
    "notices.approval_asked": occasions.approval_asked,
    "notices.settled": occasions.request_settled,
    "notices.closed": occasions.case_closed,
}


def catalogue(vault: Vault) -> Catalogue:
    """Everything that can be done."""
    returning = returns_actions.actions(tuple(BRANDS))
    service = [*ORDERS, *DELIVERY, *returning, *SUBSCRIPTIONS, *CLAIMS, *RECEIPTS, *refunds_actions.actions(vault)]
    return Catalogue([*service, *SELLERS, *GUARANTEE, *GOODWILL, *ROUTING, *SURVEYS])


class App:
    """The running program: one database, the hub, the adapters, the duties, the pages."""

    def __init__(self, settings: Settings, conninfo: str, *, demo: bool) -> None:
        self.settings = settings
        self.demo = demo
        self.key = secret_key(settings)
        self.signer = Signer(self.key)
        self.db = Database(conninfo, role=migrations.APP_ROLE)
        self.store_db = store_database(conninfo)
        self.hub = Hub(conninfo)
        self.db.after_commit = self.hub
        self.vault = Vault(self.key)
        self.catalogue = catalogue(self.vault)
        self.stores: dict[str, DemoStore] = {}
        self.payments_db = payments_database(conninfo)
        self.provider = FakeProvider(self.payments_db, ShopTills(self.stores), self.signer)
        self.providers: dict[str, PaymentPort] = {}
        self.refunds = refunds_jobs.Executor(self.db, self.stores, self.providers)
        self.charger = Charger(self.db, self.providers)
        self.reconciler = refunds_jobs.Reconciler(self.db, self.providers)
        self.carriers_db = carriers_database(conninfo)
        self.shippers = Shippers(self.stores)
        self.carriers = {
            brand.name: SimulatedCarrier(self.carriers_db, brand, self.shippers.waybill, temper=HABIT)
            for brand in BRANDS.values()
        }
        self.follower = Follower(self.db, self.carriers, concerned=(parcels.tracked, stepped))
        self.announcer = Announcer(self.db, self.carriers, parcels.announced, returns.dispatched)
        self.executor = requests_jobs.Executor(self.db, self.catalogue, self.stores, self.carriers)
        self.claims = Sweeper(self.db, self.catalogue, self.signer)
        self.returns = Settler(self.db, self.catalogue, self.signer)
        self.restocker = Restocker(self.db, self.stores)
        self.guarantee = Keeper(self.db, self.catalogue, self.signer)
        self.bot = Bot(self.db, Wits(self.catalogue, NgramUnderstanding(), self.signer))
        self.letterhead = Letterhead(settings.mail_from, Links(settings.public_url), self.signer)
        self.box = MailBox(self.db)

    async def open(self) -> None:
        """Connect, and learn which shops there are."""
        wire(REACTIONS)
        try:
            await self.db.open()
            await self.store_db.open()
            await self.payments_db.open()
            await self.carriers_db.open()
        except psycopg_pool.PoolTimeout as error:
            raise StartupError("The database does not answer.", 69) from error
        await self.hub.start()
        await self.db.run(SYSTEM, policy.ship_all)
        await self.learn_shops()

    async def learn_shops(self) -> None:
        """An adapter for each shop there is, and its payment provider."""
        for store in await self.db.run(SYSTEM, people.stores):
            if store.id not in self.stores:
                self.stores[store.id] = DemoStore(self.store_db, store.id)
                self.providers[store.id] = self.provider

    async def close(self) -> None:
        """Hang up everywhere."""
        await self.bot.rest()
        await self.hub.stop()
        await self.carriers_db.close()
        await self.payments_db.close()
        await self.store_db.close()
        await self.db.close()

    def duties(self, mail_url: str | None) -> Mapping[str, Duty]:
        """What a worker does, by the name of the job. Without a mail server, mail waits in the outbox."""
        return self._work() | (self._post(mail_url) if mail_url else {})

    def _post(self, mail_url: str) -> dict[str, Duty]:
        post = partial(notices_jobs.post, self.db, SmtpMailer(mail_url, self.settings.mail_from))
        return {notices.POST: Duty(post, Nothing), "notices.sweep": Duty(post, Nothing, timedelta(seconds=30))}

    def _work(self) -> dict[str, Duty]:
        db, head = self.db, self.letterhead
        return {
            execution.EXECUTE: Duty(self.executor.execute, execution.Execute),
            "drafts.sweep": Duty(partial(drafts_jobs.sweep, db), Nothing, timedelta(days=1)),
            "requests.sweep": Duty(partial(requests_jobs.sweep, db), Nothing, timedelta(hours=1)),
            intents.EXECUTE: Duty(self.refunds.execute, intents.ExecuteRefund),
            returns.SETTLE: Duty(self.returns.settle, returns.Settle),
            returns.RESTOCK: Duty(self.restocker.restock, returns.Settle),
            "returns.account": Duty(self.returns.account, Happened),
            "returns.let_go": Duty(self.returns.let_go, Happened),
            "returns.sweep": Duty(self.returns.sweep, Nothing, timedelta(minutes=5)),
            "claims.sweep": Duty(self.claims.sweep, Nothing, timedelta(minutes=1)),
            charging.CHARGE: Duty(self.charger.charge, charging.ChargeAdvance),
            "refunds.advances": Duty(self.charger.sweep, Nothing, timedelta(minutes=5)),
            "refunds.compare": Duty(self.reconciler.nightly, Nothing, timedelta(days=1)),
            "payments.news": Duty(self._news, Nothing, timedelta(seconds=5)),
            "people.sweep": Duty(partial(people_jobs.sweep, db), Nothing, timedelta(hours=1)),
            "shop.follow": Duty(self._follow, Nothing, timedelta(seconds=5)),
            carriers_jobs.FOLLOW: Duty(self._carry, Nothing, timedelta(seconds=5)),
            consignments.ANNOUNCE: Duty(self.announcer.announce, consignments.Announce),
            consignments.WITHDRAW: Duty(self.announcer.withdraw, consignments.Announce),
            "bot.settled": Duty(self.bot.after, Happened),
            "bot.sweep": Duty(self.bot.sweep, Nothing, timedelta(seconds=2)),
            guarantee.PAY: Duty(self.guarantee.pay, guarantee.Pay),
            "guarantee.sweep": Duty(self.guarantee.sweep, Nothing, timedelta(minutes=1)),
            "notices.sellers": Duty(partial(notices_jobs.tell_several, db, head, occasions.seller_news), Happened),
            "sellers.sweep": Duty(partial(sellers_jobs.sweep, db), Nothing, timedelta(minutes=1)),
            "sellers.close": Duty(partial(sellers_jobs.close, db), Nothing, timedelta(hours=1)),
            "routing.offers": Duty(partial(routing_jobs.sweep_offers, db), Nothing, timedelta(seconds=3)),
            "routing.silence": Duty(partial(routing_jobs.sweep_silence, db), Nothing, timedelta(seconds=30)),
            "routing.resume": Duty(partial(routing_jobs.resume, db), Happened),
            "routing.let_go": Duty(partial(routing_jobs.let_go, db), Happened),
            "surveys.ask": Duty(partial(surveys_jobs.ask, db), Happened),
            **{
                name: Duty(partial(notices_jobs.tell, db, head, occasion), Happened)
                for name, occasion in OCCASIONS.items()
            },
        }

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Within it, this process also does the duties. The demo without a mail server has a box for its mail."""
        mail_url = self.settings.smtp_url
        if self.demo and mail_url is None:
            mail_url = await self.box.start()
        worker = Worker(self.db, self.duties(mail_url))
        unsubscribe = self.hub.subscribe(jobs.TOPIC, lambda _: worker.nudge())
        running = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            unsubscribe()
            worker.stop()
            await running
            await self.box.stop()

    async def web(self) -> tuple[Door, Services]:
        """The web application; guests come to the first shop."""
        shops = await self.db.run(SYSTEM, people.stores)
        if not shops:
            raise StartupError("There is no shop yet: run `./madoguchi seed` or `./madoguchi import-shop DIR` first.")
        doors = (*DOORS, demo) if self.demo else DOORS
        services = self._services(_pages(doors))
        store = shops[0]
        return Door(_routes(doors, self.settings.upload_limit), services, store.id, store.time_zone), services

    def _services(self, pages: Pages) -> Services:
        return Services(
            settings=self.settings,
            db=self.db,
            hub=self.hub,
            signer=self.signer,
            catalogue=self.catalogue,
            stores=self.stores,
            providers=self.providers,
            vault=self.vault,
            sessions=SessionBook(self.db),
            pages=pages,
            feeds=Feeds(self.db, self.hub, stream.renderer(pages)),
            files=LocalFiles(self.settings.data_dir / "files"),
            limits=_limits(self.settings.pace),
            shop_secrets=partial(shared_secret, self.key),
            bot_due=self.bot.due,
            demo=self.demo,
        )

    async def _news(self, _: Nothing) -> None:
        """Let the demo provider's time pass; it tells what there is to tell."""
        await self.provider.tick(clock.now(), partial(webhooks.take, self.db, self.provider))

    async def _follow(self, _: Nothing) -> None:
        """Let the demo shops' time pass, and the mirror catch up."""
        await self.learn_shops()
        for store in self.stores.values():
            await store.tick(clock.now())
            await mirror.follow(self.db, store)

    async def _carry(self, nothing: Nothing) -> None:
        """Let the demo carriers' time pass, and hear their news."""
        for carrier in self.carriers.values():
            await carrier.tick(clock.now(), self.shippers.tell)
        await self.follower.follow(nothing)


@cache
def _pages(doors: tuple[ModuleType, ...]) -> Pages:
    return Pages([PACKAGE / "front" / door.__name__.rsplit(".", 1)[-1] / "templates" for door in doors])


@cache
def _routes(doors: tuple[ModuleType, ...], upload_limit: int) -> Litestar:
    """Finding out what each handler asks for takes a third of a second; once is enough for a process."""
    return create_web([route for door in doors for route in door.ROUTES], upload_limit)


def _limits(pace: float) -> Limits:
    """How often anybody may come; `pace` is 1 except where it is measured how much the program can take."""

    def limit(per_second: float, burst: int) -> RateLimit:
        return RateLimit(per_second * pace, round(burst * pace))

    return Limits(
        write=limit(5, 30),
        open=limit(0.2, 10),
        sign_in=limit(0.2, 8),
        upload=limit(0.5, 10),
        visit=limit(20, 200),
        arrive=limit(1, 30),
        streams=Seats(round(20 * pace)),
    )
