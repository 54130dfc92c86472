"""`python -m madoguchi`: the commands of the command line, run on the wired program."""

import asyncio
import signal
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from madoguchi.app import PACKAGE, App
from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.people import queries as people
from madoguchi.core.people.sellers import queries as sellers
from madoguchi.core.people.sellers.verbs import add_person, deactivate_person
from madoguchi.core.people.staff.verbs import activate_staff, add_staff, deactivate_staff
from madoguchi.core.people.tokens import shared_secret
from madoguchi.core.people.verbs import add_shop_key
from madoguchi.edge.stores.demo.importing import import_shop
from madoguchi.front.cli import doctor
from madoguchi.front.cli.main import run
from madoguchi.front.demo import under_way, world
from madoguchi.front.demo.stage import Stage
from madoguchi.front.ui import server
from madoguchi.front.ui.server import Listening
from madoguchi.kit import crew, migrations
from madoguchi.kit.crew import Place
from madoguchi.kit.errors import StartupError
from madoguchi.kit.postgres import EmbeddedPostgres
from madoguchi.kit.progress import Progress
from madoguchi.kit.security import hash_password
from madoguchi.kit.settings import Settings, secret_key


class Commands:
    """What the command line may ask for; one method a command."""

    def demo(self, settings: Settings, size: int, processes: int, progress: Progress) -> None:
        """Everything from nothing: database, schema, the demo world, pages and work."""
        listening = server.listen(settings)  # first of all, so that a taken port leaves no trace
        place = crew.muster(processes)
        if place.told:
            _join(settings, place.told, listening, demo=True)
            return

        async def work(app: App) -> None:
            await _fill(app, size, progress)
            await _serve(app, listening, place, progress, world.welcome(settings))

        with _database(settings) as conninfo:
            _migrate(conninfo, progress)
            uvloop.run(_opened(settings, conninfo, work, demo=True))

    def serve(self, settings: Settings, processes: int, progress: Progress) -> None:
        """The pages, and the work behind them, for a database that is up to date."""
        listening = server.listen(settings)
        place = crew.muster(processes)
        if place.told:
            _join(settings, place.told, listening, demo=False)
            return
        greeting = f"Madoguchi serves {settings.public_url}"
        self._on_current(settings, lambda app: _serve(app, listening, place, progress, greeting))

    def worker(self, settings: Settings, progress: Progress) -> None:
        """Only the work."""

        async def work(app: App) -> None:
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            async with app.working():
                progress.say("The worker works.")
                await stop.wait()

        self._on_current(settings, work)

    def migrate(self, settings: Settings, progress: Progress) -> None:
        """Bring the schema up to date."""
        with _database(settings) as conninfo:
            count = _migrate(conninfo, progress)
        progress.say(f"{count} migrations applied." if count else "The database is up to date.")

    def seed(self, settings: Settings, size: int, progress: Progress) -> None:
        """Fill the demo shop and bring our mirror of it up to date."""
        with _database(settings) as conninfo:
            _migrate(conninfo, progress)
            uvloop.run(_opened(settings, conninfo, lambda app: _fill(app, size, progress), demo=True))

    def import_shop(self, settings: Settings, directory: Path, progress: Progress) -> None:
        """Load another shop from its files, and bring our mirror of it up to date."""

        async def work(app: App) -> None:
            loaded = await import_shop(app.store_db, directory, lambda n, of: progress.step("Importing", n, of))
            await world.open_retail(app.db, app.store_db, progress)
            state = "loaded" if loaded.changed else "unchanged"
            progress.say(
                f"{loaded.users:,} customers, {loaded.orders:,} orders, {loaded.products:,} products: {state}."
            )

        with _database(settings) as conninfo:
            _migrate(conninfo, progress)
            uvloop.run(_opened(settings, conninfo, work, demo=True))

    def doctor(self, settings: Settings, invariants: bool) -> Sequence[doctor.Finding]:
        """What is wrong with this installation; with `invariants`, also with its data."""
        with _database(settings) as conninfo:
            return uvloop.run(doctor.examine(settings, conninfo, migrations.discover(PACKAGE), invariants))

    def add_staff(
        self, settings: Settings, email: str, name: str, role: str, languages: Sequence[str], password: str
    ) -> None:
        """Somebody works here from now on."""

        async def work(app: App) -> None:
            hashed = await hash_password(password)
            await app.db.run(
                SYSTEM,
                lambda tx: add_staff(
                    tx,
                    email=email,
                    name=name,
                    role=Role(role),
                    locale=languages[0],
                    languages=languages,
                    password_hash=hashed,
                ),
            )

        self._on_current(settings, work)

    def deactivate_staff(self, settings: Settings, email: str) -> None:
        """Somebody works here no more."""
        self._on_current(settings, lambda app: app.db.run(SYSTEM, lambda tx: deactivate_staff(tx, email)))

    def activate_staff(self, settings: Settings, email: str) -> None:
        """Somebody works here again."""
        self._on_current(settings, lambda app: app.db.run(SYSTEM, lambda tx: activate_staff(tx, email)))

    def add_seller(
        self, settings: Settings, store_id: str, seller: str, email: str, name: str, language: str, password: str
    ) -> None:
        """Somebody answers for a seller from now on."""

        async def work(app: App) -> None:
            await _check_shop(app, store_id)
            hashed = await hash_password(password)
            known = await app.db.run(SYSTEM, lambda tx: sellers.seller_by_ref(tx, store_id, seller))
            if known is None:
                raise StartupError(f"The shop “{store_id}” has told of no seller “{seller}”.", 65)
            await app.db.run(
                SYSTEM,
                lambda tx: add_person(
                    tx, seller_id=known.id, email=email, name=name, locale=language, password_hash=hashed
                ),
            )

        self._on_current(settings, work)

    def deactivate_seller(self, settings: Settings, email: str) -> None:
        """Somebody answers for a seller no more."""
        self._on_current(settings, lambda app: app.db.run(SYSTEM, lambda tx: deactivate_person(tx, email)))

    def add_shop_key(self, settings: Settings, store_id: str, kid: str, file: Path) -> None:
        """A shop signs with a key of its own from now on."""
        try:
            jwk = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.MsgspecError) as error:
            raise StartupError(f"{file} is no public key as JSON: {error}.", 65) from error

        async def work(app: App) -> None:
            await _check_shop(app, store_id)
            await app.db.run(SYSTEM, lambda tx: add_shop_key(tx, store_id, kid, jwk))

        self._on_current(settings, work)

    def shop_secret(self, settings: Settings, store_id: str) -> str:
        """What a shop signs its tokens with, base64."""
        self._on_current(settings, lambda app: _check_shop(app, store_id))
        return b64encode(shared_secret(secret_key(settings), store_id)).decode()

    def _on_current(self, settings: Settings, work: Callable[[App], Awaitable[None]]) -> None:
        with _database(settings) as conninfo:
            migrations.check(conninfo, migrations.discover(PACKAGE))
            uvloop.run(_opened(settings, conninfo, work, demo=False))


