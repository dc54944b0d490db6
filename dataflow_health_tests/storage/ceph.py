"""A real object store of its own on loopback: Ceph, with its gateway for the interface of S3.

One monitor, one storage daemon that keeps everything in memory, and the gateway, as processes.
Debian's packages ceph-mon, ceph-osd and radosgw bring them; without manager daemon and replicas.
"""

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from dataflow_health_tests.storage.serving import KEYS, ended, free_port
from dataflow_health_tests.waiting import wait_until

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw")
START_S = 60.0

CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = {monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
mon allow pool size one = true
mon max pg per osd = 500
mon data avail crit = 0
mon data avail warn = 0
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
"""


def is_installed() -> bool:
    """Whether all its programs are on this machine."""
    return all(shutil.which(each) for each in PROGRAMS)


@contextmanager
def object_gateway(folder: Path) -> Iterator[str]:
    """Serves the interface of S3; gives its URL. Its keys are ``KEYS``.

    Args:
        folder: An empty folder with a short path, for sockets.
    """
    fsid, osd, port = str(uuid.uuid4()), str(uuid.uuid4()), free_port()
    monitor = f"[v2:127.0.0.1:{free_port()},v1:127.0.0.1:{free_port()}]"
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()
    conf = folder / "ceph.conf"
    conf.write_text(CONFIGURATION.format(fsid=fsid, monitor=monitor, folder=folder, port=port))
    _make_keys(folder)
    _run(folder, "monmaptool", "--create", "--fsid", fsid, "--addv", "a", monitor, "monmap")
    _run(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")
    with ExitStack() as stack:
        stack.enter_context(_daemon(folder, "ceph-mon", "-i", "a"))
        _run(folder, "ceph", "osd", "new", osd, "0")
        _run(folder, "ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", osd)
        stack.enter_context(_daemon(folder, "ceph-osd", "-i", "0"))
        key, secret = KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]
        user = ("--uid", "ground", "--display-name", "ground", "--access-key", key)
        _run(folder, "radosgw-admin", "user", "create", *user, "--secret", secret)
        stack.enter_context(_daemon(folder, "radosgw", "-n", "client.admin"))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), limit_s=START_S)
        yield url


def _make_keys(folder: Path) -> None:
    rights = {
        "mon.": ("mon", "allow *"),
        "client.admin": ("mon", "allow *", "osd", "allow *"),
        "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
    }
    _run(folder, "ceph-authtool", "--create-keyring", "keyring")
    for name, pairs in rights.items():
        caps = [word for n in range(0, len(pairs), 2) for word in ("--cap", *pairs[n : n + 2])]
        _run(folder, "ceph-authtool", "keyring", "--gen-key", "-n", name, *caps)


def _run(folder: Path, *words: str) -> str:
    command = [*words, "-c", str(folder / "ceph.conf")]
    if words[0] in {"monmaptool", "ceph-authtool"}:
        command = list(words)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=START_S, check=False
    )
    assert done.returncode == 0, f"{json.dumps(command)}: {done.stderr}"
    return done.stdout


@contextmanager
def _daemon(folder: Path, *words: str) -> Iterator[None]:
    command = [*words, "-f", "-c", str(folder / "ceph.conf")]
    with (folder / f"{words[0]}.out").open("wb") as out:
        started = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
    try:
        yield
    finally:
        ended(started)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.HTTPError:
        return False
