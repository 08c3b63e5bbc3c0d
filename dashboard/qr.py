"""A link as a QR code, for print and slides."""

from io import BytesIO
from typing import Final

import segno

LINK_MAX: Final = 600
"""A longer link makes a code too fine for most cameras, and takes its time to draw."""

_QUIET: Final = 4
_PNG_PX: Final = 1024


def svg(link: str) -> bytes:
    """As a drawing that has no size of its own. `ValueError` for a link over `LINK_MAX`."""
    file = BytesIO()
    _code(link).save(
        file, kind="svg", border=_QUIET, light="#fff", xmldecl=False, svgclass=None, omitsize=True
    )
    return file.getvalue()


def png(link: str) -> bytes:
    """As a picture about a thousand pixels wide. `ValueError` for a link over `LINK_MAX`."""
    code, file = _code(link), BytesIO()
    width, _ = code.symbol_size(border=_QUIET)
    code.save(file, kind="png", border=_QUIET, scale=max(1, _PNG_PX // int(width)))
    return file.getvalue()


def _code(link: str) -> segno.QRCode:
    if len(link) > LINK_MAX:
        raise ValueError(f"a link of {len(link)} characters is too long for a QR code")
    return segno.make(link, error="m", micro=False)
