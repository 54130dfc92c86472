"""What the matters of a pack share: how values are measured, and who can be asked to decide. Pure."""

from enum import StrEnum
from typing import Annotated

import msgspec

Days = Annotated[int, msgspec.Meta(ge=0, le=3650, extra={"unit": "days"})]
WorkingDays = Annotated[int, msgspec.Meta(ge=0, le=60, extra={"unit": "working_days"})]
Hours = Annotated[int, msgspec.Meta(ge=0, le=8760, extra={"unit": "hours"})]
Count = Annotated[int, msgspec.Meta(ge=0, le=1000, extra={"unit": "count"})]
Amount = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000, extra={"unit": "amount"})]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100, extra={"unit": "percent"})]
_DAY_OF_EVERY_YEAR = r"^((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"
MonthDay = Annotated[str, msgspec.Meta(pattern=_DAY_OF_EVERY_YEAR, extra={"unit": "month_day"})]
Registration = Annotated[str, msgspec.Meta(pattern=r"^T\d{13}$")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a pack: a word that nobody knows is a mistake, never ignored."""


class Approver(StrEnum):
    """Who can be asked to decide."""

    LEADER = "leader"
    ADMIN = "admin"
