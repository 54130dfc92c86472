"""The table of returns: made from the rules in force and the law of a country, for whoever keeps the shop."""

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.kit.i18n import LANGUAGES, Reader
from tests.front.desk.associate import at_desk
from tests.front.office.administrator import RULES, VERSIONS, change, in_office
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

RETURNS = f"{RULES}/returns"
JA = Reader("ja")


async def test_only_administrators_read_it(site: Site) -> None:
    leader = await at_desk(site, role=Role.LEADER)
    assert (await leader.get(RETURNS)).status_code == 403
    assert (await (await in_office(site)).get(RETURNS)).status_code == 200


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_it_tells_share_postage_days_and_what_is_refused(site: Site, lang: str) -> None:
    admin = await in_office(site)
    page = (await admin.post("/settings/display", {"lang": lang, "next": RETURNS})).text
    reader = Reader(lang)
    customer, shop = (reader.t(f"policy.option.faults.postage.{payer}") for payer in ("customer", "shop"))
    for told in (
        reader.t("office.returns.share", percent=50, payer=customer),
        reader.t("office.returns.share", percent=100, payer=shop),
        reader.t("office.returns.kept", percent=100),
        reader.t("office.returns.no"),
        reader.t("office.returns.within", n=30),
        reader.t("office.returns.within", n=365),
        reader.t("policy.option.returns.free_for.size"),
    ):
        assert told in page


async def test_the_law_of_another_country_shows_where_it_decides(site: Site) -> None:
    admin = await in_office(site)
    at_home = (await admin.get(RETURNS)).text
    germany = (await admin.get(f"{RETURNS}?country=AT")).text
    assert "2011/83/EU" not in at_home
    assert "民法" in at_home
    assert "Directive 2011/83/EU, Article 13(1) and (2)" in germany
    assert "Directive (EU) 2019/771, Article 10" in germany
    assert JA.t("office.returns.shipping") in germany
    opened = JA.t("office.returns.share", percent=50, payer=JA.t("policy.option.faults.postage.customer"))
    assert opened not in germany


@pytest.mark.parametrize("country", ["XX", "ZZ", "../", "jp"])
async def test_a_country_whose_law_nobody_knows_is_not_there(site: Site, country: str) -> None:
    admin = await in_office(site)
    assert (await admin.get(f"{RETURNS}?country={country}")).status_code == 404


async def test_it_follows_the_rules_in_force(site: Site) -> None:
    admin = await in_office(site)
    await change(admin, {"returns/opened_percent": "70"})
    payer = JA.t("policy.option.faults.postage.customer")
    assert JA.t("office.returns.share", percent=70, payer=payer) not in (await admin.get(RETURNS)).text
    await admin.post(VERSIONS, {"note": "広げる", "day": ""})
    assert JA.t("office.returns.share", percent=70, payer=payer) in (await admin.get(RETURNS)).text
