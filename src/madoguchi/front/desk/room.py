"""A case as the desk opens it: who has it, its conversation, its customer, and the people it may be given to."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Audience, Role
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.queries import Case, Entry
from madoguchi.core.cases.reasons import finder_reasons
from madoguchi.core.cases.rules import State
from madoguchi.core.people.staff.queries import staff
from madoguchi.front.desk import customer
from madoguchi.front.desk.board import accept_url, case_url, customer_name, reason_label
from madoguchi.front.desk.customer import Pane
from madoguchi.front.desk.given import Ask
from madoguchi.front.ui.timeline import EntryView, entry_views
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.kit.ids import uuid7
from madoguchi.service.routing import queries as routing
from madoguchi.service.routing.queries import Item, Queue
from madoguchi.service.routing.rules import IN_LINE, Outcome, Person

ENTRIES = 100  # on one page


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a case now, and what of it the actor may do."""

    state: State
    item: Item | None
    holder: str
    mine: bool
    wrapped: bool
    leads: bool

    @property
    def takeable(self) -> bool:
        """Whether it is in line for anybody."""
        return self.item is not None and self.item.state in IN_LINE

    @property
    def writable(self) -> bool:
        """Whether the actor may write to the customer."""
        return self.mine and self.state in {State.ACTIVE, State.PARKED}

    @property
    def acts(self) -> bool:
        """Whether the actor may act on the customer's orders here."""
        return self.writable or (self.leads and self.state is not State.CLOSED)

    @property
    def givable(self) -> bool:
        """Whether the actor may give it to somebody else."""
        return self.state is State.ACTIVE and (self.mine or self.leads)

    @property
    def endable(self) -> bool:
        """Whether the actor still owes it a record; also after the customer ended it."""
        held = self.item is not None and self.item.assigned_to is not None
        return held and not self.wrapped and (self.mine or self.leads)


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """An open case as rows."""

    case: Case
    entries: Sequence[Entry]
    originals: Mapping[int, str]
    holding: Holding
    pane: Pane
    people: Sequence[Person]
    queues: Sequence[Queue]

    @property
    def seen(self) -> int:
        """The last entry on the page."""
        return self.entries[-1].seq if self.entries else 0

    @property
    def earlier(self) -> int:
        """Before which entry more can be read; 0 when this is the beginning."""
        return self.entries[0].seq if self.entries and self.entries[0].seq > 1 else 0


async def load(
    tx: Tx,
    actor: Actor,
    catalogue: Catalogue,
    case_id: UUID,
    *,
    before: int | None = None,
    order_id: UUID | None = None,
    wanted: Ask | None = None,
) -> Room:
    """The case for its page; `before` turns back in the conversation, `wanted` is a form that is shown again."""
    case = await cases.access_case(tx, actor, case_id)
    held = await holding(tx, actor, case)
    return Room(
        case=case,
        entries=await cases.entries(
            tx, case.id, Audience.STAFF, before=min(before or case.last_seq + 1, case.last_seq + 1), limit=ENTRIES
        ),
        originals=await cases.originals(tx, actor, case.id) if case.seller_id else {},
        holding=held,
        pane=await customer.load(tx, actor, catalogue, case, order_id, wanted),
        people=[p for p in await routing.people_online(tx) if p.id != actor.id] if held.givable else (),
        queues=await routing.queues(tx) if held.givable else (),
    )


async def holding(tx: Tx, actor: Actor, case: Case) -> Holding:
    """Who has the case."""
    item = await routing.last_item(tx, case.id)
    holder = case.assigned_to or (item.assigned_to if item else None)
    wrapped = [] if item is None else [w for w in await routing.wrap_ups(tx, case.id) if w.item_id == item.id]
    return Holding(
        state=case.state,
        item=item,
        holder=(await staff(tx, holder)).name if holder else "",
        mine=holder is not None and holder == actor.id,
        wrapped=bool(wrapped),
        leads=actor.role in {Role.LEADER, Role.ADMIN},
    )


class HoldingView(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the case, in words ("" when it is me); `accept_url` takes it where it may be taken."""

    words: str
    tone: str
    accept_url: str


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation and what may be done with the case."""

    id: str
    url: str
    number: str
    name: str
    reason: str
    language: str
    entries: Sequence[EntryView]
    live: bool
    read_seq: int
    seen: int
    earlier_url: str
    client_id: str
    holding: HoldingView
    writable: bool
    notable: bool
    givable: bool
    parkable: bool
    endable: bool
    acts: bool
    reasons: Sequence[tuple[str, str]]
    predicted: str
    outcomes: Sequence[tuple[str, str]]
    receivers: Sequence[tuple[str, str]]
    today: str


def view(room: Room, reader: Reader) -> RoomView:
    """The room in the reader's words."""
    case, held = room.case, room.holding
    url = case_url(case.id)
    return RoomView(
        id=str(case.id),
        url=url,
        number=case.number,
        name=customer_name(room.pane.customer.name, reader),
        reason=reason_label(case.reason, reader),
        language=reader.t(f"desk.language.{case.locale}"),
        entries=[
            msgspec.structs.replace(entry, original=room.originals.get(entry.seq, ""))
            for entry in entry_views(room.entries, reader)
        ],
        live=room.seen == case.last_seq,
        read_seq=case.customer_read_seq,
        seen=room.seen,
        earlier_url=f"{url}?before={room.earlier}" if room.earlier else "",
        client_id=str(uuid7()),
        holding=holding_view(held, reader),
        writable=held.writable,
        notable=case.state is not State.CLOSED,
        givable=held.givable,
        parkable=held.mine and held.state is State.ACTIVE,
        endable=held.endable,
        acts=held.acts,
        reasons=[(reason.id, reason.label[reader.lang]) for reason in finder_reasons()],
        predicted=case.reason or "",
        outcomes=[(outcome, reader.t(f"routing.outcome.{outcome}")) for outcome in Outcome],
        receivers=_receivers(room, reader),
        today=reader.local_day(clock.now()).isoformat(),
    )


def holding_view(held: Holding, reader: Reader) -> HoldingView:
    """Who has it, and whether I can take it."""
    in_my_hands = held.mine and held.state is State.ACTIVE
    return HoldingView(
        words="" if in_my_hands else reader.t(f"desk.holding.{held.state}", name=held.holder),
        tone="waiting" if held.takeable else "plain",
        accept_url=accept_url(held.item.id, held.item.case_id) if held.item and held.takeable else "",
    )


def _receivers(room: Room, reader: Reader) -> list[tuple[str, str]]:
    """Colleagues with a hand free, first those who speak the customer's language, then the queues."""
    free = [person for person in room.people if person.free]
    free.sort(key=lambda person: (room.case.locale not in person.languages, person.load, person.name))
    colleagues = [
        (
            f"staff:{person.id}",
            reader.t(
                "desk.transfer.person",
                name=person.name,
                languages=reader.list([reader.t(f"desk.language.{code}") for code in person.languages]),
                load=person.load,
                capacity=person.capacity,
            ),
        )
        for person in free
    ]
    return colleagues + [(f"queue:{queue.id}", reader.t(queue.name_key)) for queue in room.queues]
