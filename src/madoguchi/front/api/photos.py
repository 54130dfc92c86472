"""Photos that go with a wish: sent once, told by id."""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.front.api.routes import KNOWN, V1, Asked, Operation, answer, get, post
from madoguchi.front.api.structs import Photo, PhotoUpload
from madoguchi.front.ui import photos
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor

_TAG = "Photos"


class _Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: UploadFile


@post(
    "/photos",
    Operation(
        tag=_TAG,
        takes=PhotoUpload,
        gives=Photo,
        status=201,
        refuses=("not_a_photo", "photo_too_large", "too_large", "identity_needed", "too_fast"),
    ),
    KNOWN,
    upload=True,
)
async def send(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """Send a photo that an action asks for (multipart/form-data); its id goes into a field of the kind `photos`.

    It is decoded and encoded anew, so nothing hides in it, and where it was taken is forgotten. The same photo gets the
    same id. Photos that were sent in a chat are among the options of the field as well.
    """
    made = await photos.add(services, visitor, (await form(request, _Sent)).file)
    return answer(Photo(id=made, url=f"{V1}/photos/{made}"), 201)


@get("/photos/{photo_id:uuid}", Operation(tag=_TAG, gives=bytes, media="image/jpeg", refuses=("not_found",)))
async def show(services: Services, visitor: Visitor, photo_id: UUID) -> Response[bytes]:
    """A photo that this customer sent."""
    return await photos.show(services, visitor.actor, photo_id)


ROUTES = [send, show]
