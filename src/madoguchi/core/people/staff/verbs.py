"""Somebody comes to work here, and leaves. Never commits."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.access.rules import Role
from madoguchi.core.people import rules
from madoguchi.core.people.staff.queries import sessions_of_staff
from madoguchi.core.people.verbs import end_session
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


async def add_staff(
    tx: Tx,
    *,
    email: str,
    name: str,
    role: Role,
    locale: str,
    languages: Sequence[str],
    skills: Sequence[str] = (),
    password_hash: str | None = None,
) -> UUID:
    """Somebody new works here, or has changed; without a hash nobody can sign in with a password."""
    key = rules.email_key(email)
    if key is None:
        raise Refused("invalid_email")
    return UUID(
        str(
            await tx.value(
                """insert into staff (id, email, name, role, locale, languages, skills, password_hash)
                   values (%s, %s, %s, %s, %s, %s, %s, %s)
                   on conflict (email) do update
                   set name = excluded.name, role = excluded.role, locale = excluded.locale,
                       languages = excluded.languages, skills = excluded.skills,
                       password_hash = coalesce(excluded.password_hash, staff.password_hash), active = true
                   returning id""",
                [ids.uuid7(), key, name, role, locale, list(languages), list(skills), password_hash],
            )
        )
    )


async def deactivate_staff(tx: Tx, email: str) -> None:
    """Somebody works here no more: their sessions are dead, their streams close; routing lets go of what they had."""
    staff_id = await _set_active(tx, email, active=False)
    for session_id in await sessions_of_staff(tx, staff_id):
        await end_session(tx, session_id)


async def activate_staff(tx: Tx, email: str) -> None:
    """Somebody may sign in again, with the password they had."""
    await _set_active(tx, email, active=True)


async def _set_active(tx: Tx, email: str, *, active: bool) -> UUID:
    found = await tx.value(
        "update staff set active = %s where email = %s returning id", [active, rules.email_key(email)]
    )
    if found is None:
        raise Refused("unknown_staff", email=email)
    return UUID(str(found))
