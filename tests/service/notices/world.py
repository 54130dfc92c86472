"""佐藤さん, a guest, their orders and cases, and how a cancellation ends: what the tests of this room stand on."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Need, Role
from madoguchi.core.actions.catalogue import Action, Catalogue, Change
from madoguchi.core.actions.rules import Draft, Effect, MoneyBack, Outcome, Said, Settled, Slip, SlipLine, Wish
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.events import CaseClosed
from madoguchi.core.cases.rules import Channel, State
from madoguchi.core.people import queries as people_queries
from madoguchi.core.people import verbs as people
from madoguchi.core.people.codes import verbs as codes
from madoguchi.core.people.events import CodeRequested
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.events import RequestSettled
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.shop import verbs as shop
from madoguchi.core.shop.port import (
    Address,
    Operation,
    OperationState,
    OrderLine,
    OrderState,
    StoreOrder,
    Tender,
    TenderKind,
)
from madoguchi.kit import clock, events, jobs, security
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.jobs import Duty
from madoguchi.kit.money import Money
from madoguchi.kit.security import Signer
from madoguchi.service.notices import jobs as notices
from madoguchi.service.notices import occasions
from madoguchi.service.notices.letters import Links
from madoguchi.service.notices.occasions import Occasion
from madoguchi.service.notices.port import Mailer, Undelivered
from madoguchi.service.notices.rules import Refusal
from madoguchi.service.notices.verbs import POST, Letterhead

T = TypeVar("T")
SIGNER = Signer(b"k" * 32)
HEAD = Letterhead("support@madoguchi.example", Links("https://help.madoguchi.example"), SIGNER)
ORDER = "249-1234567-1234567"
REACTIONS: Mapping[type[events.Event], tuple[str, Occasion]] = {
    CodeRequested: ("on_code_requested", occasions.code_requested),
    RequestSettled: ("on_request_settled", occasions.request_settled),
    CaseClosed: ("on_case_closed", occasions.case_closed),
}
MISAKI = CustomerFacts(ref="c1", name="佐藤 美咲", email="misaki.sato@example.jp", locale="ja")
EMMA = CustomerFacts(ref="c2", name="Emma Brown", email="emma.brown@example.com", locale="en")


def yen(amount: int) -> Money:
    """Japanese money."""
    return Money(amount, "JPY")


def done_slip() -> Slip:
    """A kettle and two cups go back to a card and the gift balance."""
    return Slip(
        title=Said("notices.order_cancelled.name"),
        order_ref=ORDER,
        lines=(
            SlipLine(name="電気ケトル 0.8L", quantity=1, amount=yen(4980), line_ref="1"),
            SlipLine(name="湯のみ", quantity=2, amount=yen(1600), line_ref="2"),
        ),
        money=(
            MoneyBack(
                tender_ref="t1", kind=TenderKind.CARD, label="Visa ···· 4242", amount=yen(5580), min_days=3, max_days=5
            ),
            MoneyBack(tender_ref="t2", kind=TenderKind.GIFT_BALANCE, label="ギフト残高", amount=yen(1000)),
        ),
        total=yen(6580),
    )


class Postbox(Mailer):
    """Keeps mails, or refuses them as told."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.refusals: list[Refusal] = []

    async def send(self, mail: bytes, address: str) -> None:
        if self.refusals:
            refusal = self.refusals.pop(0)
            raise Undelivered(refusal, f"no: {refusal}")
        self.mails.append((address, mail))


