from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from madoguchi.kit import events
from madoguchi.kit.db import Database
from tests.service.notices.world import REACTIONS, World


@pytest.fixture
async def world(db: Database, now: datetime) -> AsyncIterator[World]:
    """The small world at its own hour, with the reactions of this room wired."""
    events.wire({event: (name,) for event, (name, _) in REACTIONS.items()})
    made = World(db)
    await made.build()
    yield made
    events.wire({})
