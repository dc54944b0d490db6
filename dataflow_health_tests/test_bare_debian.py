"""What the pages say to a new user, tried as written on a bare Debian."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bare_debian import USER, BareDebian, Unavailable, make
from benchmarks.installation import install_wheel
from dataflow_health_tests.written_pages import check_page, read_blocks

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
FIRST = "tutorial/first_fleet.md"
PAGES = {
    FIRST: 80,
    "howto/backup.md": 80,  # of the fleet of the first page
    "tutorial/first_algorithm.md": 80,
    "tutorial/bad_night.md": 80,
    "walkthrough.md": 120,
}
"""Pages in the order in which a reader tries them, and the columns of the terminal."""

TESTS = "./start test"

pytestmark = [pytest.mark.soak, pytest.mark.server]


@pytest.fixture(scope="module")
def debian() -> Iterator[BareDebian]:
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        try:
            yield make(Path(folder))
        except Unavailable as error:
            pytest.skip(f"no bare Debian here: {error}")


@pytest.fixture(scope="module")
def clone(debian: BareDebian) -> str:
    """A clone in the home of a user without rights."""
    return debian.clone(USER)


def check_readme(debian: BareDebian, user: str, clone: str) -> None:
    """Saves the algorithm where the README says, and runs all its commands but the tests."""
    (path,) = re.findall(r"Save this as `(\S+)`", README.read_text(encoding="utf-8"))
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)
    debian.run(user, f"mkdir -p $(dirname {path}) && cat > {path} <<'YAML'\n{text}YAML\n", clone)
    check_page(README, debian.shell(user, clone), None, os.environ, left_out=TESTS)


def test_the_commands_of_the_readme_work_as_written(debian: BareDebian, clone: str) -> None:
    check_readme(debian, USER, clone)


def test_root_may_run_them_too(debian: BareDebian) -> None:
    check_readme(debian, "root", debian.clone("root"))


@pytest.mark.parametrize(("page", "columns"), PAGES.items())
def test_the_commands_of_a_page_work_as_written(
    debian: BareDebian, clone: str, page: str, columns: int
) -> None:
    if page == FIRST:
        debian.run(USER, "rm -rf home", clone)
    check_page(DOCS / page, debian.shell(USER, clone, columns), None, os.environ)


SYSTEMCTL = """\
#!/usr/bin/python3
# Starts units as systemd does, as far as their files say: no systemd runs below chroot.
import shlex, subprocess, sys
from pathlib import Path

def variables(path):
    lines = [line for line in path.read_text().splitlines() if "=" in line]
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))

for name in [word for word in sys.argv[2:] if "-" in word and not word.startswith("--")]:
    unit = variables(Path(f"/etc/systemd/system/{name}.service"))
    given = [f"{key}={value}" for key, value in variables(Path(unit["EnvironmentFile"])).items()]
    words = ["runuser", "-u", unit["User"], "--", "env", *given, *shlex.split(unit["ExecStart"])]
    with open(f"/var/log/{name}.log", "w") as log:
        subprocess.Popen(words, cwd=unit["WorkingDirectory"], stdin=subprocess.DEVNULL, stdout=log,
                         stderr=log, start_new_session=True)
"""
SERVES = """\
for _ in $(seq 120); do
  python3 -c 'import urllib.request as r; r.urlopen("http://127.0.0.1:8000/api/v1/health")' && break
  sleep 1
done 2>/dev/null
python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8000/api/v1/health"))' \\
  || { tail -50 /var/log/dataflow-health-up.log; false; }
ls -ld /var/lib/dataflow-health/ledger.sqlite
"""


def test_the_commands_of_the_page_on_deployment_start_a_station_by_systemd(
    debian: BareDebian,
) -> None:
    """A machine without Java, as the page says; a second of its blocks starts the unit."""
    clone = debian.clone("root", "release")
    (debian.root / "usr/bin/systemctl").write_text(SYSTEMCTL)
    (debian.root / "usr/bin/systemctl").chmod(0o755)
    install, start, use, *_ = [e.commands for e in read_blocks(DOCS / "howto/deploy.md")]
    assert "[postgres,svg]" in install
    blocks = [install.replace("[postgres,svg]", "[postgres,svg,java]"), start, SERVES, use]
    shown = debian.run("root", "set -e\n" + "\n".join(blocks), clone)
    assert "dataflow-health dataflow-health" in shown  # owner of the ledger
    assert "token=" in shown
    assert "0 failed" in shown


def test_the_wheel_installed_by_pip_works_the_same(debian: BareDebian) -> None:
    install_wheel(debian)
    shown = debian.run(USER, "venv/bin/dataflow-health demo --home wheel_home")
    assert "× FAILED   extract   18    17          0            1        0" in shown  # noqa: RUF001
    assert "Next:    dataflow-health explain --home wheel_home" in shown


def test_the_tests_pass_there(debian: BareDebian, clone: str) -> None:
    """What the README says about them; half an hour on two cores."""
    debian.run(USER, f"git config --global --add safe.directory '*' && {TESTS}", clone)
