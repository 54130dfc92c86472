"""What a customer says goes to whoever has the case: the bot or people, or the seller who takes part in it."""

from uuid import UUID

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.cases.talking.verbs import Written
from madoguchi.core.photos.queries import File
from madoguchi.core.threads import verbs as threads
from madoguchi.kit.db import Tx


async def say(
    tx: Tx, actor: Actor, case_id: UUID, *, client_id: str | None, text: str = "", choice: str | None = None
) -> Written:
    """Words, or a choice among what was offered."""
    case = await access_case(tx, actor, case_id)
    if case.seller_id and choice is None:
        return await threads.write(tx, actor, case_id, text, client_id=client_id)
    return await talking.say(tx, actor, case_id, text=text, choice=choice, client_id=client_id)


async def attach(tx: Tx, actor: Actor, case_id: UUID, file: File, *, client_id: str | None) -> Written:
    """A photo."""
    case = await access_case(tx, actor, case_id)
    if case.seller_id:
        return await threads.show(tx, actor, case_id, file, client_id=client_id)
    return await talking.attach(tx, actor, case_id, file, client_id=client_id)
