"""The image of ``deploy/Dockerfile``, built without a Docker engine and started."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.bare_debian import SUITE, BareDebian, Unavailable, make, source_files

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
IMAGE = "localhost/dataflow-health"
AS_IN_THE_BASE_IMAGE = """\
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
ln -sf python3 /usr/bin/python
"""
"""What the image ``python`` differs in from Debian's Python: pip installs into the system."""

pytestmark = [pytest.mark.soak, pytest.mark.server]


class Buildah:
    """Builds and runs images with ``buildah`` in a folder, without an engine or a registry."""

    def __init__(self, folder: Path, debian: BareDebian) -> None:
        self._storage = ["--root", f"{folder}/storage", "--runroot", f"{folder}/run",
                         "--storage-driver", "vfs"]  # fmt: skip
        self._debian = debian

    def base(self, name: str) -> None:
        """Makes the bare Debian an image."""
        container = self._run("from", "scratch")
        self._run("copy", "--quiet", container, str(self._debian.root), "/")
        self._run("commit", "--quiet", container, name)
        self._run("rm", container)

    def build(self, context: Path) -> None:
        """Builds the Dockerfile of a source tree."""
        variables = [f"--env={name}={value}" for name, value in self._debian.variables.items()]
        self._run(
            *("build", "--isolation", "chroot", "--pull-never", "--network", "host"),
            *(*self._volumes(), *variables, "--tag", IMAGE),
            *("--file", str(context / "deploy" / "Dockerfile"), str(context)),
        )

    def start(self) -> str:
        """A container of the image."""
        return self._run("from", "--pull-never", IMAGE)

    def run(self, container: str, *command: str) -> str:
        """Output of a command in a container."""
        return self._run("run", "--isolation", "chroot", container, "--", *command)

    def _volumes(self) -> Sequence[str]:
        return [f"--volume={each}:{each}:ro" for each in self._debian.binds]

    def _run(self, command: str, *words: str) -> str:
        done = subprocess.run(
            ["buildah", *self._storage, command, *words],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (
            f"buildah {command}: {done.stdout[-4000:]}{done.stderr[-2000:]}"
        )
        return done.stdout.strip()


@pytest.fixture(scope="module")
def buildah() -> Iterator[Buildah]:
    if shutil.which("buildah") is None:
        pytest.skip("buildah is missing: apt-get install buildah")
    (base,) = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setenv(SUITE, base.rpartition("-")[2])
        (Path(folder) / "debian").mkdir()
        try:
            debian = make(Path(folder) / "debian")
        except Unavailable as error:
            pytest.skip(f"no bare Debian here: {error}")
        debian.run("root", AS_IN_THE_BASE_IMAGE, "/")
        built = Buildah(Path(folder), debian)
        built.base(f"docker.io/library/{base}")
        built.build(_context(Path(folder) / "context"))
        yield built


@pytest.fixture(scope="module")
def container(buildah: Buildah) -> str:
    return buildah.start()


def test_the_image_runs_as_a_user_without_rights(buildah: Buildah, container: str) -> None:
    assert buildah.run(container, "id", "--user") == "10001"
    assert buildah.run(container, "sh", "-c", "test -w / || echo no") == "no"


def test_a_fleet_goes_through_all_stages_in_it(buildah: Buildah, container: str) -> None:
    shown = buildah.run(container, "dataflow-health", "demo", "--home", "/tmp/fleet")
    assert "FAILED   extract" in shown
    assert "java" in buildah.run(container, "sh", "-c", "command -v java")


def test_the_definitions_of_the_code_server_load_in_it(buildah: Buildah, container: str) -> None:
    validate = "dagster definitions validate --module-name dataflow_health.definitions"
    buildah.run(
        container, "sh", "-c", f"mkdir -p /tmp/dagster; DAGSTER_HOME=/tmp/dagster {validate}"
    )


def _context(folder: Path) -> Path:
    """A copy of the source tree, as a build server would clone it."""
    for path in source_files():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)
    return folder
