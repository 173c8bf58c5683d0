"""What a run of a workflow leaves: an archive from where GitHub keeps files, and the one file in it.

Whoever runs the job decides what is in the archive. No more is read than is allowed, neither packed nor unpacked.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from urllib.parse import urlsplit

import requests

from app import exchange
from app.github import Refused
from app.hub.wire import Busy
from contracts.error import Complaint
from runners.stream import Bound, Endless

MARGIN = 1 << 20
"""How many bytes an archive may be larger than the file in it."""
LONGEST = 120.0
"""How long an archive may take to come, in seconds."""
_SILENCE = 15.0
_ENTRY = b"PK\x01\x02"
"""What every entry in an archive's list begins with."""
_ENTRIES = 1000
_OK, _MISSING, _SERVER = 200, 404, 500
_MISDIRECTED = 421
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError)
_UNREADABLE = (*_BROKEN, OverflowError, RuntimeError, NotImplementedError, ValueError)
"""What the library raises for archives that somebody made up; an offset beyond 2^63 overflows."""


def load(address: str, api: str, limit: int) -> bytes:
    """Return the file at an address; no token goes there, and no further redirection is followed.

    Raises:
        Refused: the address is not as safe as the *api*'s, or nothing is there.
        Complaint: it is larger than *limit* bytes.
        Busy: not now.
    """
    _check(address, api)
    plain = {"Accept-Encoding": "identity"}
    try:
        with (
            exchange.Session(Bound(LONGEST, limit + MARGIN)) as session,
            session.get(address, headers=plain, stream=True, timeout=_SILENCE, allow_redirects=False) as answer,
        ):
            if answer.status_code != _OK:
                raise _explain(answer.status_code)
            data = exchange.read(answer, limit, packed=True)
    except (requests.RequestException, ValueError) as error:
        raise Busy(f"no file ({type(error).__name__})") from None  # the address is a key to the file
    except Endless as endless:
        raise Busy(f"no file, but {endless}") from None
    if len(data) > limit:
        raise Complaint(f"the archive of the result is larger than {limit:,} bytes")
    return data


def _check(address: str, api: str) -> None:
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # half an IPv6 address, a port that is no number
        raise Refused(_MISDIRECTED, "files would have to come from an address that is none") from None
    if parts.scheme not in {"https", urlsplit(api).scheme}:
        raise Refused(_MISDIRECTED, "files would have to come from an address that is not encrypted")
    if not whole:
        raise Refused(_MISDIRECTED, "files would have to come from an address without a host, or with a name in it")


def _explain(status: int) -> Exception:
    what = f"the archive is not where GitHub says ({status})"
    return Busy(what) if status == _MISSING or status >= _SERVER else Refused(status, what)


def read(data: bytes, limit: int) -> bytes:
    """Return the one file in an archive.

    Raises:
        Complaint: it is no archive, has none or several files, or one that is larger than *limit* bytes.
    """
    if data.count(_ENTRY) > _ENTRIES:
        raise Complaint("the archive of the result has too many files")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or entries[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise Complaint("the archive of the result is not one file as GitHub packs it")
            with archive.open(entries[0]) as file:
                content = file.read(limit + 1)
    except _UNREADABLE as error:
        raise Complaint(f"the archive of the result cannot be read: {type(error).__name__}") from None
    if len(content) > limit:
        raise Complaint(f"the result is larger than {limit:,} bytes")
    return content
