"""Waiting a moment for what was just confirmed, so that a quick store feels immediate."""

import asyncio

from madoguchi.core.access.rules import Actor
from madoguchi.core.requests.queries import Request, access_request
from madoguchi.core.requests.topics import topic
from madoguchi.front.ui.services import Services

PATIENCE = 2.0  # seconds


async def settled(services: Services, actor: Actor, made: Request) -> Request:
    """The request as soon as it is settled, or as it is after PATIENCE."""
    request, woken = made, asyncio.Event()
    hung_up = services.hub.subscribe(topic(made.id), lambda _: woken.set())
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                request = await services.db.run(actor, lambda tx: access_request(tx, actor, made.id))
                if request.settled_at:
                    return request
                await woken.wait()
                woken.clear()
    except TimeoutError:
        return request
    finally:
        hung_up()
