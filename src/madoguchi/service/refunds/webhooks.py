"""News from providers: believed by its signature, and only as a reason to look again."""

from collections.abc import Mapping

from madoguchi.core.access.rules import SYSTEM
from madoguchi.kit import clock
from madoguchi.kit.db import Database
from madoguchi.service.refunds.port import PaymentPort
from madoguchi.service.refunds.verbs import heard_of


async def take(database: Database, provider: PaymentPort, headers: Mapping[str, str], body: bytes) -> bool:
    """Take a webhook in; False when the provider did not send it.

    What it says is not believed: the refund is read anew, so that replays, doubles and any order do no harm.
    """
    key = provider.verify(headers, body, clock.now())
    if key is None:
        return False
    await database.run(SYSTEM, lambda tx: heard_of(tx, key))
    return True
