"""An administrator in the office, and decisions that were made before."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.people.queries import customer_by_ref
from madoguchi.core.policy import verbs
from madoguchi.core.policy.pack import ReturnReason, RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.core.policy.rules import decide
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit.db import Tx
from tests.front.counter.customer import Customer
from tests.front.desk.associate import Associate, at_desk
from tests.web import Site

RULES = f"/office/rules/{DEMO.rule_pack}"
EDIT, DRAFT, VERSIONS = f"{RULES}/edit", f"{RULES}/draft", f"{RULES}/versions"

_BOX = re.compile(
    r'<input[^>]*name="(values\[[^"]+\]|base)"[^>]*value="([^"]*)"([^>]*)>|<select[^>]*name="(values\[[^"]+\])".*?</select>',
    re.DOTALL,
)
_DAY = timedelta(days=1)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>')


async def in_office(site: Site, name: str = "森 千恵") -> Associate:
    """An administrator with the rules open."""
    admin = await at_desk(site, name, role=Role.ADMIN, state=None)
    await admin.get(RULES)
    return admin


def boxes(page: str) -> dict[str, object]:
    """What the form of a page would send as it stands."""
    found: dict[str, object] = {}
    for box in _BOX.finditer(page):
        name, value, rest, select = box.groups()
        if select:
            chosen = _CHOSEN.search(box[0])
            found[select] = chosen[1] if chosen else ""
        elif 'type="checkbox"' not in box[0] or "checked" in rest:
            found[name] = unescape(value)
    return found


async def change(admin: Customer, values: Mapping[str, object]) -> None:
    """Open the form, change some values (path → text), and go on to the preview."""
    await admin.get(EDIT)
    given = {f"values[{path}]": value for path, value in values.items()}
    form = boxes(admin.page.text)
    assert form.keys() >= given.keys()
    await admin.post(DRAFT, form | given)


async def decided(site: Site, *days: int) -> None:
    """Decisions of this month: whether something may come back so many days after it was delivered."""

    async def work(tx: Tx) -> None:
        rules = await rules_of(tx, DEMO.id)
        owner = await customer_by_ref(tx, DEMO.id, MISAKI.customer.ref)
        assert owner
        for passed in days:
            await verbs.record(tx, SYSTEM, "order.cancel", decide(rules, _back(tx, passed)), customer_id=owner.id)

    await site.services.db.run(SYSTEM, work)


async def rules(site: Site) -> RulePack:
    """The rules that hold now."""
    return await site.services.db.run(SYSTEM, lambda tx: rules_of(tx, DEMO.id))


def _back(tx: Tx, days: int) -> ReturnQuestion:
    delivered = tx.now.replace(hour=3) - _DAY * days
    return ReturnQuestion(
        at=tx.now,
        country="JP",
        reason=ReturnReason.NO_LONGER_NEEDED,
        amount=5_480,
        ordered_at=delivered - _DAY * 100,  # before the winter
        delivered_at=delivered,
        zone=DEMO.time_zone,
    )
