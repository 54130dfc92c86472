"""Reading photos, for an actor."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.rules import said
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible

AT_ONCE = 5  # for one thing
LATEST = timedelta(days=14)  # for so long a photo can be shown again without sending it again
_LISTED = 50


class File(msgspec.Struct, frozen=True):
    """A file that is kept: its name in the store of files, and how its sender called it. Sizes in bytes and pixels."""

    sha: str
    name: str
    media_type: str
    width: int
    height: int
    size: int


class Photo(msgspec.Struct, frozen=True):
    """A photo that somebody showed, and when."""

    id: UUID
    owner_id: UUID
    sha: str
    name: str
    media_type: str
    width: int
    height: int
    size: int
    at: datetime


_PHOTO = "select id, owner_id, sha, name, media_type, width, height, size, at from photos"


async def access_photo(tx: Tx, actor: Actor, photo_id: UUID) -> Photo:
    """The photo, for whoever showed it, staff and the system; else invisible."""
    photo = await tx.maybe(Photo, f"{_PHOTO} where id = %s", [photo_id])
    if photo is None or not actor.may_see(photo.owner_id):
        raise invisible()
    return photo


async def latest(tx: Tx, owners: Collection[UUID]) -> Sequence[Photo]:
    """What was shown in the last days, the newest first."""
    return await tx.all(
        Photo,
        f"{_PHOTO} where owner_id = any(%s) and at > %s order by at desc, id desc limit %s",
        [list(owners), tx.now - LATEST, _LISTED],
    )


async def sent(tx: Tx, owner_id: UUID, shas: Collection[str]) -> Sequence[Photo]:
    """Photos of somebody by what is in them."""
    query = f"{_PHOTO} where owner_id = %s and sha = any(%s) order by at, id"
    return await tx.all(Photo, query, [owner_id, list(shas)])


async def field(tx: Tx, actor: Actor, customer_id: UUID, *, required: bool, name: str = "photos") -> Field:
    """A field for photos: what the customer, and whoever acts for them, showed lately can be picked; others added."""
    owners = {customer_id, actor.id} if actor.id else {customer_id}
    return Field(
        name=name,
        kind=FieldKind.PHOTOS,
        required=required,
        limit=AT_ONCE,
        unknown="photo_unknown",
        options=tuple(
            FieldOption(value=str(photo.id), label=photo.name, note=said("photos.sent", at=photo.at))
            for photo in await latest(tx, owners)
        ),
    )


async def every(tx: Tx) -> Sequence[Photo]:
    """Every photo that is kept, each content once."""
    return await tx.all(Photo, f"select distinct on (sha) * from ({_PHOTO}) p order by sha")
