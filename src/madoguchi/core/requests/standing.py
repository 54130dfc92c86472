"""What was agreed to before and happens by itself: quoted and confirmed by the system like any other wish."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.requests import verbs
from madoguchi.core.requests.queries import Request
from madoguchi.kit.db import Tx
from madoguchi.kit.security import Signer

LATER = frozenset({"change_open", "subject_open", "order_changed", "units_taken", "money_taken"})
"""Codes of refusals that say no more than that something else is under way."""


async def carry_out(
    tx: Tx, catalogue: Catalogue, signer: Signer, action: str, raw: Mapping[str, Any], *, case_id: UUID | None
) -> Request:
    """Have it done as things are now; Refused as `verbs.quote` and `verbs.confirm` are."""
    quote = await verbs.quote(tx, catalogue, SYSTEM, action, raw, case_id=case_id)
    token = verbs.confirmation_token(signer, SYSTEM, quote, tx.now)
    return await verbs.confirm(tx, catalogue, signer, SYSTEM, quote.id, token)
