"""What a carrier is asked for as data: what is kept of it, and compared when a key comes again. Pure."""

from datetime import date

import msgspec

from madoguchi.core.carriers.port import Ability, Band, Consignment, Dispatch, Handing
from madoguchi.core.shop.port import Address


class Redeliver(msgspec.Struct, frozen=True, tag_field="kind", tag="redeliver"):
    """See CarrierPort.redeliver."""

    number: str
    day: date
    band: Band


class Instruct(msgspec.Struct, frozen=True, tag_field="kind", tag="instruct"):
    """See CarrierPort.instruct."""

    number: str
    handing: Handing
    point: str


class Redirect(msgspec.Struct, frozen=True, tag_field="kind", tag="redirect"):
    """See CarrierPort.redirect."""

    number: str
    address: Address


class PickUp(msgspec.Struct, frozen=True, tag_field="kind", tag="pick_up"):
    """See CarrierPort.book_pickup."""

    number: str
    day: date
    band: Band


class WithdrawReturn(msgspec.Struct, frozen=True, tag_field="kind", tag="withdraw_return"):
    """See CarrierPort.withdraw_return."""

    number: str


class AnnounceReturn(msgspec.Struct, frozen=True, tag_field="kind", tag="announce_return"):
    """See CarrierPort.announce_return; `number` is the one that the parcel gets."""

    number: str
    consignment: Consignment


class SendOut(msgspec.Struct, frozen=True, tag_field="kind", tag="dispatch"):
    """See CarrierPort.dispatch; `number` is the one that the parcel gets."""

    number: str
    dispatch: Dispatch


NewParcel = AnnounceReturn | SendOut
Asked = Redeliver | Instruct | Redirect | PickUp | NewParcel | WithdrawReturn


def ability(asked: Asked) -> Ability:
    """What a carrier must be able to do for this."""
    return Ability(str(asked.__struct_config__.tag))
