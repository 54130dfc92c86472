"""What is under way in the demo when somebody comes: returns, an exchange, questions to sellers, the guarantee.

So that no page begins empty. Each moment is played once, in its own time, by the people whom it concerns.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.threads import verbs as threads
from madoguchi.core.threads.queries import threads_of_order
from madoguchi.edge.stores.demo.catalogue import NAGISA, YAMADA
from madoguchi.edge.stores.demo.people import DAISUKE, NANA, YUKI, Person
from madoguchi.front.demo.stage import Stage
from madoguchi.kit import clock
from madoguchi.kit.progress import Progress
from madoguchi.service.guarantee import answering
from madoguchi.service.guarantee.queries import claim_of_order
from madoguchi.service.guarantee.rules import SellerAnswer
from madoguchi.service.returns import warehouse
from madoguchi.service.returns.queries import returns_of_order, units_of
from madoguchi.service.returns.rules import Acceptance, Disposition, Grade

SWEATER, TEAPOT, CHAIR, CURTAIN = (order.ref for order in YUKI.orders)
HUMIDIFIER, PLATES, TOTE = (order.ref for order in DAISUKE.orders)
LAMP, BOWLS = (order.ref for order in NANA.orders)


class Moment(NamedTuple):
    """What happened so many hours ago."""

    hours: float
    play: Callable[[Stage], Awaitable[object]]


async def play(stage: Stage, progress: Progress) -> None:
    """Bring the demo's world into the middle of its days; one that was begun before is left as it is."""
    if await _began(stage):
        return
    now = clock.now()
    for number, moment in enumerate(MOMENTS, 1):
        with clock.frozen(now - timedelta(hours=moment.hours)):
            await stage.attend("sellers.sweep")  # who was not answered in time hears of it then
            await moment.play(stage)
        progress.step("What is under way", number, len(MOMENTS))


async def _began(stage: Stage) -> bool:
    """Whether it was played, or the shop is an older one without these people."""
    try:
        order_id = await stage.order(CURTAIN)
    except LookupError:
        return True
    return bool(await stage.run(SYSTEM, lambda tx: returns_of_order(tx, SYSTEM, order_id)))


# --- what people do


def _sends_back(
    person: Person, ref: str, reason: str, condition: str, method: str
) -> Callable[[Stage], Awaitable[UUID]]:
    async def play(stage: Stage) -> UUID:
        return await stage.wish(
            await stage.customer(person),
            "order.return",
            order_id=str(await stage.order(ref)),
            lines={"1": 1},
            reason=reason,
            condition=condition,
            method=method,
        )

    return play


async def _exchanges(stage: Stage) -> None:
    await stage.wish(
        await stage.customer(YUKI),
        "order.exchange",
        order_id=str(await stage.order(SWEATER)),
        items={"1": "SWEATER-M"},
        reason="size",
        condition="unopened",
        method_ref="card",
    )


def _asks(person: Person, ref: str, topic: str, wanted: str, text: str) -> Callable[[Stage], Awaitable[None]]:
    async def play(stage: Stage) -> None:
        order_id = str(await stage.order(ref))
        asker = await stage.customer(person)
        await stage.act(asker, "seller.ask", order_id=order_id, topic=topic, wanted=wanted, text=text)

    return play


async def _asks_about_plums(stage: Stage) -> None:
    asker = await stage.customer(NANA)
    text = "開封後はどのくらい日持ちしますか。冷蔵庫で保存するつもりです。"
    await stage.act(asker, "product.ask", customer_id=str(asker.id), product="UMEBOSHI", text=text)


async def _answers(stage: Stage) -> None:
    order_id = await stage.order(TOTE)
    thread, *_ = await stage.run(SYSTEM, lambda tx: threads_of_order(tx, SYSTEM, order_id))
    merchant = await stage.merchant(NAGISA.ref)
    words = "ぬるま湯と中性洗剤で押し洗いしてください。漂白剤は色が抜けることがあるので、お使いにならないでください。"
    await stage.run(merchant, lambda tx: threads.write(tx, merchant, thread.case_id, words))


async def _rates(stage: Stage) -> None:
    comment = "すぐに丁寧なお返事をいただきました。"
    order_id = str(await stage.order(TOTE))
    await stage.act(await stage.customer(DAISUKE), "seller.rate", order_id=order_id, stars="5", comment=comment)


