"""Photos: taken in, in conversations and in forms, and shown to those who may see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases import queries as cases
from madoguchi.core.photos import queries
from madoguchi.core.photos import verbs as photos
from madoguchi.core.photos.queries import File, Photo
from madoguchi.front.ui.forms import NEW
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import files
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible


async def keep(services: Services, upload: UploadFile) -> File:
    """Decode the upload, encode it anew and keep that; Refused("not_a_photo") for anything else."""
    photo = await files.photo(await upload.read())
    return File(
        sha=await services.files.put(photo.content),
        name=files.photo_name(upload.filename),
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        size=len(photo.content),
    )


async def keep_all(services: Services, visitor: Visitor, uploads: Sequence[UploadFile]) -> list[File]:
    """Several at once; Refused: as in `keep`, too_many_photos, too_fast."""
    if len(uploads) > queries.AT_ONCE:
        raise Refused("too_many_photos", limit=queries.AT_ONCE)
    for _ in uploads:
        slow_down(services.limits.upload, visitor.counted_as)
    return [await keep(services, upload) for upload in uploads]


async def add(services: Services, visitor: Visitor, upload: UploadFile) -> UUID:
    """Keep a photo that the visitor shows; Refused: as in `keep`, too_fast, identity_needed for a guest."""
    owner = visitor.actor.id
    if owner is None:
        raise Refused("identity_needed", 403)
    slow_down(services.limits.upload, visitor.counted_as)
    file = await keep(services, upload)
    return await services.db.run(visitor.actor, lambda tx: photos.keep(tx, owner, file))


async def take(services: Services, visitor: Visitor, form: dict[str, Any]) -> None:
    """Keep the new photos of a posted form; in it they then stand as if they had been chosen among earlier ones.

    Refused: too_many_photos, and as in `add` with the field; what came before the photo that was refused is kept.
    """
    for name, value in form.items():
        new: list[UploadFile] = value.pop(NEW, []) if isinstance(value, dict) else []
        if len(new) > queries.AT_ONCE:
            raise Refused("too_many_photos", limit=queries.AT_ONCE, field=name)
        for upload in new:
            try:
                value[str(await add(services, visitor, upload))] = "1"
            except Refused as refused:
                raise Refused(
                    refused.code,
                    refused.status,
                    retry_after=refused.retry_after,
                    **{**refused.parameters, "field": name},
                ) from None


async def show(services: Services, actor: Actor, photo_id: UUID) -> Response[bytes]:
    """A photo that the actor may see; else invisible. The session is the key: no link can leak it."""
    held: Photo = await services.db.run(actor, lambda tx: queries.access_photo(tx, actor, photo_id))
    return await send(services, held)


async def show_entry(services: Services, actor: Actor, case_id: UUID, seq: int) -> Response[bytes]:
    """The photo of an entry that the actor may read; else invisible."""

    async def work(tx: Tx) -> File:
        await cases.access_case(tx, actor, case_id)
        return await cases.file_of(tx, case_id, actor.audience, seq)

    return await send(services, await services.db.run(actor, work))


async def send(services: Services, held: File | Photo) -> Response[bytes]:
    """The content of a photo that somebody was found to see."""
    try:
        content = await services.files.get(held.sha)
    except FileNotFoundError:
        raise invisible() from None
    return Response(
        content,
        media_type=held.media_type,
        headers={
            "content-disposition": files.disposition(held.name),
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
        },
    )
