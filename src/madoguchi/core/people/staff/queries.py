"""Reading who works here."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible

_STAFF = "id, email, name, role, locale, languages, skills, active"


class Staff(msgspec.Struct, frozen=True):
    """Somebody who works here; `name` is as customers see it."""

    id: UUID
    email: str
    name: str
    role: Role
    locale: str
    languages: list[str]
    skills: list[str]
    active: bool


async def staff(tx: Tx, staff_id: UUID) -> Staff:
    """One of the staff, whoever asks (customers read names); invisible when there is none."""
    async with tx.acting(SYSTEM):
        found = await tx.maybe(Staff, f"select {_STAFF} from staff where id = %s", [staff_id])
    if found is None:
        raise invisible()
    return found


async def staff_names(tx: Tx, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What those of the staff are called who are among these ids, for staff; else invisible."""
    if not actor.is_staff:
        raise invisible()
    found = await tx.all(Staff, f"select {_STAFF} from staff where id = any(%s)", [list(set(ids))])
    return {person.id: person.name for person in found}


async def all_staff(tx: Tx) -> Sequence[Staff]:
    """Everybody who works here and may sign in."""
    return await tx.all(Staff, f"select {_STAFF} from staff where active order by role, name, id")


async def password_of(tx: Tx, email: str, roles: Collection[Role] = tuple(Role)) -> tuple[Staff, str | None] | None:
    """Somebody of these roles who works here, and the stored hash of their password, by mail address."""
    found = await tx.maybe(Staff, f"select {_STAFF} from staff where email = %s and active", [email])
    if found is None or found.role not in roles:
        return None
    return found, await tx.value("select password_hash from staff where id = %s", [found.id])


async def sessions_of_staff(tx: Tx, staff_id: UUID) -> Sequence[UUID]:
    """The sessions of one of the staff that have not been ended."""
    return await tx.values("select id from sessions where staff_id = %s and ended_at is null order by id", [staff_id])
