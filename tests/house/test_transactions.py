"""While a transaction is open nothing outside is called: a slow answer would hold locks that everybody waits for."""

import inspect
from collections.abc import Iterable

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers.port import CarrierPort
from madoguchi.core.shop.port import StorePort
from madoguchi.edge.carriers.simulated.brands import TSUBASA
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier, carriers_database
from madoguchi.edge.channels.email.smtp import SmtpMailer
from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import DemoStore, store_database
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.security import Signer
from madoguchi.service.notices.port import Mailer
from madoguchi.service.refunds.port import PaymentPort
from tests.house.sources import Module, calls, imports, modules, planted

ADAPTERS = (
    (StorePort, DemoStore),
    (Mailer, SmtpMailer),
    (PaymentPort, FakeProvider),
    (CarrierPort, SimulatedCarrier),
)
# by what a module of edge goes outside
LEAVES = ("aiosmtplib", "httpx", "madoguchi.kit.egress", "psycopg_pool")


@pytest.mark.parametrize(
    ("adapter", "name"),
    [
        (adapter, name)
        for port, adapter in ADAPTERS
        for name, _ in inspect.getmembers(port, inspect.iscoroutinefunction)
        if not name.startswith("_")
    ],
)
async def test_an_adapter_refuses_inside_a_transaction(
    adapter: type[DemoStore | SmtpMailer | FakeProvider | SimulatedCarrier], name: str, db: Database, database_url: str
) -> None:
    """Every method of every port, since each of them waits for somebody else's machine."""
    outside = {
        DemoStore: lambda: DemoStore(store_database(database_url), DEMO.id),
        SmtpMailer: lambda: SmtpMailer("smtp://127.0.0.1:1", "support@madoguchi.example"),
        FakeProvider: lambda: FakeProvider(payments_database(database_url), _nothing_paid, Signer(bytes(32))),
        SimulatedCarrier: lambda: SimulatedCarrier(carriers_database(database_url), TSUBASA, _nothing_handed_over),
    }[adapter]()
    method = getattr(outside, name)
    needed = [p for p in inspect.signature(method).parameters.values() if p.default is inspect.Parameter.empty]

    async def work(tx: Tx) -> None:
        await method(*("1" for _ in needed))

    with pytest.raises(RuntimeError, match="while a transaction was open"):
        await db.run(SYSTEM, work)


async def _nothing_paid(_: str) -> None:
    return None


async def _nothing_handed_over(_: str, __: str) -> None:
    return None


def test_every_adapter_has_the_guard() -> None:
    """A new adapter that forgets it would wait inside somebody's transaction one day."""
    assert unguarded(modules()) == []


def test_catches_violations() -> None:
    call = "import aiosmtplib\nasync def send() -> None:\n    await aiosmtplib.send()"
    assert unguarded([planted("edge.channels.line.push", call)]) == ["edge.channels.line.push"]
    assert unguarded([planted("edge.channels.line.push", call + "\n    assert_outside()")]) == []


def unguarded(of: Iterable[Module]) -> list[str]:
    """Modules of edge that go outside and never ask whether they may."""
    return [
        module.name
        for module in of
        if module.name.startswith("edge.")
        and any(name.startswith(LEAVES) for _, name in imports(module))
        and "assert_outside" not in {name for name, _ in calls(module.tree)}
    ]
