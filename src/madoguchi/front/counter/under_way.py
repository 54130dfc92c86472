"""What is under way for a customer besides orders and conversations: returns, and claims on the guarantee."""

from madoguchi.core.access.rules import Actor
from madoguchi.front.counter.returned import ReturnLine, return_line
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.guarantee.queries import claims_of
from madoguchi.service.guarantee.reading import sentences
from madoguchi.service.guarantee.rules import LIVING, Claim
from madoguchi.service.returns.queries import returns_of
from madoguchi.service.returns.rules import ENDED, ReturnState


async def under_way(tx: Tx, actor: Actor, reader: Reader) -> list[ReturnLine]:
    """Returns, those that wait for the customer first, then claims on the guarantee; nothing that has ended."""
    if actor.id is None:
        return []
    coming = [one for one in await returns_of(tx, actor, actor.id) if one.state not in ENDED]
    coming.sort(key=lambda one: (one.state is not ReturnState.APPROVED, one.send_until))
    claims = [one for one in await claims_of(tx, actor) if one.state in LIVING]
    return [await return_line(tx, one, reader) for one in coming] + [_claim_line(one, reader) for one in claims]


def _claim_line(of: Claim, reader: Reader) -> ReturnLine:
    what, state, *_ = sentences(of)
    return ReturnLine(
        url="/guarantee",
        title=what.to(reader),
        text=state.to(reader),
        meta="",
        state=reader.t("counter.home.claim"),
        tone="waiting",
    )
