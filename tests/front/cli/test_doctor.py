"""What the doctor finds in a shop that was at work."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.photos.queries import File
from madoguchi.front.cli.doctor import INVARIANTS, spoilt
from madoguchi.kit import clock, jobs
from madoguchi.kit.files import LocalFiles
from tests.house.test_invisible import conversed
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_all_is_well_after_a_conversation_and_a_cancellation(site: Site) -> None:
    known = await conversed(site)
    case_id, customer_id = UUID(known["case_id"]), UUID(known["customer_id"])
    actor = Actor(role=Role.CUSTOMER, id=customer_id, level=Level.SIGNED_IN)
    await site.app.db.run(actor, lambda tx: talking.say(tx, actor, case_id, choice="service.human"))
    await site.app.bot.turn(case_id)
    await site.quiet()
    assert site.value("select state from cases where id = %s", case_id) == "queued"
    found = {name: await site.app.db.run(SYSTEM, check) for name, check in INVARIANTS}
    assert {name: broken for name, broken in found.items() if broken} == {}


async def test_a_photo_that_was_changed_or_is_gone(site: Site, tmp_path: Path) -> None:
    known = await conversed(site)
    case_id, customer_id = UUID(known["case_id"]), UUID(known["customer_id"])
    actor = Actor(role=Role.CUSTOMER, id=customer_id, level=Level.SIGNED_IN)
    files = LocalFiles(tmp_path)
    kept = [await files.put(content) for content in (b"one", b"two", b"three")]
    for sha, size in zip(kept, (3, 3, 5), strict=True):
        file = File(sha=sha, name="photo.jpg", media_type="image/jpeg", width=1, height=1, size=size)
        await site.app.db.run(actor, lambda tx, file=file: talking.attach(tx, actor, case_id, file))
    only_ours = await spoilt(site.app.db, files)
    assert [one for one in only_ours if any(sha in one for sha in kept)] == []
    (tmp_path / kept[0][:2] / kept[0]).write_bytes(b"One")
    (tmp_path / kept[1][:2] / kept[1]).unlink()
    told = [one for one in await spoilt(site.app.db, files) if any(sha in one for sha in kept)]
    assert any(f"{kept[0]} was changed" in one for one in told)
    assert any(f"{kept[1]} cannot be read" in one for one in told)
    assert len(told) == 2


async def test_work_of_a_worker_that_died_is_named(site: Site) -> None:
    await site.app.db.run(SYSTEM, lambda tx: jobs.enqueue(tx, "requests.sweep", jobs.Nothing()))
    lease = "update jobs set lease = gen_random_uuid(), leased_until = now() - %s where name = 'requests.sweep'"

    async def named() -> list[str]:
        told = await site.app.db.run(SYSTEM, jobs.abandoned)
        return [one for one in told if one.startswith("requests.sweep")]  # the worker that made the world left others

    await site.app.db.run(SYSTEM, lambda tx: tx.execute(lease, [timedelta(seconds=1)]))
    with clock.frozen(datetime.now(UTC)):
        assert await named() == [], "the next worker takes it in a moment"
        await site.app.db.run(SYSTEM, lambda tx: tx.execute(lease, [timedelta(minutes=2)]))
        assert await named()
