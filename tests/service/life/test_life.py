"""An order's life: whatever anybody wishes, in any order, however store and provider answer, every invariant holds.

Each life begins with an order of the demo world. Customers, the bot, people at the desk and strangers ask, confirm
(twice, late, all at once) and withdraw; the warehouse, carriers, the provider and the bank go on; replies are lost or
come late. After each step the books are looked at, and at the end all comes to rest and ours, the store's and the
provider's must be the same. `pytest tests/service/life --hypothesis-profile=long` goes on for minutes; a failed life
tells what everybody did, and how it can be lived again.

Who is first when several come at once is nobody's to say, so each step draws one number and decides by that alone.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.ledger.intents.queries import intents_of
from madoguchi.core.ledger.intents.rules import Intent, IntentState, Rail
from madoguchi.core.ledger.rules import Destination, detours
from madoguchi.core.requests.queries import Quote, Request, RequestState, requests_of
from madoguchi.core.shop.port import TrackingState
from madoguchi.edge.payments.fake.rules import Temper
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.service.returns.rules import Acceptance, Disposition, Grade, Reception, Why
from madoguchi.service.returns.units.rules import Unit
from tests.service.life.books import broken
from tests.service.life.filling import filled
from tests.service.life.village import ORDERS, Village
from tests.web import world_template as world_template

WHO = ("customer", "customer", "customer", "phone", "bot", "associate", "leader", "system", "stranger")
SPANS = [timedelta(seconds=30), timedelta(minutes=6), timedelta(minutes=20), timedelta(hours=5)]
LONG_SPANS = [*SPANS, timedelta(days=1), timedelta(days=3), timedelta(days=12)]
SKIES = [
    Faults(),
    Faults(),
    Faults(lost=1.0),
    Faults(timed_out=1.0),
    Faults(twice=1.0),
    Faults(seed=1, lost=0.4, timed_out=0.2, twice=0.2),
]
TEMPERS = [Temper(), Temper(pending=0.6, fails=0.3, fails_late=0.3, doubled=0.5, shuffled=True)]
NEWS = [*[TrackingState.IN_TRANSIT, TrackingState.DELIVERED] * 3, *TrackingState]
ARRIVED = ["received", "received", "received", "short", "wrong_item"]
# how often something is done with a thing, beside other kinds of things
LIKELY = {About.ORDER: 20, About.PARCEL: 12, About.RETURN: 8, About.SUBSCRIPTION: 2, About.CUSTOMER: 0.5}
REST_WITHIN = 60  # looks around

luck = st.integers(0, 2**32).map(Random)


class Life(RuleBasedStateMachine):
    """One order, from where the demo world has it."""

    template: ClassVar[str]
    folder: ClassVar[Path]
    runner: ClassVar[asyncio.Runner]

    def __init__(self) -> None:
        super().__init__()
        self._village: Village | None = None
        self.temper = Temper()
        self.quotes: list[Quote] = []
        self.wishes: list[Request] = []

    @property
    def here(self) -> Village:
        """The world, which is there from the beginning of a life."""
        assert self._village
        return self._village

    @initialize(order=st.sampled_from(ORDERS), temper=st.sampled_from(TEMPERS))
    def begin(self, order: str, temper: Temper) -> None:
        """Where it begins, and how the provider is."""
        self._village = Village(self.template, self.folder, self.runner, order)
        self.temper = temper
        self.here.weather(Faults(), temper)

    # --- wishes

    @rule(dice=luck)
    def wish(self, dice: Random) -> None:
        """Somebody has something quoted and confirms it, maybe with several clicks; mostly the worker is quick."""
        who = dice.choice(WHO)
        quote = self._ask(who, dice)
        if quote:
            self._confirm(quote, [self.here.confirm(who, quote) for _ in range(dice.choice([1, 1, 2, 3]))])
            if dice.random() < 0.7:
                self.here.run(self.here.work())

    @rule(dice=luck)
    def wish_again(self, dice: Random) -> None:
        """The same, since it is what happens most."""
        self.wish(dice)

    @rule(dice=luck)
    def ask(self, dice: Random) -> None:
        """Somebody has something quoted, offered or not, to be confirmed later or never."""
        quote = self._ask(dice.choice(WHO), dice, bold=dice.random() < 0.3)
        if quote:
            self.quotes.append(quote)

    @rule(dice=luck)
    def confirm(self, dice: Random) -> None:
        """Somebody confirms what was quoted a while ago, to them or to somebody else, as shown some minutes ago."""
        if self.quotes:
            quote = dice.choice(self.quotes)
            who = dice.choice([self._asker(quote), dice.choice(WHO)])
            self._confirm(quote, [self.here.confirm(who, quote, clock.now() - timedelta(minutes=dice.choice([0, 6])))])

    @rule(dice=luck)
    def rush(self, dice: Random) -> None:
        """Several wishes from several doors at once, and the worker besides."""
        asked = [self._ask(dice.choice(WHO), dice) for _ in range(dice.randint(1, 3))]
        several = [quote for quote in [*asked, *self.quotes[-2:]] if quote]
        calls = [self.here.confirm(self._asker(quote), quote) for quote in several]
        answers = self._answers([*calls, self.here.work()])
        self.wishes += [answer for answer in answers if isinstance(answer, Request)]

    @rule(dice=luck)
    def decide(self, dice: Random) -> None:
        """Somebody grants a wish, or not, or takes it back, maybe at the moment at which it is taken up."""
        if self.wishes:
            wish = dice.choice(self.wishes[-4:])
            how = dice.choice(["approve", "decline", "withdraw"])
            who = dice.choice(WHO if how == "withdraw" else (*WHO, *["leader", "admin"] * 5))
            note(f"{who} would {how} {wish.number} {wish.action}")
            busy = [self.here.work()] if dice.random() < 0.5 else []
            self._answers([self.here.decide(who, how, wish), *busy])

    # --- the world

    @rule(sky=st.sampled_from(SKIES))
    def work(self, sky: Faults) -> None:
        """The worker does what is due, under some sky."""
        self.here.weather(sky, self.temper)
        self.here.run(self.here.work())

    @rule(by=st.sampled_from(LONG_SPANS), seen=st.booleans())
    def time_passes(self, by: timedelta, seen: bool) -> None:
        """The warehouse, the carriers and the provider go on; `seen`: the mirror follows."""
        self.here.run(self.here.pass_time(by))
        if seen:
            self.here.run(self.here.follow())

    @rule(dice=luck)
    def something_comes_back(self, dice: Random) -> None:
        """A carrier tells of a parcel, sooner or later, once or again, and maybe another one at the same time."""
        if found := self.here.returns():
            at = clock.now() - dice.choice(SPANS)
            tellings = [(dice.choice(found).id, str(dice.randint(1, 4)), dice.choice(NEWS), at) for _ in range(2)]
            note(f"a carrier tells {tellings}")
            self._answers([self.here.on_its_way(*telling) for telling in tellings])

    @rule(dice=luck)
    def warehouse_works(self, dice: Random) -> None:
        """A parcel is opened, or what is in it is looked at, and the worker works at the same time."""
        found = self.here.returns()
        if not found:
            return
        of = dice.choice(found)
        units = self.here.units(of.id)
        here = [unit for unit in units if unit.reception is Reception.RECEIVED]
        if here and dice.random() < 0.7:
            asked = [self._look_at(dice, unit) for unit in here]
        else:
            some = [unit for unit in units if dice.random() < 0.8]
            raw = {"return_id": of.id, "units": {str(unit.id): dice.choice(ARRIVED) for unit in some}}
            asked = [self.here.ask("warehouse", "return.receive", raw)]
        note(f"the warehouse looks at {of.number}")
        self._answers([*asked, self.here.work()])

    def _look_at(self, dice: Random, unit: Unit) -> Coroutine[Any, Any, object]:
        """What somebody finds and decides, by the rules or not."""
        told = {
            "return_id": unit.return_id,
            "unit_id": unit.id,
            "found": {"complete": dice.random() < 0.8, "opened": dice.random() < 0.3, "grade": dice.choice([*Grade])},
            "disposition": dice.choice([*Disposition]),
            "acceptance": dice.choice([None, None, *Acceptance]),
            "percent": dice.choice([None, 10, 50, 99, 100]),
            "why": dice.choice([None, *Why]),
        }
        return self.here.ask("warehouse", "return.inspect", told)

    @rule(dice=luck)
    def somebody_at_the_shop_cancels(self, dice: Random) -> None:
        """The store has other doors than ours."""
        order = dice.choice(self.here.orders()).document
        self.here.run(self.here.elsewhere(order.ref, dice.choice(order.lines).ref))

    @rule(dice=luck)
    def bank_pays(self, dice: Random) -> None:
        """What waits for a bank transfer is paid out; some of it comes back."""
        self._answers([self.here.pay_out(lambda _: dice.random() < 0.3)])

    @rule()
    def night(self) -> None:
        """Our books are compared with the provider's."""
        self.here.run(self.here.reconcile())

    @invariant()
    @precondition(lambda self: self._village is not None)
    def holds(self) -> None:
        """At any moment."""
        assert broken(self.here) == []

    def teardown(self) -> None:
        """All comes to rest, and all books are the same."""
        if self._village is None:
            return
        try:
            self._come_to_rest()
            assert broken(self.here, at_rest=True) == []
            self._tell()
        finally:
            self.here.close()

    # --- how

    def _ask(self, who: str, dice: Random, *, bold: bool = False) -> Quote | None:
        """A quote of something that can be done with something; whatever is answered, no money was touched."""
        here = self.here
        thing, names = self._possible(who, dice, bold=bold)
        if not names:
            return None
        action = dice.choice(names)
        raw = dict(thing.arguments) | filled(here.form(who, action, thing), dice)
        before = self._money()
        (answer,) = self._answers([here.ask(who, action, raw)])
        note(f"{who} asks {action} {raw}: {getattr(answer, 'code', 'as asked')}")
        if isinstance(answer, Quote):
            assert who != "stranger"
        if answer is not None:
            assert self._money() == before, "neither a quote nor a refusal changes anything"
        return answer if isinstance(answer, Quote) else None

    def _possible(self, who: str, dice: Random, *, bold: bool) -> tuple[Subject, list[str]]:
        """A thing with which something can be done, and what; `bold`: any thing, and anything that has a name."""
        things = sorted(self.here.things(), key=lambda one: dice.random() ** (1 / LIKELY[one.about]), reverse=True)
        for thing in things:
            possible, everything = self.here.offered(who, thing)
            if bold or possible:
                return thing, everything if bold else possible
        return things[0], []

    def _asker(self, quote: Quote) -> str:
        """Who can confirm it: whoever has the session in which it was made."""
        return next(name for name, actor in self.here.actors.items() if actor.session == quote.session_id)

    def _confirm(self, quote: Quote, calls: Sequence[Coroutine[Any, Any, Request]]) -> None:
        """What one quote became, however often it was confirmed: one wish, of the order that was quoted (I6, I13)."""
        before = {one.id for one in self._requests()}
        version = self.here.order(quote.order_id).version if quote.order_id else None
        answers = self._answers(calls)
        made = {answer.id: answer for answer in answers if isinstance(answer, Request)}
        note(f"confirmed {quote.action}: {[getattr(answer, 'code', 'taken') for answer in answers]}")
        assert len(made) <= 1, "one quote, one wish"
        for wish in made.values():
            assert wish.quote_id == quote.id
            if wish.id not in before:
                assert wish.order_version == version, "the order is that of the quote"
                assert clock.now() <= quote.expires_at, "the quote is still good"
        assert {one.id for one in self._requests()} - before <= made.keys()
        self.wishes += made.values()

    def _answers(self, calls: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """What several calls at once are answered; anything but an answer or a refusal is a defect."""

        async def at_once() -> list[Any]:
            return await asyncio.gather(*calls, return_exceptions=True)

        answers = self.here.run(at_once())
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refused):
                raise answer
        return answers

    def _money(self) -> list[tuple[Any, ...]]:
        return self.here.rows(
            """select (select count(*) from ledger_entries), (select count(*) from requests),
                 (select count(*) from refund_intents), (select count(*) from demo_store.operations)"""
        )

    def _requests(self) -> Sequence[Request]:
        owner: UUID = self.here.customer
        return self.here.read(lambda tx: requests_of(tx, owner, limit=500))

    def _intents(self) -> Sequence[Intent]:
        owner: UUID = self.here.customer
        return self.here.read(lambda tx: intents_of(tx, SYSTEM, owner, limit=500))

    def _come_to_rest(self) -> None:
        """Good weather until nothing is left to do; what nobody decides on is declined."""
        here = self.here
        here.weather(Faults(), Temper())
        for _ in range(REST_WITHIN):
            here.run(here.pass_time(timedelta(hours=1)))
            here.run(here.follow())
            here.run(here.work())
            wishes = [wish for wish in self._requests() if wish.settled_at is None]
            intents = [one for one in self._intents() if one.state is not IntentState.SUCCEEDED or not one.booked_at]
            for wish in wishes:
                if wish.state is RequestState.NEEDS_APPROVAL:
                    self._answers([here.decide("admin", "decline", wish)])
            for intent in intents:
                self._help(intent)
            if not wishes and not intents:
                return
        raise AssertionError(f"it does not come to rest: {[(w.number, w.action, w.state) for w in wishes]} {intents}")

    def _help(self, intent: Intent) -> None:
        """What a customer and the people of the shop do about a refund that cannot go on by itself."""
        here = self.here
        if intent.state in {IntentState.PLANNED, IntentState.FAILED} and detours(intent.tender_kind):
            to = Destination.BANK if intent.destination is Destination.GIFT_BALANCE else Destination.GIFT_BALANCE
            way = {"order_id": intent.order_id, "refund": str(intent.id), "to": to}
            self._answers([here.ask("customer", "refund.change_way", way)])
        elif intent.rail is Rail.BANK and intent.state is IntentState.RESERVED:
            self._answers([here.pay_out(lambda _: False)])

    def _tell(self) -> None:
        """What this life was made of, for `--hypothesis-show-statistics`."""
        for action, state in self.here.rows("select distinct action, state from requests"):
            event(f"{action} {state}")
        for destination, state in self.here.rows("select distinct destination, state from refund_intents"):
            event(f"refund to {destination} {state}")


class TestLife(Life.TestCase):  # type: ignore[name-defined, misc]  # made by Hypothesis
    """Lives in clones of the demo world, in a loop of their own."""

    settings = settings(
        max_examples=settings().max_examples // 8,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )

    @pytest.fixture(autouse=True)
    def world(self, world_template: str, tmp_path: Path) -> Iterator[None]:
        """Where each life takes place."""
        with asyncio.Runner() as runner:
            Life.template, Life.folder, Life.runner = world_template, tmp_path, runner
            yield
