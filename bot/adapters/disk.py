"""What kind of disk a path is on: SQLite's locks and shared memory do not hold on a network's file system."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere nothing is known
# Source: sqlite.org/wal.html ("WAL does not work over a network filesystem"), names as in the kernel's mountinfo.
NETWORK = frozenset(
    ["nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
     "ocfs2", "gfs2", "orangefs", "davfs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.glusterfs",
     "fuse.ceph", "fuse.juicefs", "fuse.blobfuse2", "fuse.smbnetfs", "fuse.davfs", "fuse.goofys", "fuse.mountpoint-s3"]
)  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")


def network_kind(path: Path, mounts: Path = MOUNTS) -> str:
    """Return the kind of the network's file system that `path` is on, "" if it is on none that is known."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    kind = _kind_of(path.absolute().resolve(), lines)
    return kind if kind in NETWORK else ""


def _kind_of(path: Path, lines: list[str]) -> str:
    """Return the file system of the mount that lies deepest above `path`; of two in one place the later one holds."""
    found, depth = "", -1
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        point = Path(_OCTAL.sub(lambda m: chr(int(m[1], 8)), fields[4]))
        if (path == point or point in path.parents) and len(point.parts) >= depth:
            found, depth = right.split()[0], len(point.parts)
    return found
