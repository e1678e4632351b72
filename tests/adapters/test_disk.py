"""A database on a network's file system is refused: there SQLite's locks do not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters import disk
from bot.adapters.store import SqliteStore
from bot.errors import StoreError, StoreReason

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /net rw,relatime shared:1 - nfs4 server:/export rw
31 30 254:1 / /net/local rw - xfs /dev/vdb rw
32 22 0:41 / /with\\040space rw - fuse.sshfs host:/ rw
33 22 0:42 / /over rw - ext4 /dev/vdc rw
34 22 0:43 / /over rw - cifs //host/share rw
torn line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/t.db", ""),  # a disk of this machine
        ("/net/t.db", "nfs4"),
        ("/net/deep/er/t.db", "nfs4"),
        ("/net/local/t.db", ""),  # a disk mounted inside a share
        ("/network/t.db", ""),  # only begins alike
        ("/with space/t.db", "fuse.sshfs"),  # escaped in the list
        ("/over/t.db", "cifs"),  # mounted over another: the later one holds
    ],
)
def test_the_deepest_mount_counts(tmp_path, path, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert disk.network_kind(Path(path), mounts) == kind


def test_where_nothing_is_known_nothing_is_refused(tmp_path):
    assert disk.network_kind(tmp_path, tmp_path / "absent") == ""


def test_the_store_refuses_it_with_a_sentence_and_makes_nothing(tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 22 0:40 / {tmp_path.resolve()} rw - nfs server:/x rw\n")
    real = disk.network_kind
    monkeypatch.setattr(disk, "network_kind", lambda path: real(path, mounts))
    with pytest.raises(StoreError, match=r"network's file system \(nfs\)") as caught:
        SqliteStore(tmp_path / "t.db")
    assert caught.value.reason is StoreReason.DISK
    assert not (tmp_path / "t.db").exists()
