"""The texts whose keys are put together at run time: each pattern with everything that can stand in its `{}`.

A family that is optional falls back on other words where it has no text of its own.
"""

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product

from madoguchi.app import catalogue
from madoguchi.core.access.rules import STAFF, Level, Role
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Effect, Settled
from madoguchi.core.carriers.port import Band, Handing
from madoguchi.core.cases.reasons import REASONS, finder_reasons
from madoguchi.core.cases.rules import Author, State
from madoguchi.core.ledger.advances.rules import AdvanceState
from madoguchi.core.ledger.intents.rules import IntentState
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.decisions import Verdict
from madoguchi.core.policy.eligibility import CONDITIONS
from madoguchi.core.policy.fields import Kind, fields
from madoguchi.core.policy.floors import BETTER
from madoguchi.core.policy.pack import (
    OUTCOMES,
    Approver,
    ChangeWish,
    Fault,
    Ground,
    Method,
    Payer,
    Problem,
    Remedy,
    ReturnReason,
    Stage,
    Then,
    Trigger,
    shipped,
)
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.shop.port import Failure, OrderState, TrackingState
from madoguchi.core.threads.rules import Standing, Topic, Wanted
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.shops import DEMO_TERMS, SHOPS
from madoguchi.front.counter.finder import _kind
from madoguchi.front.desk.checks import Check
from madoguchi.front.office.words import NAMED_BY, SAME_WORDS, is_row
from madoguchi.front.ui.problems import _HTTP_CODES
from madoguchi.front.warehouse.inspection import CHOICES
from madoguchi.kit import ids
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.security import Vault
from madoguchi.service.delivery import settling as carried
from madoguchi.service.guarantee.rules import SellerAnswer
from madoguchi.service.guarantee.rules import State as GuaranteeState
from madoguchi.service.guarantee.rules import Verdict as GuaranteeVerdict
from madoguchi.service.notices import rules as notices
from madoguchi.service.orders import presents
from madoguchi.service.receipts.rules import Kind as Paper
from madoguchi.service.refunds.rules import TaskKind
from madoguchi.service.returns.appealing import ANSWERS
from madoguchi.service.returns.inspecting import ARRIVALS
from madoguchi.service.returns.missing import Answer as Missing
from madoguchi.service.returns.rules import (
    NOT_HERE,
    WITHOUT_GOODS,
    Acceptance,
    Condition,
    Disposition,
    Doubt,
    Fee,
    Grade,
    Reception,
    ReturnState,
    Stray,
    Why,
)
from madoguchi.service.returns.rules import Wish as Return
from madoguchi.service.returns.screens import Screen
from madoguchi.service.routing.rules import Outcome, Priority
from madoguchi.service.surveys.rules import RATINGS
from tests.house.keys import asked, spellings
from tests.house.sources import calls, modules

# what a store says of a write that failed (core.shop.port.Operation), "failed" when it does not say
STORE_ANSWERS = (*Failure, "failed")

_CATALOGUE = catalogue(Vault(bytes(32))).actions
_PACKS = [shipped(shop.rule_pack) for shop in SHOPS.values()]
_VALUES = [field for rules in _PACKS for field in fields(rules) if not is_row(field)]
_COUNTED = {Kind.DAYS, Kind.WORKING_DAYS, Kind.HOURS, Kind.COUNT, Kind.PERCENT}
_ROWS = [row for rules in _PACKS for wish in ChangeWish for row in rules.changes.rows(wish)]
_RETURNED = ("until", "percent", "postage", "trigger", "fee", "keep")
_TERMS = ("approver", "wait_until", "asks", "how", "remedies", *_RETURNED, "answer_by", "silence", "refund")
_TICKETS = ("waiting", "offered", "connected", "left", "closed")
_STATED = sorted(set(OrderState) - {OrderState.DELIVERED})


def codes() -> set[str]:
    """Every code that a refusal can have."""
    written = {code.key.removeprefix("errors.") for code in asked() if code.key.startswith("errors.")}
    declared = {
        code
        for module in modules()
        for _, call in calls(module.tree)
        for keyword in call.keywords
        if keyword.arg in {"refuses", "unknown"}
        for node in ast.walk(keyword.value)
        for code in spellings(node)
    }
    by_rules = {row.code or row.id for row in _ROWS if row.then is Then.DENY}
    told = {code for code in written | declared if "{" not in code and not code.startswith("title.")}
    carriers = {*carried.ANSWERS.values(), carried.FAILED}
    return told | by_rules | carriers | set(_HTTP_CODES.values()) | {f"store_{answer}" for answer in STORE_ANSWERS}


