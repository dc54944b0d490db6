"""A bare Debian to try things in as a new user: Python, pip, venv and git, and nothing else.

``debootstrap`` makes its root file system; commands run in it below ``chroot``, with mounts that
end with them. Both need root. How packages are reached is taken over from this machine: the
settings of pip and uv, proxies and certificates, whatever they are.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGES = "python3,python3-pip,python3-venv,git,ca-certificates"
USER = "pilot"
"""A user without any rights, beside root."""
SUITE = "DEBIAN_SUITE"
"""Environment variable with the release of Debian; ``stable`` when it is not set."""
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAMS = ("debootstrap", "unshare", "chroot")

_PACKAGE_VARIABLE = re.compile(
    r"(PIP|UV)_\w+|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE", re.I
)
_OF_THIS_MACHINE = re.compile(r"UV_(CACHE_DIR|LINK_MODE|PYTHON\w*|PROJECT\w*|RUN\w*)|PIP_CACHE_DIR")
_PATH = re.compile(r"(?:(?<=file://)|(?<![\w:/.]))/[^\s'\"]+")
_INDEX = re.compile(r"file://(/[^\s'\"]+)")
_ENTER = """\
root=$0 user=$1 binds=$2; shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for path in $binds; do mount --bind "$path" "$root$path"; done
shift
exec chroot --userspec="$user:$user" "$root" /usr/bin/env -i "$@"
"""


class Unavailable(Exception):
    """A bare Debian cannot be made here; the message gives the reason."""


class BareDebian(NamedTuple):
    """A root file system.

    Attributes:
        root: Its folder.
        binds: Folders of this machine that appear in it, for packages.
        variables: Environment variables by which packages are reached.
    """

    root: Path
    binds: tuple[str, ...]
    variables: Mapping[str, str]

    def shell(self, user: str, folder: str = "~", columns: int = 80) -> list[str]:
        """Command that runs a script, given as its last argument, as a user in a folder."""
        home = home_of(user)
        own = {"HOME": home, "USER": user, "PATH": SEARCH_PATH,
               "LANG": "C.UTF-8", "COLUMNS": str(columns), **self.variables}  # fmt: skip
        given = [f"{name}={value}" for name, value in own.items()]
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", _ENTER),
            *(str(self.root), user, " ".join(self.binds), "--", *given),
            *("bash", "-c", f'cd {folder} && exec bash -c "$0"'),
        ]

    def run(self, user: str, script: str, folder: str = "~") -> str:
        """Runs a script and returns what it printed.

        Raises:
            subprocess.CalledProcessError: The script failed.
        """
        words = [*self.shell(user, folder), script]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def clone(self, user: str, name: str = "dataflow-health") -> str:
        """Copies the source tree into a user's home, as a clone with what is not committed yet.

        Returns:
            Path of the clone in the root file system.
        """
        inside = f"{home_of(user)}/{name}"
        outside = self.root / inside.removeprefix("/")
        git = ["git", "-c", "safe.directory=*"]
        subprocess.run([*git, "clone", "--quiet", "--no-hardlinks", ROOT, outside], check=True)
        for path in source_files():
            (outside / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, outside / path)
        self.run("root", f"chown -R {user}:{user} {inside}")
        return inside


def home_of(user: str) -> str:
    """Home of a user there."""
    return "/root" if user == "root" else f"/home/{user}"


def source_files() -> Iterator[str]:
    """Files of the working tree that git knows or would add."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return (name for name in listed.split("\0") if name and (ROOT / name).is_file())


def make(folder: Path) -> BareDebian:
    """Makes a bare Debian in an empty folder.

    Raises:
        Unavailable: A program or right is missing, or Debian's packages cannot be reached.
    """
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise Unavailable(f"{', '.join(missing)} is missing: apt-get install debootstrap")
    if (
        os.geteuid() != 0
        or subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"]).returncode
    ):
        raise Unavailable("mounts need root")
    words = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}"]
    suite = os.environ.get(SUITE, "stable")
    made = subprocess.run([*words, suite, folder], capture_output=True, text=True, check=False)
    if made.returncode:
        raise Unavailable(f"debootstrap: {made.stdout.strip().splitlines()[-1:]}")
    return _prepare(folder)


def _prepare(root: Path) -> BareDebian:
    """Adds a user, names of other machines, and the way to packages."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if _PACKAGE_VARIABLE.fullmatch(name) and not _OF_THIS_MACHINE.fullmatch(name)
    }
    settings = _pip_settings()
    root.chmod(0o755)  # a temporary folder is its owner's alone
    (root / "etc/pip.conf").write_text(settings)
    for path in (Path("/etc/uv/uv.toml"), Path.home() / ".config/uv/uv.toml"):
        if path.exists():
            (root / "etc/uv").mkdir(exist_ok=True)
            shutil.copy(path, root / "etc/uv/uv.toml")
    for name in ("resolv.conf", "hosts"):
        shutil.copy(Path("/etc") / name, root / "etc" / name)
    named = {Path(each) for text in (settings, *variables.values()) for each in _PATH.findall(text)}
    for path in sorted(each for each in named if each.is_file()):
        (root / str(path)[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / str(path)[1:])
    indexes = {Path(each).parent for each in _INDEX.findall(settings)}  # files lie beside them
    folders = sorted(str(each) for each in {*named, *indexes} if each.is_dir())
    for each in folders:
        (root / each[1:]).mkdir(parents=True, exist_ok=True)
    debian = BareDebian(root, tuple(folders), variables)
    debian.run("root", f"useradd --create-home --shell /bin/bash {USER}", "/")
    return debian


def _pip_settings() -> str:
    """The settings of this machine's pip for all users, as its configuration file."""
    words = [sys.executable, "-m", "pip", "config", "list"]
    python = words if _has_pip() else [shutil.which("python3") or "python3", *words[1:]]
    listed = subprocess.run(python, capture_output=True, text=True, check=False).stdout
    found = re.findall(r"^(?:global|user|site)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in found)


def _has_pip() -> bool:
    words = [sys.executable, "-m", "pip", "--version"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
