"""The second wall, row-level security: it holds though a check in the code is wrong or was forgotten."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from madoguchi.core.access.rules import Actor, Audience, Level, Role
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.people.queries import access_customer
from madoguchi.core.requests.queries import access_quote, access_request
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.errors import Refused
from madoguchi.kit.migrations import APP_ROLE
from madoguchi.service.notices.queries import access_message
from madoguchi.service.returns.queries import access_return
from tests.house.test_invisible import belongings
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

OPEN = {"migrations", "products", "queues", "rule_versions", "stores"}
"""Tables that hold nothing about anybody."""

_TABLES = """
select c.relname, c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid)
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and has_table_privilege('madoguchi_app', c.oid, 'select, insert, update, delete')
"""
_ABOUT_CUSTOMERS = """
with recursive about(id) as (
  select 'customers'::regclass::oid
  union
  select f.conrelid from about join pg_constraint f on f.contype = 'f' and f.confrelid = about.id)
select id::regclass::text from about
"""


class Believed(Actor, frozen=True, kw_only=True):
    """A customer whom every check in the code takes for one of the staff."""

    @property
    def is_staff(self) -> bool:
        return True

    @property
    def key(self) -> str:
        return f"customer:{self.id}"


async def test_every_table_is_behind_it(site: Site) -> None:
    """A table that somebody forgot would be the one through which the next forgotten check leaks."""
    with _owner(site) as conn:
        walled = dict(conn.execute(_TABLES).fetchall())
        about = {name for (name,) in conn.execute(_ABOUT_CUSTOMERS)}
    assert {name for name, has in walled.items() if not has} == OPEN
    assert {"customers", "entries", "ledger_lines", "surveys"} <= about
    assert about & OPEN == set()


@pytest.mark.parametrize("actor", ["guest", f"customer:{UUID(int=1)}", f"seller:{UUID(int=1)}"])
async def test_a_stranger_meets_nothing(site: Site, actor: str) -> None:
    """Neither reading, changing, nor writing in another's name."""
    await _a_talk_with_people(site)
    tables = _filled(site)
    assert {"cases", "entries", "ledger_tenders", "messages", "sessions", "staff", "work_items"} <= tables.keys()
    open_to_them = []
    with _owner(site) as conn:
        conn.execute(SQL("set role {}").format(Identifier(APP_ROLE)))
        conn.execute("select set_config('madoguchi.actor', %s, false)", [actor])
        for table, row in tables.items():
            name, column = Identifier(table), Identifier(next(name for name in row if name != "id"))
            for statement in (
                SQL("select * from {}").format(name),
                SQL("update {} set {} = {}").format(name, column, column),
                SQL("delete from {}").format(name),
                SQL("insert into {} overriding system value select * from jsonb_populate_record(null::{}, {})").format(
                    name, name, psycopg.types.json.Jsonb(row)
                ),
            ):
                if _touched(conn, statement):
                    open_to_them.append(statement.as_string())
    assert open_to_them == []


async def test_it_holds_when_every_check_is_broken(site: Site) -> None:
    """The owner's own key opens what a stranger's does not, though the code would let both pass."""
    known = {name: UUID(value) for name, value in (await belongings(site)).items()}
    owner, stranger = _believed(known["customer_id"]), _believed(uuid4())
    readings = {
        "customer_id": access_customer,
        "case_id": cases.access_case,
        "order_id": access_order,
        "quote_id": access_quote,
        "request_id": access_request,
        "message_id": access_message,
        "return_id": access_return,
    }
    assert known.keys() >= readings.keys()
    db = site.app.db
    for name, access in readings.items():
        assert await db.run(owner, lambda tx, access=access, name=name: access(tx, owner, known[name]))
        with pytest.raises(Refused, match="not_found"):
            await db.run(stranger, lambda tx, access=access, name=name: access(tx, stranger, known[name]))
    case_id = known["case_id"]
    assert await db.run(owner, lambda tx: cases.entries(tx, case_id, Audience.STAFF))
    assert await db.run(stranger, lambda tx: cases.entries(tx, case_id, Audience.STAFF)) == []
    with pytest.raises(Refused, match="not_found"):
        await db.run(stranger, lambda tx: talking.say(tx, stranger, case_id, text="hello", note=True))


def _believed(customer_id: UUID) -> Actor:
    return Believed(role=Role.CUSTOMER, id=customer_id, level=Level.SIGNED_IN)


async def _a_talk_with_people(site: Site) -> None:
    """Somebody with everything that a customer can have, who waits for a person."""
    known = await belongings(site)
    case_id = UUID(known["case_id"])
    actor = Actor(role=Role.CUSTOMER, id=UUID(known["customer_id"]), level=Level.SIGNED_IN)
    await site.app.db.run(actor, lambda tx: talking.say(tx, actor, case_id, choice="service.human"))
    await site.app.bot.turn(case_id)
    await site.quiet()


def _filled(site: Site) -> Mapping[str, Mapping[str, Any]]:
    """A row of each table that is not open to everybody and holds one."""
    found = {}
    with _owner(site) as conn:
        for table, _ in conn.execute(_TABLES).fetchall():
            row = conn.execute(SQL("select to_jsonb(t) from {} t limit 1").format(Identifier(table))).fetchone()
            if row and table not in OPEN:
                found[table] = row[0]
    return found


def _touched(conn: psycopg.Connection, statement: psycopg.sql.Composed) -> int:
    try:
        with conn.transaction(force_rollback=True):
            return conn.execute(statement).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return 0
    except psycopg.errors.UniqueViolation:  # found after the wall was passed
        return 1


@contextmanager
def _owner(site: Site) -> Iterator[psycopg.Connection]:
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        yield conn