def _claims(person: Person, ref: str, note: str) -> Callable[[Stage], Awaitable[UUID]]:
    async def play(stage: Stage) -> UUID:
        order_id = str(await stage.order(ref))
        return await stage.wish(
            await stage.customer(person), "guarantee.claim", order_id=order_id, ground="not_as_described", note=note
        )

    return play


async def _refuses(stage: Stage) -> None:
    order_id = await stage.order(BOWLS)
    claim = await stage.run(SYSTEM, lambda tx: claim_of_order(tx, SYSTEM, order_id))
    merchant = await stage.merchant(YAMADA.ref)
    assert claim
    words = "手描きのため一点ずつ色の濃さが異なります。商品ページにもその旨を記載しております。"
    await stage.run(merchant, lambda tx: answering.answer(tx, merchant, claim.id, SellerAnswer.REFUSE, words))


# --- what the warehouse does


def _receives(ref: str) -> Callable[[Stage], Awaitable[None]]:
    async def play(stage: Stage) -> None:
        return_id = await _return_of(stage, ref)
        await stage.act(await stage.staff(Role.WAREHOUSE), "return.receive", return_id=str(return_id))

    return play


async def _finds_all_well(stage: Stage) -> None:
    await _receives(CURTAIN)(stage)
    await _inspects(stage, CURTAIN, disposition=Disposition.RESTOCK)


async def _leaves_to_a_leader(stage: Stage) -> None:
    await _receives(CHAIR)(stage)
    worn = {"grade": Grade.WORN, "opened": True}
    note = "座面に土の汚れがあります。使用によるものか判断できません。"
    manual = Acceptance.MANUAL
    await _inspects(stage, CHAIR, found=worn, disposition=Disposition.RESELL, acceptance=manual, note=note)


async def _inspects(stage: Stage, ref: str, **found: object) -> None:
    return_id = await _return_of(stage, ref)
    unit, *_ = await stage.run(SYSTEM, lambda tx: units_of(tx, return_id))
    who = await stage.staff(Role.WAREHOUSE)
    await stage.act(who, "return.inspect", return_id=str(return_id), unit_id=str(unit.id), **found)


async def _puts_aside(stage: Stage) -> None:
    who = await stage.staff(Role.WAREHOUSE)
    note = "送り状の返品番号が水に濡れて読めません。中身は紺色の傘です。"
    await stage.run(who, lambda tx: warehouse.put_aside(tx, who, "4409-1182-7736", note, "棚C-2"))


async def _return_of(stage: Stage, ref: str) -> UUID:
    order_id = await stage.order(ref)
    found, *_ = await stage.run(SYSTEM, lambda tx: returns_of_order(tx, SYSTEM, order_id))
    return found.id


_DARKER = "写真の赤よりずっと暗い茶色のお碗が届きました。返品して返金をお願いします。"
_CHIPPED = "2枚のうち1枚が、写真と違う絵柄でした。返品したいです。"
MOMENTS: Sequence[Moment] = (
    Moment(146, _sends_back(YUKI, CURTAIN, "no_longer_needed", "unopened", "pickup")),
    Moment(123, _asks(NANA, BOWLS, "return", "refund", _DARKER)),
    Moment(121, _asks(DAISUKE, TOTE, "product", "answer", "洗濯はできますか。お手入れの方法を教えてください。")),
    Moment(116, _answers),
    Moment(108, _rates),
    Moment(102, _sends_back(YUKI, CHAIR, "dislike", "opened", "pickup")),
    Moment(100, _sends_back(NANA, LAMP, "dislike", "unopened", "pickup")),
    Moment(98, _asks(DAISUKE, PLATES, "return", "refund", _CHIPPED)),
    Moment(90, _finds_all_well),
    Moment(68, _claims(NANA, BOWLS, _DARKER)),
    Moment(46, _refuses),
    Moment(42, _asks(YUKI, TEAPOT, "product", "answer", "茶こしは取り外せますか。替えの茶こしだけ購入できますか。")),
    Moment(30, _receives(LAMP)),
    Moment(29, _leaves_to_a_leader),
    Moment(28, _claims(DAISUKE, PLATES, _CHIPPED)),
    Moment(27, _puts_aside),
    Moment(22, _sends_back(DAISUKE, HUMIDIFIER, "defective", "opened", "label")),
    Moment(20, _exchanges),
    Moment(3, _asks_about_plums),
)
