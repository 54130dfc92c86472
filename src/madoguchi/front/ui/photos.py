"""Photos in conversations: taken in, and shown to those who may read their entry."""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases import queries
from madoguchi.core.cases.verbs import File
from madoguchi.front.ui.services import Services
from madoguchi.kit import files
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


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


async def show(services: Services, actor: Actor, case_id: UUID, seq: int) -> Response[bytes]:
    """The photo of an entry that the actor may read; else invisible. The session is the key: no link can leak it."""

    async def work(tx: Tx) -> File:
        await queries.access_case(tx, actor, case_id)
        found = await queries.entries(tx, case_id, actor.audience, after=seq - 1, limit=1)
        body = found[0].body or {} if found and found[0].seq == seq else {}
        if "file" not in body:
            raise invisible()
        return msgspec.convert(body["file"], File)

    held = await services.db.run(actor, work)
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
