"""Files by what is in them: a local folder by sha256, random-looking names without extensions; a two-method port."""

import asyncio
import hashlib
import os
import unicodedata
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.parse import quote
from uuid import uuid4

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from madoguchi.kit import security
from madoguchi.kit.errors import Refused

MOST_PIXELS = 25_000_000  # decoded, a photo takes four bytes for each
_decoding = asyncio.Semaphore(2)
LARGEST_SIDE = 2048  # pixels of what we keep
_READ = ("JPEG", "PNG", "WEBP", "GIF")


class Files(Protocol):
    """Where files are kept."""

    async def put(self, content: bytes) -> str:
        """Keep the content; its name is its sha256 in hex. The same content has the same name."""
        ...

    async def get(self, name: str) -> bytes:
        """The content of a name; FileNotFoundError when it is not here."""
        ...


class LocalFiles:
    """Files in a folder of this machine, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, name, content)
        return name

    async def get(self, name: str) -> bytes:
        return await asyncio.to_thread(self._path(name).read_bytes)

    def _path(self, name: str) -> Path:
        if len(name) != 64 or not all(c in "0123456789abcdef" for c in name):
            raise FileNotFoundError(name)
        return self._folder / name[:2] / name

    def _write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{uuid4().hex}")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)


class Photo(msgspec.Struct, frozen=True):
    """A photo as we keep it: decoded and encoded anew, so that nothing hides in it (no EXIF, no polyglot)."""

    content: bytes
    media_type: str
    width: int
    height: int


async def photo(content: bytes) -> Photo:
    """The photo in what was uploaded; Refused("not_a_photo") for anything else, whatever it calls itself."""
    async with _decoding:
        return await asyncio.to_thread(_reencode, content)


def photo_name(given: str) -> str:
    """What a photo is called: the stem it came with, of visible characters only, and the ending it really has."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", given) if unicodedata.category(c)[0] != "C")
    stem = plain.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or plain
    kept = "".join("_" if c in '/:*?"<>|' else c for c in stem).strip(" .")[:60]
    return f"{security.mask_cards(kept)[0] or 'photo'}.jpg"


def disposition(name: str) -> str:
    """The header that makes a browser save a file under this name instead of opening it."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _reencode(content: bytes) -> Photo:
    try:
        with Image.open(BytesIO(content), formats=_READ) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused("photo_too_large", limit=MOST_PIXELS // 1_000_000)
            image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            plain = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, SyntaxError) as error:
        raise Refused("not_a_photo") from error
    out = BytesIO()
    plain.save(out, "JPEG", quality=85, optimize=True)
    return Photo(out.getvalue(), "image/jpeg", plain.width, plain.height)
