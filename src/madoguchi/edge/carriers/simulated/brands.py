"""The carriers there are: which shops hand their parcels to, and what each of them can be asked."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from madoguchi.core.carriers.port import Ability, Handing

_PLACES = (Handing.FRONT_DOOR, Handing.DELIVERY_BOX, Handing.METER_BOX, Handing.SHED, Handing.GARAGE)


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier: its name, what it can be asked, where it leaves parcels, and where they can be picked up.

    `points` are kinds of pick-up points as they are written, by ref; `prefix` begins what its 2D codes hold.
    """

    name: str
    prefix: str
    can: frozenset[Ability]
    handings: tuple[Handing, ...]
    points: Mapping[str, str]


TSUBASA = Brand(
    name="つばさ急便",
    prefix="TB",
    can=frozenset(Ability),
    handings=(*_PLACES, Handing.BICYCLE_BASKET, Handing.RECEPTION, Handing.IN_PERSON),
    points={"depot": "営業所", "locker": "駅前ロッカー", "shop": "駅前コンビニ"},
)
KOTORI = Brand(
    name="ことり運輸",
    prefix="KT",
    can=frozenset(Ability) - {Ability.REDIRECT},
    handings=(Handing.FRONT_DOOR, Handing.DELIVERY_BOX, Handing.RECEPTION, Handing.IN_PERSON),
    points={"depot": "営業所"},
)
HIBARI = Brand(
    name="ひばり郵便",
    prefix="HB",
    can=frozenset(Ability) - {Ability.PICK_UP},
    handings=(*_PLACES, Handing.IN_PERSON),
    points={"depot": "郵便局", "locker": "駅前ロッカー"},
)
BRANDS: Mapping[str, Brand] = MappingProxyType({one.name: one for one in (TSUBASA, KOTORI, HIBARI)})