async def _fill(app: App, size: int, progress: Progress) -> None:
    """The demo world, in the middle of its days."""
    await world.build(app.db, app.store_db, size, progress)
    await app.learn_shops()
    await under_way.play(Stage(app.db, app.catalogue, app.signer, app.duties(None)), progress)


async def _check_shop(app: App, store_id: str) -> None:
    known = [store.id for store in await app.db.run(SYSTEM, people.stores)]
    if store_id not in known:
        raise StartupError(f"There is no shop “{store_id}” here; there are: {', '.join(known) or 'none'}.", 65)


async def _serve(app: App, listening: Listening, place: Place, progress: Progress, greeting: str) -> None:
    """Pages and work, by the first of the processes."""
    web, services = await app.web()
    async with app.working():
        progress.say(greeting)
        place.ready(app.db.conninfo)
        await server.run(web, listening, services.feeds)


def _join(settings: Settings, conninfo: str, listening: Listening, *, demo: bool) -> None:
    """Pages only, beside the first of the processes."""

    async def work(app: App) -> None:
        web, services = await app.web()
        await server.run(web, listening, services.feeds)

    uvloop.run(_opened(settings, conninfo, work, demo=demo))


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The database's address as its owner; the embedded server runs within the block when no other is named."""
    if settings.database_url:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir / "postgres") as conninfo:
        yield conninfo


def _migrate(conninfo: str, progress: Progress) -> int:
    todo = migrations.discover(PACKAGE)
    done = 0

    def applied(_: str) -> None:
        nonlocal done
        done += 1
        progress.step("Preparing the database", done, len(todo))

    return migrations.migrate(conninfo, todo, applied)


async def _opened(settings: Settings, conninfo: str, work: Callable[[App], Awaitable[None]], *, demo: bool) -> None:
    app = App(settings, conninfo, demo=demo)
    await app.open()
    try:
        await work(app)
    finally:
        await app.close()


if __name__ == "__main__":
    sys.exit(run(Commands()))
