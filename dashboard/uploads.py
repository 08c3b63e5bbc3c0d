"""Forms with a file in them, read piece by piece: no more of a file is held than may be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiDict

from dashboard.forms import MAX_BODY, MAX_FIELDS, readable
from dashboard.pages.errors import PageError

MULTIPART: Final = "multipart/form-data"
SENT_MAX: Final = 64 * 1024 * 1024
"""More than that is not even read to its end to say that it is too much."""

_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. One that is larger than allowed has no content."""

    content: bytes
    too_large: bool = False


UPLOADS: Final = web.RequestKey("dashboard_uploads", dict[str, Upload])
UPLOAD_MAX: Final = web.AppKey("dashboard_upload_max", dict[str, int])
"""The paths that take a file, and its largest size in bytes."""

NO_UPLOADS: Final[Mapping[str, int]] = MappingProxyType({})


async def read_upload_form(
    request: web.Request, most: int
) -> tuple[MultiDict[str], dict[str, Upload]]:
    """The texts and the files of a posted form, by field; a field left empty has no file.

    What is beyond `most` bytes of a file is read and dropped, so that the form comes back with
    everything else that was typed. Raises `PageError`: 413 for too much altogether, 400 for what
    is no form.
    """
    if (request.content_length or 0) > SENT_MAX:
        raise PageError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    texts, files, left = MultiDict[str](), dict[str, Upload](), MAX_BODY
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or not part.name:
                raise PageError(HTTPStatus.BAD_REQUEST)
            if part.filename is None:
                text = await _read(part, left)
                if text.too_large or len(texts) == MAX_FIELDS:
                    raise PageError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                left -= len(text.content)
                texts.add(part.name, readable(text.content.decode(errors="replace")))
            else:
                upload = await _read(part, most)
                if upload.content or upload.too_large:
                    files[part.name] = upload
    except (ValueError, AssertionError, HttpProcessingError) as error:
        raise PageError(HTTPStatus.BAD_REQUEST) from error
    return texts, files


async def _read(part: BodyPartReader, most: int) -> Upload:
    if part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "binary").lower() not in {
        *("binary", "8bit", "7bit"),
    }:
        raise PageError(HTTPStatus.BAD_REQUEST)
    content, size = bytearray(), 0
    while chunk := await part.read_chunk(_CHUNK):
        size += len(chunk)
        if size <= most:
            content += chunk
        elif size > SENT_MAX:
            raise PageError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            content.clear()
    return Upload(bytes(content), too_large=size > most)