class World:
    """One shop and its people, and the jobs of this room."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.postbox = Postbox()
        self.outcome = Outcome(state=Settled.DONE, slip=done_slip())
        self.catalogue = Catalogue([_cancelling(self)])

    async def build(self) -> None:
        """Stores and customers."""
        self.misaki = await self._run(self._first_people)
        self.order_id = await self._run(lambda tx: shop.mirror_order(tx, "demo", order()))

    async def react(self) -> None:
        """Let the reactions run that are due."""
        await jobs.run_due(self.db, self.reactions)

    async def work(self) -> None:
        """Let the reactions run, and the postman after them."""
        post = Duty(partial(notices.post, self.db, self.postbox), jobs.Nothing)
        await jobs.run_due(self.db, {**self.reactions, POST: post})

    @property
    def reactions(self) -> Mapping[str, Duty]:
        """By name, as app.py wires them."""
        return {
            name: Duty(partial(notices.tell, self.db, HEAD, occasion), events.Happened)
            for name, occasion in REACTIONS.values()
        }

    async def happened(self) -> events.Happened:
        """The event that waits for its reaction."""
        arguments = await self._run(lambda tx: tx.value("select arguments from jobs where name like 'on_%%'"))
        return msgspec.convert(arguments, events.Happened, strict=False)

    async def sweep_later(self, later: timedelta) -> None:
        """Some time goes by, and the sweeper comes."""
        with clock.frozen(clock.now() + later):
            await notices.post(self.db, self.postbox, jobs.Nothing())

    async def close_case(
        self, said: Callable[[Tx, Actor, UUID], Awaitable[Any]], *, actor: Actor | None = None, silent: bool = False
    ) -> case_queries.Case:
        """A case in which `said` was said, closed."""
        by = actor or self.misaki

        async def work(tx: Tx) -> case_queries.Case:
            customer_id = await people.ensure_guest(tx, by)
            known = msgspec.structs.replace(by, id=customer_id)
            case_id = await cases.open_case(tx, known, store_id="demo", customer_id=customer_id, channel=Channel.CHAT)
            await said(tx, known, case_id)
            case = await case_queries.access_case(tx, SYSTEM, case_id, lock=True)
            return await cases.transition(tx, case, State.CLOSED, text_key="notices.transcript.silent", silent=silent)

        return await self._run(work)

    async def cancel(self) -> UUID:
        """佐藤さん quotes and confirms a cancellation, the store answers; the request."""

        async def work(tx: Tx) -> UUID:
            quote = await requests.quote(tx, self.catalogue, self.misaki, "order.cancel", {"order_id": self.order_id})
            token = requests.confirmation_token(SIGNER, self.misaki, quote, tx.now)
            request = await requests.confirm(tx, self.catalogue, SIGNER, self.misaki, quote.id, token)
            await execution.settle(
                tx, self.catalogue, request.id, Operation(key=str(request.id), state=OperationState.SUCCEEDED)
            )
            return request.id

        return await self._run(work)

    async def ask_code(self, email: str) -> None:
        """A visitor asks for a one-time code."""

        async def work(tx: Tx) -> None:
            await codes.request_code(tx, await visitor(tx), email)

        await self._run(work)

    async def guest(self) -> Actor:
        """Somebody nobody knows."""
        return await self._run(visitor)

    async def _first_people(self, tx: Tx) -> Actor:
        await shop.add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        await people.remember_customer(tx, "demo", EMMA)
        misaki = await people.remember_customer(tx, "demo", MISAKI)
        made = await people.start_session(tx, store_id="demo", locale="ja", customer_id=misaki, level=Level.SIGNED_IN)
        return await _actor(tx, made.token)

    async def _run(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self.db.run(SYSTEM, work)


async def visitor(tx: Tx) -> Actor:
    """A new session of a guest."""
    return await _actor(tx, (await people.start_session(tx, store_id="demo", locale="ja")).token)


async def _actor(tx: Tx, token: str) -> Actor:
    session = await people_queries.session(tx, security.token_hash(token))
    assert session is not None
    return session.actor


def associate() -> Actor:
    """鈴木さん at the desk."""
    return Actor(role=Role.ASSOCIATE, id=UUID(int=7), name="鈴木")


def order() -> StoreOrder:
    """The kettle."""
    price = yen(4980)
    return StoreOrder(
        ref=ORDER,
        version=1,
        customer_ref="c1",
        state=OrderState.PAID,
        status_text="paid",
        placed_at=clock.now() - timedelta(days=1),
        currency="JPY",
        lines=(
            OrderLine(
                ref="1",
                sku="k",
                product_ref="k",
                name="電気ケトル",
                quantity=1,
                unit_price=price,
                total=price,
                tax=yen(453),
            ),
        ),
        tenders=(
            Tender(
                ref="t1",
                kind=TenderKind.CARD,
                method_ref="m1",
                label="Visa ···· 4242",
                amount=price,
                captured=price,
                refunded=yen(0),
            ),
        ),
        shipping_fee=yen(0),
        total=price,
        address=Address(
            name="佐藤 美咲", lines=("1-1",), city="港区", region="東京都", postal_code="105-0001", country="JP"
        ),
    )


class _Cancel(msgspec.Struct):
    order_id: UUID


def _cancelling(world: World) -> Action:
    async def draft(tx: Tx, actor: Actor, arguments: _Cancel) -> Draft:
        return Draft(slip=done_slip(), plan={}, order_id=arguments.order_id, order_version=1)

    async def begin(tx: Tx, wish: Wish) -> None:
        """Nothing to set aside: this room only reads the outcome."""

    async def perform(store: object, wish: Wish) -> Operation:
        raise AssertionError("the tests settle by themselves")

    async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
        return world.outcome

    return Action(
        name="order.cancel",
        effect=Effect.CHANGE,
        arguments=_Cancel,
        need=Need(Level.PROVEN),
        change=Change(draft=draft, begin=begin, perform=perform, settle=settle),
    )
