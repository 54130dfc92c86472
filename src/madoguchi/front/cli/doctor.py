"""`madoguchi doctor`: what is wrong, in one line each, and what helps."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases import queries as cases
from madoguchi.core.ledger import queries as ledger
from madoguchi.core.ledger.advances import queries as advances
from madoguchi.core.ledger.credits import queries as credits
from madoguchi.core.ledger.intents import queries as intents
from madoguchi.core.photos import queries as photos
from madoguchi.core.requests import queries as requests
from madoguchi.kit import jobs, migrations
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import StartupError
from madoguchi.kit.files import Files, LocalFiles
from madoguchi.kit.migrations import Migration
from madoguchi.kit.settings import Settings, secret_key
from madoguchi.service.claims import queries as claims
from madoguchi.service.guarantee import queries as guarantee
from madoguchi.service.refunds import queries as refunds
from madoguchi.service.refunds.deadlines import overdue
from madoguchi.service.returns import queries as returns
from madoguchi.service.routing import queries as routing

Check = Callable[[Tx], Awaitable[Sequence[str]]]

INVARIANTS: tuple[tuple[str, Check], ...] = (
    ("entries are numbered 1…n", cases.misnumbered),
    ("the state of a case is what its timeline says", cases.misfolded),
    ("no case went where it may not go", cases.jumped),
    ("unread counts are made of what is there", cases.mismarked),
    ("no customer reads a note", cases.leaked),
    ("an open case has somebody who sees to it", cases.forgotten),
    ("who waits for a person stands in line", routing.unattended),
    ("ledger counters are the sum of their entries", ledger.unbalanced),
    ("our ledger and the store agree", ledger.drifted),
    ("what is owed is reserved, what went is refunded", intents.uncovered),
    ("every refund is taken up", intents.stuck),
    ("refunds are sent in the days that rules and laws give", overdue),
    ("credit is given for what was granted, and for nothing else", credits.unsettled),
    ("what was paid in advance is accounted for", advances.unfounded),
    ("the state of a return is what its units say", returns.misfolded),
    ("what need not come back counts as believed", returns.misbelieved),
    ("what was granted on a claim counts as believed", claims.misbelieved),
    ("units on their way back are counted by the ledger and by returns alike", returns.uncounted),
    ("what is given for units that came back is what their refunds say", returns.unpaid),
    ("a return that was looked at is settled", returns.left_lying),
    ("nobody has the goods and their price", returns.given_for_nothing),
    ("what the guarantee granted was paid, once", guarantee.mispaid),
    ("what the guarantee is to pay is taken up", guarantee.left_lying),
    ("our ledger and the payment providers agree", refunds.unexplained),
    ("a settled request has closed its lines", requests.left_open),
    ("no work was given up", jobs.parked),
    ("work of dead workers is taken over", jobs.abandoned),
)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    ok: bool
    what: str
    detail: str = ""


async def examine(settings: Settings, conninfo: str, known: list[Migration], invariants: bool) -> Sequence[Finding]:
    """Look at everything; a database that cannot be used is the last finding."""
    findings = [_key(settings), _server(conninfo)]
    if not findings[-1].ok:
        return findings
    try:
        migrations.check(conninfo, known)
    except StartupError as error:
        return [*findings, Finding(False, "schema", str(error))]
    findings.append(Finding(True, "schema", f"{len(known)} migrations"))
    if invariants:
        findings += await _invariants(conninfo, LocalFiles(settings.data_dir / "files"))
    return findings


async def _invariants(conninfo: str, files: Files) -> list[Finding]:
    database = Database(conninfo, role=migrations.APP_ROLE, size=2)
    await database.open()
    try:
        found = []
        for name, check in INVARIANTS:
            broken = await database.run(SYSTEM, check)
            found.append(Finding(not broken, name, "; ".join(broken[:5])))
        damaged = await spoilt(database, files)
        return [*found, Finding(not damaged, "photos are what was sent", "; ".join(damaged[:5]))]
    finally:
        await database.close()


async def spoilt(database: Database, files: Files) -> list[str]:
    """Files that are gone, or that are no longer what was sent; each is read whole."""
    found = []
    for one in await database.run(SYSTEM, photos.every):
        try:
            content = await files.get(one.sha)
        except OSError as error:
            found.append(f"{one.name}: {one.sha} cannot be read ({error.strerror or 'it is gone'})")
            continue
        if len(content) != one.size or hashlib.sha256(content).hexdigest() != one.sha:
            found.append(f"{one.name}: {one.sha} was changed")
    return found


def _key(settings: Settings) -> Finding:
    try:
        secret_key(settings)
    except StartupError as error:
        return Finding(False, "key file", str(error))
    return Finding(True, "key file")


def _server(conninfo: str) -> Finding:
    try:
        return Finding(True, "database", migrations.server(conninfo))
    except StartupError as error:
        return Finding(False, "database", str(error))
