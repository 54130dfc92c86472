"""What the doctor finds in a shop that was at work."""

from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.cases import verbs as cases
from madoguchi.front.cli.doctor import INVARIANTS
from tests.house.test_invisible import belongings
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_all_is_well_after_a_conversation_and_a_cancellation(site: Site) -> None:
    known = await belongings(site)
    case_id, customer_id = UUID(known["case_id"]), UUID(known["customer_id"])
    actor = Actor(role=Role.CUSTOMER, id=customer_id, level=Level.SIGNED_IN)
    await site.app.db.run(actor, lambda tx: cases.say(tx, actor, case_id, choice="service.human"))
    await site.app.bot.turn(case_id)
    await site.quiet()
    assert site.value("select state from cases where id = %s", case_id) == "queued"
    found = {name: await site.app.db.run(SYSTEM, check) for name, check in INVARIANTS}
    assert {name: broken for name, broken in found.items() if broken} == {}
