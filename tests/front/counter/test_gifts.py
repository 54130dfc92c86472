"""The page on which a gift code is shown, without scripts; and who comes no further."""

from madoguchi.edge.stores.demo.people import ICHIRO, NAOKI, YOKO, Story
from madoguchi.kit.i18n import Reader
from tests.front.counter.customer import guest, signed_in
from tests.journeys.street import shown
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

PRESENT = YOKO.order(Story.GIVEN)
SAYS = Reader("ja")


def _code(site: Site) -> str:
    return str(site.value("select document->>'gift_code' from orders where store_ref = %s", PRESENT))


async def test_whoever_is_not_known_yet_signs_in_and_comes_back(site: Site) -> None:
    somebody = await guest(site)
    assert (await somebody.http.get("/gifts")).headers["location"] == "/identify?next=/gifts"
    assert 'href="/gifts"' in (await somebody.get("/")).text


async def test_from_a_wrong_code_to_what_is_in_the_present(site: Site) -> None:
    customer = await signed_in(site, NAOKI)
    await customer.get("/gifts")
    for typed in ("", "x" * 300, "7QK2-M90X-TV4A"):
        await customer.post("/gifts", {"code": typed})
        assert customer.page.status_code == 422
    assert shown(SAYS.t("errors.gift_code_unknown")) in customer.page.text
    assert site.value("select count(*) from gifts") == 0
    await customer.post("/gifts", {"code": _code(site).lower()})
    assert customer.page.url.path.endswith("/actions/gift.return")
    assert "バスタオル" in customer.page.text
    assert "円" not in customer.page.text.partition("<main")[2].partition("</main>")[0]
    assert SAYS.t("actions.gift.return.name") in (await customer.get("/gifts")).text


async def test_others_are_told_why_and_who_helps(site: Site) -> None:
    first = await signed_in(site, NAOKI)
    await first.get("/gifts")
    await first.post("/gifts", {"code": _code(site)})
    here = first.page.url.path
    for person, why in ((ICHIRO, "gift_taken"), (YOKO, "gift_own")):
        other = await signed_in(site, person)
        await other.get("/gifts")
        await other.post("/gifts", {"code": _code(site)})
        assert other.page.status_code == 409
        assert shown(SAYS.t(f"errors.{why}")) in other.page.text
        assert (await other.http.get(here)).status_code == 404
        assert PRESENT not in other.page.text
