"""What an action is, and the catalogue of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Audience, Need
from madoguchi.core.actions.fields import About, Field, Subject, Thing
from madoguchi.core.actions.rules import Card, Draft, Effect, Outcome, Refusal, Wish
from madoguchi.core.carriers.port import CarrierPort
from madoguchi.core.shop.port import Operation, StorePort
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

Narrow = Callable[[Tx, Actor, Subject, tuple[Field, ...], Mapping[str, Any]], Awaitable[tuple[Field, ...]]]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The four moments of a change. Only `perform` or `carry` goes outside; the others run inside a transaction.

    `draft` raises Refused when it cannot be; `begin` reserves units and money; `perform` asks the store under the
    request's key (it may be repeated), or `carry` the carrier that the plan names as `carrier`; both are None where
    there is nothing to ask of anybody. `settle` books what really happened. `approve` checks for whoever approves it
    whether the limits still allow it, by Refused.
    """

    draft: Callable[[Tx, Actor, Any], Awaitable[Draft]]
    begin: Callable[[Tx, Wish], Awaitable[None]]
    perform: Callable[[StorePort, Wish], Awaitable[Operation]] | None
    settle: Callable[[Tx, Wish, Operation], Awaitable[Outcome]]
    carry: Callable[[CarrierPort, Wish], Awaitable[Operation]] | None = None
    approve: Callable[[Tx, Actor, Wish], Awaitable[None]] | None = None


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the catalogue. `name` is `noun.verb` and part of the public API; texts are `actions.<name>.*`.

    `arguments` is the Struct of its typed arguments; what it is `about` stands in them (Subject.arguments), and the
    values of its `form` by the fields' names. `form` refuses nothing but a thing that the actor may not see.
    `offer` says whether it can be done with a thing now (None) or why not; an action without it is not offered, and
    neither is one that has nothing to do with the thing (Unrelated).
    `reason` is the contact reason it ends, `also` further ones. `things` are those of a customer that it can be about,
    where the shop's mirror does not know of them, the likeliest first; their subjects have a `ref` that is their own.
    `narrow` leaves of the form, which is all that can be asked, what matters after what was given, as it is then; a
    default counts as given. `first` is a look-up that may make it needless, and asks for some of the same: what it
    tells is told before the rest is asked for.
    """

    name: str
    effect: Effect
    arguments: type[msgspec.Struct]
    need: Need
    reason: str | None = None
    also: tuple[str, ...] = ()
    about: About | None = None
    form: Callable[[Tx, Actor, Subject], Awaitable[tuple[Field, ...]]] | None = None
    offer: Callable[[Tx, Actor, Subject], Awaitable[Refusal | None]] | None = None
    read: Callable[[Tx, Actor, Any], Awaitable[Card]] | None = None
    act: Callable[[Tx, Actor, Any], Awaitable[Card]] | None = None
    change: Change | None = None
    things: Callable[[Tx, Actor, UUID], Awaitable[Sequence[Thing]]] | None = None
    narrow: Narrow | None = None
    first: str | None = None

    def audience(self, *, done: bool) -> Audience:
        """Who hears of it: what customers cannot wish for themselves, they learn of once it is done."""
        return Audience.CUSTOMER if self.need.customers or done else Audience.STAFF


class Catalogue:
    """All actions by name, in the order they were registered."""

    def __init__(self, actions: Sequence[Action]) -> None:
        self.actions: Mapping[str, Action] = {action.name: action for action in actions}
        if len(self.actions) != len(actions):
            raise ValueError("two actions have the same name")

    def change(self, name: str) -> Change:
        """What an action changes; Refused("needs_no_quote") where it is none that does."""
        change = self.actions[name].change
        if change is None:
            raise Refused("needs_no_quote", 409)
        return change
