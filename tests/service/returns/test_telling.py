"""What a customer is written to about a return: before its last day, when it is here, when it is over."""

from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.ledger.advances.events import AdvanceDue
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.policy.pack import RulePack, Worn
from madoguchi.core.policy.queries import rules_of
from madoguchi.front.counter.returned import next_words
from madoguchi.kit import events, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.events import Happened
from madoguchi.kit.i18n import Reader
from madoguchi.kit.mail import plain
from madoguchi.service.notices.letters import Links
from madoguchi.service.notices.occasions import Notice, customer_news
from madoguchi.service.returns import eligibility
from madoguchi.service.returns.reading import sentences
from madoguchi.service.returns.rules import REMIND_BEFORE, ReturnState
from tests.service.returns.conftest import Yard

SHIRTS: dict[str, Any] = {"lines": {"2": 1}, "reason": "size", "condition": "unopened"}
CLOTHES = "MD-10233915"
DRINKS = "MD-10233702"


E = TypeVar("E", bound=events.Event)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[CustomerNews]:
    """What was recorded for customers."""
    return recorded(monkeypatch, CustomerNews)


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch) -> list[AdvanceDue]:
    """What was recorded as owed, of which a letter of its own tells."""
    return recorded(monkeypatch, AdvanceDue)


def recorded(monkeypatch: pytest.MonkeyPatch, kind: type[E]) -> list[E]:
    """The facts of a kind, as they are recorded from now on."""
    found: list[E] = []
    record = events.record

    async def keep(tx: Any, event: events.Event) -> None:
        if isinstance(event, kind):
            found.append(event)
        await record(tx, event)

    monkeypatch.setattr(events, "record", keep)
    return found


async def letter(yard: Yard, news: CustomerNews, now: Any) -> Notice:
    happened = Happened(ids.uuid7(), news.name, 1, now, msgspec.to_builtins(news))
    made = await yard.db.run(SYSTEM, lambda tx: customer_news(tx, happened, Links("https://help.example")))
    assert made
    return made


async def test_before_the_last_day_and_after_it(yard: Yard, told: list[CustomerNews], now: Any) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    left = back.send_until - now
    await yard.time_passes(left - REMIND_BEFORE - timedelta(hours=1))
    assert told == []
    for _ in range(2):
        await yard.time_passes(left - REMIND_BEFORE + timedelta(hours=1))
    assert [one.template for one in told] == ["return_due"], "once"
    made = await letter(yard, told[0], now)
    text = plain((*made.letter.blocks, *made.letter.ways), "ja")
    assert CLOTHES in text
    assert f"https://help.example/returns/{back.id}/calendar" in text
    await yard.time_passes(left + timedelta(days=8))
    assert [one.template for one in told] == ["return_due", "return_expired"]


async def test_when_it_is_here(yard: Yard, told: list[CustomerNews]) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    await yard.on_its_way(back)
    await yard.arrives(back)
    assert [one.template for one in told] == ["return_received"]


async def test_how_an_objection_ended_and_why(yard: Yard, told: list[CustomerNews], now: Any) -> None:
    """In the leader's words, also where nothing is changed; a unit that already has more keeps it."""
    back = await yard.send_back(DRINKS, lines={"2": 2}, reason="mistake", condition="unopened")
    await yard.arrives(back)
    for unit, percent in zip(await yard.units(back.id), (50, 80), strict=True):
        found = {"found": {"complete": False}, "acceptance": "reduced", "percent": percent, "why": "incomplete"}
        await yard.do("return.inspect", return_id=back.id, unit_id=unit.id, disposition="resell", **found)
    actor, _ = await yard.actor(DRINKS)
    await yard.acts(actor, "return.appeal", return_id=back.id, note="箱から出していません")
    leader = await yard.worker(Role.LEADER)
    with pytest.raises(Refused, match="field_unknown"):
        await yard.acts(leader, "return.review", return_id=back.id, answer="reduced", percent="50", note="同じ割合")
    await yard.acts(leader, "return.review", return_id=back.id, answer="reduced", percent="70", note="箱はありました")
    assert sorted(unit.given for unit in await yard.units(back.id)) == [70, 80]
    text = plain((await letter(yard, told[-1], now)).letter.blocks, "ja")
    assert "商品代金の70%をお返しいたします" in text
    assert "責任者より：箱はありました" in text


