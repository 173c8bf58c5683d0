"""What a leg may not do, enforced by the kernel: speak to a network, and be the user that the service is.

A process of Linux can leave its network for an empty one of its own, and all that it starts is there, too. Root may;
others may in a user namespace of their own, where the kernel allows that. Only root can have a leg be another user.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Complaint
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runners.job import Network

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
_REQUEST = "16sH22x"
"""An interface and its flags, as the kernel reads them (netdevice(7))."""
_OWN = ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
"""Variables that name folders of the service's user."""


@dataclass(frozen=True, slots=True)
class Login:
    """The user that legs are: its numbers, the groups that it is in, and its home."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return variables as they are for this user."""
        kept = {name: value for name, value in inherited.items() if name not in _OWN}
        return {**kept, "HOME": self.home, "USER": self.name, "LOGNAME": self.name}

    def take(self, folder: Path) -> None:
        """Own a folder with all that is in it, links themselves and not what they point at.

        Raises:
            Complaint: that is not possible.
        """
        try:
            for path, folders, files in os.walk(folder):
                for name in (".", *folders, *files):
                    os.chown(Path(path) / name, self.uid, self.gid, follow_symlinks=False)
        except OSError as error:
            raise Complaint(f"the folder of the legs cannot be given to {self.name}: {error.strerror}") from error


def find_login(name: str) -> Login:
    """Return the user of that name on this machine.

    Raises:
        Complaint: there is none, or legs cannot be it.
    """
    try:
        import pwd  # noqa: PLC0415 - only Unix has users of this kind

        found = pwd.getpwnam(name)
    except (KeyError, ValueError, ImportError):
        raise Complaint(f"legs cannot run as {code(name)}: this machine has no such user") from None
    if os.geteuid() != 0:
        mend = "Start it as root, or leave DISCHARGE_LEG_USER out"
        raise Complaint(f"legs cannot run as {code(name)}: only root can be somebody else", mend=mend)
    groups = tuple(os.getgrouplist(found.pw_name, found.pw_gid))
    return Login(found.pw_name, found.pw_uid, found.pw_gid, groups, found.pw_dir)


def isolate(network: Network, tell: Callable[[str], None]) -> None:
    """Leave the network, for good, if that is asked for; only this machine's own address stays.

    Args:
        network: `host` leaves nothing, `none` does, `auto` does where the kernel allows it.
        tell: is told in one line if it stays.

    Raises:
        Complaint: `none` is asked for, and cannot be.
    """
    if network == "host":
        return
    fault = _leave()
    if fault and network == "none":
        raise Complaint(f"the network cannot be taken away here: {fault}", mend="Or set DISCHARGE_NETWORK=host")
    if fault:
        tell(f"the network stays: {fault}")


def _leave() -> str:
    """Go into an empty network; return why that is not possible, empty if it is done."""
    if sys.platform != "linux":
        return "only Linux can"
    user, group = os.geteuid(), os.getegid()
    alone = bool(_unshare(_NEW_NET))
    if alone and (fault := _unshare(_NEW_USER | _NEW_NET)):
        return f"the kernel says “{os.strerror(fault)}”"
    try:
        if alone:
            _map(user, group)
        _raise_loopback()
    except OSError as error:
        return f"the kernel says “{error.strerror}”"
    return ""


def _unshare(what: int) -> int:
    """Leave namespaces; return the number of the error, 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return (ctypes.get_errno() or errno.EPERM) if libc.unshare(what) else 0


def _map(user: int, group: int) -> None:
    """Be the same user and group in the new user namespace as before."""
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(line, encoding="utf-8")


def _raise_loopback() -> None:
    """Let this machine's own address work: programs speak to themselves by it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        flags = struct.unpack(_REQUEST, fcntl.ioctl(handle, _GET_FLAGS, struct.pack(_REQUEST, b"lo", 0)))[1]
        fcntl.ioctl(handle, _SET_FLAGS, struct.pack(_REQUEST, b"lo", flags | _UP))
