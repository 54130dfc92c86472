"""What is under way in the demo when somebody comes: no page of the after-sales begins empty, and the books balance."""

from io import StringIO
from typing import Any

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.threads import queries as threads
from madoguchi.core.threads.rules import Standing
from madoguchi.edge.stores.demo.catalogue import MINABE, NAGISA, YAMADA
from madoguchi.front.cli.doctor import INVARIANTS
from madoguchi.front.demo import under_way
from madoguchi.front.demo.stage import Stage
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.progress import Progress
from madoguchi.service.guarantee import queries as guarantee
from madoguchi.service.guarantee.rules import State
from madoguchi.service.returns import queries as returns
from madoguchi.service.returns import warehouse
from madoguchi.service.sellers import queries as sellers
from tests.web import app as app
from tests.web import world_template as world_template

EXPECTED = {
    under_way.CURTAIN: "settled",
    under_way.LAMP: "received",
    under_way.CHAIR: "received",
    under_way.HUMIDIFIER: "in_transit",
    under_way.SWEATER: "in_transit",
}


async def test_every_page_has_something_on_it(app: App) -> None:
    await app.learn_shops()
    stage = Stage(app.db, app.catalogue, app.signer, app.duties(None))
    await under_way.play(stage, Progress(StringIO()))
    await stage.attend("carriers.follow")

    async def ask(role_or_seller: Role | str, verb: Any, **more: Any) -> Any:
        who = await (
            stage.staff(role_or_seller) if isinstance(role_or_seller, Role) else stage.merchant(role_or_seller)
        )
        return await stage.run(who, lambda tx: verb(tx, who, **more))

    for ref, state in EXPECTED.items():
        order_id = await stage.order(ref)
        (one,) = await stage.run(SYSTEM, lambda tx: returns.returns_of_order(tx, SYSTEM, order_id))  # noqa: B023
        assert one.state == state, ref
    assert len(await ask(Role.WAREHOUSE, warehouse.waiting)) == 2
    assert len(await ask(Role.WAREHOUSE, warehouse.expected)) == 2
    assert len(await ask(Role.WAREHOUSE, warehouse.strays)) == 1
    assert len(await stage.run(SYSTEM, returns.to_decide)) == 1
    assert [one.order_ref for one in await ask(Role.LEADER, guarantee.to_decide)] == [under_way.BOWLS]
    claims = await ask(YAMADA.ref, guarantee.claims_of_seller)
    assert {one.state for one in claims} == {State.WAITING_SELLER, State.UNDER_REVIEW}
    now = clock.now()
    waiting = await ask(YAMADA.ref, threads.waiting)
    assert {one.standing(now) for one in waiting} == {Standing.WAITING, Standing.OVERDUE}
    assert len(await ask(MINABE.ref, threads.waiting)) == 1
    assert len(await ask(NAGISA.ref, threads.answered)) == 1
    assert [rating.stars for rating in await ask(NAGISA.ref, sellers.ratings)] == [5]
    for name, check in INVARIANTS:
        assert await stage.run(SYSTEM, check) == [], name


async def test_it_is_played_once(app: App) -> None:
    await app.learn_shops()
    stage = Stage(app.db, app.catalogue, app.signer, app.duties(None))
    for _ in range(2):
        await under_way.play(stage, Progress(StringIO()))
    assert await stage.run(SYSTEM, _wishes) == 7


async def _wishes(tx: Tx) -> object:
    return await tx.value("select count(*) from requests where actor_role = 'customer'")
