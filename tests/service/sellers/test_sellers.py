"""Asking sellers, what is told to whom, ratings, and the figures that are counted from it all."""

from datetime import timedelta
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM, Audience
from madoguchi.core.cases.queries import entries
from madoguchi.core.cases.rules import Author
from madoguchi.core.threads.queries import access_thread, last_question
from madoguchi.core.threads.verbs import write
from madoguchi.edge.stores.demo.people import MISAKI, YOKO
from madoguchi.kit import clock
from madoguchi.kit.jobs import Nothing
from madoguchi.service.sellers import jobs, queries
from madoguchi.service.sellers.rules import OVER, Figures
from tests.conftest import NOW
from tests.front.counter.customer import id_of, signed_in
from tests.front.desk.test_orders import talking
from tests.front.seller.merchant import BOWLS, asked, merchant
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

HOUR = timedelta(hours=1)


async def order_of(site: Site, number: str) -> str:
    return str(site.value("select id from orders where store_ref = %s", number))


async def figures(site: Site) -> Figures:
    actor = (await merchant(site)).actor
    return await site.app.db.run(actor, lambda tx: queries.figures(tx, actor, tx.now - OVER))


def letters(site: Site, template: str) -> object:
    return site.value("select count(*) from messages where template = %s", template)


async def test_what_we_know_is_told_before_a_seller_is_asked(site: Site) -> None:
    """Who only wants to know where the parcel is need not wait for two days."""
    path = f"/orders/{await order_of(site, BOWLS)}/actions/seller.ask"
    customer = await signed_in(site, MISAKI)
    asked_first = await customer.get(path)
    assert 'name="topic"' in asked_first.text
    assert "<textarea" not in asked_first.text
    assert (await customer.post(path, {"topic": "delivery", "wanted": ""})).status_code == 422
    told = await customer.post(path, {"topic": "delivery", "wanted": "refund"})
    for text in ("に配達が完了しています。", "返品をお申し込みいただけます。", "これで解決しましたか。", '/return"'):
        assert text in told.text
    whole = {"topic": "delivery", "wanted": "refund", "text": " "}
    assert (await customer.post(path, whole)).status_code == 422
    thread = await customer.post(path, whole | {"text": "届いていません"})
    assert "ショップでわかっている内容：" in thread.text


async def test_the_shops_own_goods_have_no_seller_to_ask(site: Site) -> None:
    hers = await site.api(MISAKI)
    order = await order_of(site, "MD-10234567")
    offered = (await hers.get(f"/api/v1/orders/{order}/actions")).json()
    assert {"seller.ask", "seller.rate"}.isdisjoint(one["action"] for one in offered)
    wish = {"order_id": order, "topic": "other", "wanted": "other", "text": "?"}
    answer = await hers.post("/api/v1/actions/seller.ask", json={"arguments": wish})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_by_seller")


async def test_everybody_is_told_what_concerns_them(site: Site) -> None:
    _, case_id = await asked(site)
    await site.quiet()
    assert letters(site, "question_asked") == 1  # the demo's one person of 山田商店
    with clock.frozen(NOW + 37 * HOUR):
        for _ in range(2):
            await jobs.sweep(site.app.db, Nothing())
        await site.quiet()
        assert (letters(site, "question_due"), letters(site, "question_overdue")) == (1, 0)
    with clock.frozen(NOW + 49 * HOUR):
        for _ in range(2):
            await jobs.sweep(site.app.db, Nothing())
        await site.quiet()
        assert (letters(site, "question_overdue"), letters(site, "seller_silent")) == (1, 1)
        actor = (await merchant(site)).actor
        for text in ("遅くなりました", "お使いいただけます"):
            await site.app.db.run(actor, lambda tx, text=text: write(tx, actor, case_id, text))
        await site.quiet()
        assert letters(site, "seller_answered") == 1


async def test_figures_are_counted_from_what_happened(site: Site) -> None:
    assert (await figures(site)).share is None
    _, hers = await asked(site)
    _, others = await asked(site, person=YOKO, order="MD-10234360")
    with clock.frozen(NOW + 10 * HOUR):
        actor = (await merchant(site)).actor
        await site.app.db.run(actor, lambda tx: write(tx, actor, hers, "はい"))
        found = await figures(site)
        assert (found.in_time, found.waiting, found.share, found.usual_seconds) == (1, 1, 100, 36_000)
    with clock.frozen(NOW + 49 * HOUR):
        assert (await figures(site)).overdue == 1
        await jobs.sweep(site.app.db, Nothing())
    with clock.frozen(NOW + 50 * HOUR):
        actor = (await merchant(site)).actor
        await site.app.db.run(actor, lambda tx: write(tx, actor, others, "はい"))
        found = await figures(site)
        assert (found.in_time, found.late, found.overdue, found.share) == (1, 1, 0, 50)
    with clock.frozen(NOW + OVER + 51 * HOUR):
        assert (await figures(site)).due == 0


async def test_a_customer_rates_an_order_once_and_may_think_again(site: Site) -> None:
    hers = await site.api(MISAKI)
    order = await order_of(site, BOWLS)
    for stars, comment in (("2", "梱包が残念"), ("5", "佐藤です。090-1234-5678 に丁寧なお電話でした")):
        wish = {"order_id": order, "stars": stars, "comment": comment}
        assert (await hers.post("/api/v1/actions/seller.rate", json={"arguments": wish})).status_code == 200
    actor = (await merchant(site)).actor
    (rating,) = await site.app.db.run(actor, lambda tx: queries.ratings(tx, actor))
    assert (rating.stars, rating.comment) == (5, "●●●です。●●● に丁寧なお電話でした")
    found = await figures(site)
    assert (found.ratings, found.stars) == (1, 5.0)
    nobodys = (await merchant(site, "nagisa")).actor
    assert await site.app.db.run(nobodys, lambda tx: queries.ratings(tx, nobodys)) == []
    page = await (await merchant(site)).get("/seller/figures")
    assert "●●●です。●●● に丁寧なお電話でした" in page.text