async def test_that_what_was_given_early_was_not_owed(
    yard: Yard, told: list[CustomerNews], due: list[AdvanceDue], now: Any
) -> None:
    """And that it is to be paid again: in one letter."""
    back = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    await yard.arrives(back)
    await yard.looked_at(back, acceptance="rejected", why="not_ours", disposition="back_to_customer")
    waiting = [one.key for one in await yard.db.run(SYSTEM, lambda tx: sentences(tx, back))]
    assert "returns.line.manual" in waiting
    assert "returns.why.not_ours" not in waiting, "nothing is held against anybody before it is decided"
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=back.id, answer="rejected", note="別の店の品でした")
    (news,) = [one for one in told if one.template.startswith("return_rejected")]
    made = (await letter(yard, news, now)).letter
    text = plain((*made.blocks, *made.ways), "ja")
    assert "当店でお買い上げの商品ではありませんでした" in text
    assert "2,990円のお支払い" in text
    assert "https://help.example/orders/" in text
    assert due == []


async def test_that_a_unit_was_not_accepted_while_another_is_still_looked_at(
    yard: Yard, told: list[CustomerNews], now: Any
) -> None:
    """What is to be paid is said once, when all of it is known."""
    back = await yard.send_back(CLOTHES, lines={"2": 2}, reason="dislike", condition="unopened")
    await yard.arrives(back)
    await yard.refund()
    await yard.looked_at(back, disposition="back_to_customer", found={"grade": "worn"})
    letters = [one for one in told if one.template.startswith("return_rejected")]
    assert [one.template for one in letters] == ["return_rejected", "return_rejected_due"]
    assert "5,980円のお支払い" in plain((await letter(yard, letters[-1], now)).letter.blocks, "ja")


async def test_that_what_is_given_early_is_asked_back_when_nothing_comes(yard: Yard) -> None:
    """On the slip that is agreed to, and on the return's own page until it is here."""
    actor, order_id = await yard.actor(CLOTHES)
    broken = {"lines": {"2": 1}, "reason": "defective", "wish": "replacement"}
    quote = await yard.quote(actor, order_id, "order.return", **broken)
    words = [fact.words for fact in quote.draft.slip.facts if fact.label.key == "returns.fact.early"]
    assert words == [Said("returns.early.replacement")]
    request = await yard.agree(CLOTHES, quote)
    back = await yard.back(request.id)
    said = await yard.db.run(actor, lambda tx: sentences(tx, back))
    assert "returns.given_early.goods" in [one.key for one in said]


async def test_its_page_speaks_of_what_was_wished_for(yard: Yard) -> None:
    """A refund only where there is one, and nothing of it where all was given before."""
    reader = Reader("ja")
    back = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    back, units = replace(back, state=ReturnState.RECEIVED), await yard.units(back.id)
    early = next_words(back, units, back.state, reader, money=False)
    assert early == reader.t("counter.returns.next.received.early")
    waiting = [replace(unit, settled_at=None) for unit in units]
    words = next_words(back, waiting, back.state, reader, money=False)
    assert "代わりの品をお送りいたします" in words
    assert "返金" not in words


async def test_why_less_is_given_is_told_with_the_quote_and_on_the_way(yard: Yard) -> None:
    """Also where it is not the first line of which less is given; nothing of the kind where all of it is."""
    fits: dict[str, Any] = {"lines": {"1": 1}, "reason": "size", "condition": "opened"}
    of = await yard.send_back(DRINKS, **(fits | {"lines": {"1": 1, "2": 1}, "reason": "mistake"}))
    why = {lang: Reader(lang).t("policy.said.returns.opened", percent=50) for lang in ("ja", "en", "zh", "ko")}
    for lang, words in why.items():
        told = [one.to(Reader(lang)) for one in await yard.db.run(SYSTEM, lambda tx: sentences(tx, of))]
        assert sum(words in one for one in told) == 1
    actor, order_id = await yard.actor(CLOTHES)
    whole = await yard.quote(actor, order_id, "order.return", **fits)
    assert all(fact.label.key != "returns.fact.rule" for fact in whole.draft.slip.facts)


async def test_what_else_the_rules_say_stands_on_the_slip(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    async def used_is_looked_at(tx: Tx, store_id: str) -> RulePack:
        pack = await rules_of(tx, store_id)
        return replace(pack, returns=replace(pack.returns, used=Worn.INSPECTED))

    monkeypatch.setattr(eligibility, "rules_of", used_is_looked_at)
    actor, order_id = await yard.actor(DRINKS)
    told: dict[str, Any] = {"lines": {"2": 1}, "reason": "mistake", "condition": "used"}
    slip = (await yard.quote(actor, order_id, "order.return", **told)).draft.slip
    also = [fact.words for fact in slip.facts if fact.label.key == "returns.fact.rule"]
    assert slip.rule == said("policy.said.returns.opened", percent=50)
    assert also == [said("policy.said.returns.inspected")]
