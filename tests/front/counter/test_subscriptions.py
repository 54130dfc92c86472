"""The page of memberships and regular deliveries: one's own, with what can be done and why not otherwise."""

import pytest

from madoguchi.edge.stores.demo.people import PEOPLE, Person
from madoguchi.kit.i18n import LANGUAGES, Reader
from tests.front.counter.customer import guest, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


def whose(ref: str) -> Person:
    """Who has the subscription."""
    return next(person for person in PEOPLE if any(one.ref == ref for one in person.subscriptions))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_each_is_shown_with_what_can_be_done(site: Site, lang: str) -> None:
    customer = await signed_in(site, whose("SUB-1001"), lang)
    text = (await customer.get("/subscriptions")).text
    says = Reader(lang)
    assert says.t("memberships.interval.weeks", n=4) in text
    for action in ("skip", "change_interval", "cancel"):
        assert f"/subscriptions/SUB-1001/actions/subscription.{action}" in text
    assert "/subscriptions/SUB-1001/actions/subscription.change_plan" not in text
    assert "/subscriptions/SUB-1000/actions/subscription.change_plan" in text
    assert says.t("errors.subscription_not_offered") not in text


async def test_of_others_nothing_is_shown(site: Site) -> None:
    customer = await signed_in(site, whose("SUB-1002"), "ja")
    assert "SUB-1001" not in (await customer.get("/subscriptions")).text
    assert (await customer.get("/subscriptions/SUB-1001/actions/subscription.cancel")).status_code == 404


async def test_guests_prove_who_they_are_first(site: Site) -> None:
    customer = await guest(site, "ja")
    await customer.get("/subscriptions")
    assert customer.page.url.path.startswith("/identify") or customer.page.status_code == 403