@pytest.mark.parametrize("stars", ["0", "6", "", "five"])
async def test_a_rating_is_one_to_five(site: Site, stars: str) -> None:
    hers = await site.api(MISAKI)
    wish = {"order_id": await order_of(site, BOWLS), "stars": stars}
    assert (await hers.post("/api/v1/actions/seller.rate", json={"arguments": wish})).status_code == 422


async def test_goods_that_did_not_come_are_not_rated(site: Site) -> None:
    hers = await site.api(YOKO)
    wish = {"order_id": await order_of(site, "MD-10234360"), "stars": "1"}
    answer = await hers.post("/api/v1/actions/seller.rate", json={"arguments": wish})
    assert (answer.status_code, answer.json()["code"]) == (409, "rating_too_early")


async def test_others_orders_cannot_be_asked_about(site: Site) -> None:
    his = await site.api(YOKO)
    wish = {"order_id": await order_of(site, BOWLS), "topic": "other", "wanted": "other", "text": "?"}
    assert (await his.post("/api/v1/actions/seller.ask", json={"arguments": wish})).status_code == 404
    rating = {"order_id": await order_of(site, BOWLS), "stars": "1"}
    assert (await his.post("/api/v1/actions/seller.rate", json={"arguments": rating})).status_code == 404


async def test_a_product_is_asked_about_before_it_is_bought(site: Site) -> None:
    customer = await signed_in(site, YOKO)
    page = await customer.get("/products/PLATE/question")
    for text in ("有田焼 中皿 2枚組（出品者：山田商店）", "有田焼 中皿 2枚組：在庫あり", "お届けから30日以内"):
        assert text in page.text
    assert (await customer.post("/products/PLATE/question", {"text": " "})).status_code == 422
    page = await customer.post("/products/PLATE/question", {"text": "直径は何センチですか"})
    case_id = UUID(page.url.path.rpartition("/")[2])
    actor = (await merchant(site)).actor

    async def due(tx):  # type: ignore[no-untyped-def]
        await access_thread(tx, actor, case_id)
        return await last_question(tx, case_id)

    question = await site.app.db.run(actor, due)
    assert question.due_at == NOW + 48 * HOUR
    assert "購入前の質問：有田焼 中皿 2枚組" in (await (await merchant(site)).get("/seller")).text
    for none in ("KETTLE", "NOTHING"):
        assert (await customer.get(f"/products/{none}/question")).status_code == 404


async def test_an_answer_before_buying_is_rated(site: Site) -> None:
    customer = await signed_in(site, YOKO)
    await customer.get("/products/PLATE/question")
    room = (await customer.post("/products/PLATE/question", {"text": "直径は何センチですか"})).url.path
    rating = f"{room}/rating"
    assert rating not in customer.page.text
    assert (await customer.get(rating)).status_code == 409
    actor = (await merchant(site)).actor
    await site.app.db.run(actor, lambda tx: write(tx, actor, id_of(room), "15センチです"))
    assert rating in (await customer.get(room)).text
    await customer.get(rating)
    assert (await customer.post(rating, {"stars": "9", "comment": ""})).status_code == 422
    for stars in ("2", "4"):
        await customer.get(rating)
        assert (await customer.post(rating, {"stars": stars, "comment": "早い"})).url.path == room
    assert site.value("select stars from seller_ratings") == 4
    assert (await figures(site)).ratings == 1
    assert (await (await signed_in(site, MISAKI)).get(rating)).status_code == 404


async def test_staff_ask_a_seller_for_a_customer(site: Site) -> None:
    """In the customer's thread and language, by the associate's name; the customer is as unknown as ever."""
    aoi, caller = await talking(site)
    words = {"topic": "delivery", "wanted": "answer", "text": "佐藤様（090-1234-5678）の品は割れ物ですか"}
    wish = {"action": "seller.ask", "order_id": await order_of(site, BOWLS), "filled": "yes"} | words
    assert (await aoi.send(f"/desk/cases/{caller.case_id}/quotes", wish)).status_code == 303
    page = (await (await merchant(site)).get("/seller")).text
    assert "配送・お届け" in page
    thread = UUID(str(site.value("select case_id from seller_threads")))
    read = await site.app.db.run(SYSTEM, lambda tx: entries(tx, thread, Audience.SELLER))
    assert (read[-1].author, read[-1].text) == (Author.ASSOCIATE, "●●●様（●●●）の品は割れ物ですか")
    assert site.value("select locale from cases where id = %s", thread) == "ja"
    assert (await figures(site)).waiting == 1
    customer = await signed_in(site, MISAKI)
    assert "割れ物ですか" in (await customer.get(f"/chat/{thread}")).text


async def test_nothing_is_closed_before_its_time(site: Site) -> None:
    _, case_id = await asked(site)
    actor = (await merchant(site)).actor
    await site.app.db.run(actor, lambda tx: write(tx, actor, case_id, "はい"))
    for days, state in ((13, "seller"), (15, "closed")):
        with clock.frozen(NOW + timedelta(days=days)):
            await jobs.close(site.app.db, Nothing())
        assert site.value("select state from cases where id = %s", case_id) == state
    assert await site.app.db.run(SYSTEM, lambda tx: last_question(tx, case_id))
