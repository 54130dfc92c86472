"""Photos of a claim at the desk: those from the chat can be picked, others added, all stand on the slip."""

import re

from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.photos.queries import File
from madoguchi.edge.stores.demo.people import ICHIRO
from tests.front.counter.test_photos import CLEANER, picture
from tests.front.desk.associate import at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_photos_from_the_chat_and_others_stand_on_the_slip(site: Site) -> None:
    caller = await in_line(site, ICHIRO, "掃除機が壊れていました")
    file = File(sha="a" * 64, name="broken.jpg", media_type="image/jpeg", width=4, height=3, size=9)
    await site.app.db.run(caller.actor, lambda tx: talking.attach(tx, caller.actor, caller.case_id, file))
    aoi = await at_desk(site, "田中 葵")
    await aoi.take(caller.case_id)
    order = await order_of(site, CLEANER)
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order}")).text
    assert 'enctype="multipart/form-data"' in pane
    sent = str(site.value("select id from photos where sha = %s", "a" * 64))
    assert f'name="photos[{sent}]"' in pane

    form = {"action": "item.replace", "order_id": str(order), "filled": "1", "lines[1]": "1", "problem": "damaged"}
    answer = await aoi.http.post(
        f"/desk/cases/{caller.case_id}/quotes",
        data={"csrf": aoi._csrf, f"photos[{sent}]": "1"} | form,
        files={"photos[new]": ("other.jpg", picture(), "image/jpeg")},
    )
    assert answer.status_code == 303, answer.text
    page = await aoi.get(answer.headers["location"])
    asked = page.text.partition('class="asked"')[2].partition("</section>")[0]
    assert len(re.findall(r'<img src="/photos/[0-9a-f-]+"', asked)) == 2