def _chosen() -> list[tuple[str, str]]:
    """What can be chosen in the office, by the value that has the words for it."""
    values = [field for field in _VALUES if field.key not in {"returns.reasons", "returns.status"}]
    return [(SAME_WORDS.get(field.key, field.key), word) for field in values for word in field.options]


def _can_end(action: str, state: Settled) -> bool:
    """Only what is told by a letter of its own can be done in part."""
    return state is not Settled.PARTLY_DONE or (action, state) in notices.SETTLED


_TOLD = tuple(dict.fromkeys(one.said for one in Doubt))


@cache
def families() -> Mapping[str, Iterable[str | tuple[str, ...]]]:
    """Pattern → what its holes can hold."""
    changes = [action.name for action in _CATALOGUE.values() if action.effect is Effect.CHANGE]
    ends = [(name, state) for name, state in product(changes, Settled) if _can_end(name, state)]
    settled = sorted({*(notices.template(name, state) for name, state in ends), notices.CHANGE_AGREED})
    allowed = [(wish, then) for wish in ChangeWish for then in OUTCOMES[wish] if then is not Then.DENY]
    return {
        "actions.{}.name": _CATALOGUE,
        "actions.{}.{}": ends,
        "actions.{}.field.{}": list(_form_fields()),
        "actions.{}.lead": [action.name for action in _CATALOGUE.values() if action.offer],
        "actions.order.cancel.field.reason.{}": sorted({r for rules in _PACKS for r in rules.changes.cancel_reasons}),
        "actions.order.add_gift_options.field.{}": [*presents.CHOICES, "noshi_name", "message"],
        "actions.order.add_gift_options.field.{}.{}": [(name, c) for name, cs in presents.CHOICES.items() for c in cs],
        "warehouse.acceptance.{}": Acceptance,
        "warehouse.arrived.{}": (*ARRIVALS, "later"),
        "warehouse.choice.{}": CHOICES,
        "warehouse.disposition.{}": Disposition,
        "warehouse.grade.{}": Grade,
        "warehouse.reception.{}": Reception,
        "warehouse.state.{}": [*ReturnState, "handed_over", "missing"],
        "warehouse.stray.{}": Stray,
        "warehouse.stray.{}.what": Stray,
        "warehouse.verdict.{}": sorted(set(Acceptance) - {Acceptance.PENDING}),
        "returns.title.{}": Return,
        "returns.title.settled.{}": [*Return, "nothing"],
        "returns.next.settled{}": ("", ".no_money", ".wrong_item"),
        "returns.{}.{}": [
            *(("reason", reason) for reason in ReturnReason),
            *(("condition", condition) for condition in Condition),
            *(("method", method) for method in Method),
            *(("wish", wish) for wish in (Return.REFUND, Return.REPLACEMENT)),
        ],
        "returns.reason.{}": ReturnReason,
        "returns.condition.{}": Condition,
        "returns.method.{}": Method,
        "returns.postage.{}": ("ours", "taken_off", "yours"),
        "returns.when.{}.{}": list(product(Return, Trigger)),
        "returns.early.{}": Return,
        "returns.early_under_way.{}": ("money", "goods"),
        "returns.given_early.{}": ("money", "goods"),
        "returns.owed.{}": ("money", "goods"),
        "returns.next.{}": Method,
        "returns.fee.{}": Fee,
        "returns.line.{}": [*Acceptance, *WITHOUT_GOODS, *NOT_HERE, "exchanged"],
        "returns.out.{}": ("held", "gone", "off"),
        "returns.why.{}": Why,
        "returns.to_pay.{}": DEMO_TERMS.pay_later,
        "returns.state.{}": ReturnState,
        "returns.missing.{}": Missing,
        "returns.status.{}": _TOLD,
        "returns.answered.{}": [*ANSWERS, "goods"],
        "returns.desk.{}": Acceptance,
        "delivery.band.{}": Band,
        "delivery.slot.{}": Band,
        "delivery.handing.{}": sorted(set(Handing) - {Handing.PICK_UP}),
        "claims.problem.{}": sorted(set(Problem) - {Problem.UNKNOWN_CHARGE}),
        "claims.remedy.{}": Remedy,
        "claims.then.{}": Remedy,
        "counter.step.{}": ("what", "check", "done"),
        "counter.returns.state.{}": ReturnState,
        "counter.returns.now.{}": [
            *ReturnState,
            *("address", "appealed", "handed_over", *_TOLD, "refused", "told", "unpaid"),
        ],
        "counter.returns.next.{}": [
            *ReturnState,
            *("address", "appealed", "handed_over", *_TOLD, "refused", "settled.no_money", "told", "unpaid"),
            *(f"{state}.early" for state in ("approved", "in_transit", "received", "expired")),
        ],
        "counter.returns.then.{}": Return,
        "counter.returns.who.{}": ("customer", "carrier", "shop", "nobody"),
        "counter.returns.road.{}": ("agreed", "sent", "received", "inspected", "refunded", "replaced", "exchanged"),
        "counter.returns.step.{}": [*Screen, "check"],
        "counter.returns.title.{}": Screen,
        "counter.returns.lead.{}": Screen,
        "counter.returns.send.{}": [*Method, "code.soon", "pickup.booked"],
        "returns.label.postage.{}": ("ours", "yours"),
        "returns.label.paid.{}": ("ours", "taken_off", "yours"),
        "returns.label.form.{}": Method,
        "returns.label.step.{}": ("pack", "enclose", *(f"send.{method}" for method in Method)),
        "counter.case.state.{}": State,
        "counter.case.{}": State,
        "counter.case.seller.{}": Standing,
        "counter.help.group.{}": sorted({_kind(reason) for reason in finder_reasons()}),
        "counter.nav.{}": ("home", "orders", "cases", "messages"),
        "counter.request.title.{}": [*Settled, "agreed", "waiting"],
        "returns.goes_on.{}": [*Method, *Return],
        "demo.nav.{}": ("people", "shop", "mail", "counter", "desk", "office", "seller", "warehouse", "api", "look"),
        "demo.pages.{}": ("counter", "shop", "desk", "office", "seller", "warehouse", "mail", "api", "look"),
        "demo.person.{}": [person.customer.ref for person in PEOPLE],
        "demo.role.{}": sorted({*STAFF, Role.WAREHOUSE}),
        "demo.shop.shelf.{}": ("kitchen", "daily", "food", "fashion"),
        "desk.check.{}": Check,
        "desk.holding.{}": State,
        "desk.refunds.task.{}": TaskKind,
        "desk.language.{}": LANGUAGES,
        "desk.wish.{}": [*RequestState, "taken"],
        "desk.level.{}": [str(int(level)) for level in Level],
        "errors.{}": sorted(codes()),
        "cases.approval.asked.{}": Approver,
        "seller.claim.answer.{}": SellerAnswer,
        "seller.claim.counts.{}": ("yes", "no"),
        "seller.claim.state.{}": GuaranteeState,
        "guarantee.disputed.{}": ("no", "yes"),
        "guarantee.ground.{}": Ground,
        "guarantee.liability.{}": Fault,
        "guarantee.shown.{}": ("no", "yes"),
        "guarantee.state.{}": GuaranteeState,
        "guarantee.then.{}": ("silence", "review"),
        "guarantee.verdict.{}": GuaranteeVerdict,
        "goodwill.told.{}": sorted({reason for rules in _PACKS for reason in rules.goodwill.reasons}),
        "errors.title.{}": ("401", "403", "404", "409", "413", "422", "429", "500", "503"),
        "notices.who.{}": Author,
        "notices.{}.lead": [*settled, *notices.REFUNDS, *notices.NEWS, *notices.FOR_SELLERS],
        "notices.{}.next": [*settled, *notices.REFUNDS, *notices.NEWS, *notices.FOR_SELLERS],
        "notices.{}.subject": [*settled, *notices.REFUNDS, *notices.NEWS, *notices.FOR_SELLERS, notices.WAITS],
        "notices.link.{}": [
            *("return", "return_slip", "return_code", "return_pickup", "return_sent", "calendar"),
            *("order", "payment", "thread", "answer", "redeliver"),
        ],
        "notices.{}.subject.order": ["change_done", "change_failed", "return_settled", *notices.GO_ON, notices.WAITS],
        "notices.{}.name": sorted({name for action in changes for name in notices.preview(action)}),
        "orders.headline.{}": [*_STATED, TrackingState.ATTEMPT_FAILED, TrackingState.AVAILABLE_FOR_PICKUP],
        "orders.headline.{}.undated": [OrderState.DELIVERED],
        "orders.headline.{}.until": sorted(set(_STATED) - {OrderState.CANCELLED}),
        "orders.rule.{}.{}": allowed,
        "policy.field.{}": {field.key for field in _VALUES},
        "policy.of.{}": {name for field in _VALUES if field.key not in NAMED_BY for name in field.of} | set(Approver),
        "policy.law.{}": set(BETTER),
        "policy.option.{}.{}": _chosen(),
        "policy.option.changes.noshi.{}": sorted({word for rules in _PACKS for word in rules.changes.noshi}),
        "policy.option.claims.check_list.{}": sorted({place for rules in _PACKS for place in rules.claims.check_list}),
        "policy.option.claims.remedies.{}": Remedy,
        "policy.option.goodwill.reasons.{}": sorted({reason for rules in _PACKS for reason in rules.goodwill.reasons}),
        "policy.option.faults.postage.{}": Payer,
        "policy.said.claims.{}": ("good_faith", "approval"),
        "policy.said.subscriptions.{}": ("accidental", "unused", "pro_rata", "used"),
        "policy.option.returns.free_for.{}": ReturnReason,
        "policy.option.returns.refund.usual.{}": Trigger,
        "policy.option.returns.free.{}": {flag for rules in _PACKS for flag in rules.returns.free},
        "policy.option.returns.never.{}": {flag for rules in _PACKS for flag in rules.returns.never},
        "policy.said.faults.{}": Fault,
        "policy.said.{}": ("returns.keep", "returns.keep_below"),
        "policy.section.{}": {field.section for field in _VALUES},
        "policy.then.{}": Then,
        "policy.value.{}": ("yes", "no", *(kind for kind in Kind if kind in _COUNTED)),
        "policy.verdict.{}": Verdict,
        "policy.when.flag.{}": {flag for row in _ROWS for flag in row.when.flag or ()},
        "policy.when.stage.{}": Stage,
        "policy.wish.{}": ChangeWish,
        "office.returns.condition.{}": ("sold", *(one for one in CONDITIONS if one)),
        "office.term.{}": _TERMS,
        "office.unit.{}": sorted(_COUNTED | {Kind.MONTH_DAY}),
        "orders.money.to.{}": sorted(set(Destination) - {Destination.ORIGINAL}),
        "receipts.amount.{}": Paper,
        "receipts.declared.{}": Paper,
        "receipts.qualified.{}": Paper,
        "receipts.title.{}": Paper,
        "orders.refund_to.{}": (Destination.GIFT_BALANCE, Destination.BANK),
        "orders.state.{}": OrderState,
        "orders.tracking.{}": TrackingState,
        "refunds.advance.state.{}": [*AdvanceState, "charging", "coming_back"],
        "refunds.state.{}": sorted(set(IntentState) - {IntentState.REROUTED}),
        "refunds.to.{}": Destination,
        "seller.due.{}": (Standing.ANSWERED, Standing.CLOSED),
        "seller.figure.{}": (
            "in_time",
            "late",
            "missed",
            "waiting",
            "overdue",
            "ratings",
            "claims",
            "counted",
            "silent",
        ),
        "seller.nav.{}": ("waiting", "answered"),
        "seller.{}.lead": ("waiting", "answered"),
        "seller.{}.none": ("waiting", "answered"),
        "seller.{}.none.text": ("waiting", "answered"),
        "seller.{}.title": ("waiting", "answered"),
        "threads.standing.{}": Standing,
        "threads.topic.{}": Topic,
        "threads.wanted.{}": Wanted,
        "routing.outcome.{}": Outcome,
        "routing.priority.{}": [str(int(priority)) for priority in Priority],
        "routing.ticket.{}": _TICKETS,
        "routing.ticket.{}.note": _TICKETS,
        "ui.channel.{}": ("chat",),
        "ui.rating.{}": [str(rating) for rating in RATINGS],
    }


def optional() -> Mapping[str, Iterable[str | tuple[str, ...]]]:
    """Families of which only some members have a text: short words for a reason, names of facts of a hand-over."""
    return {
        "actions.{}.field.{}.help": list(_form_fields()),
        "bot.option.{}": REASONS,
        "claims.{}": (),  # ids of rules look like keys
        "returns.{}": (),
        "goodwill.{}": (),
        "desk.fact.{}": (),
    }


def _form_fields() -> Iterable[tuple[str, str]]:
    """Actions with the fields that they ask for, which stand in their arguments under the same names."""
    things = {name for about in About for name in Subject(about, ids.uuid7()).arguments}
    for action in _CATALOGUE.values():
        names = action.arguments.__struct_fields__ if action.form else ()
        yield from ((action.name, name) for name in names if name not in things)


def members(pattern: str, values: Iterable[str | tuple[str, ...]]) -> set[str]:
    """The keys of a family."""
    return {pattern.format(*(value if isinstance(value, tuple) else (value,))) for value in values}
