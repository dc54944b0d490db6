"""Limits are set on the current process, so each test sets them in another one."""

import resource
import subprocess
import sys

import pytest

from dataflow_health.stages.sandbox.limits import SandboxLimits

pytestmark = pytest.mark.server


def limits_after(code: str) -> list[str]:
    program = (
        "import resource\n"
        "from dataflow_health.stages.sandbox.limits import SandboxLimits\n"
        f"{code}\n"
        "for kind in ('DATA', 'FSIZE', 'NOFILE', 'CORE', 'CPU'):\n"
        "    print(*resource.getrlimit(getattr(resource, 'RLIMIT_' + kind)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return done.stdout.decode().splitlines()


def test_limits_cannot_be_raised_again_and_cpu_time_is_granted_anew() -> None:
    given = "SandboxLimits(1 << 30, 5, 1 << 20, 40)"
    data, size, files, core, cpu = limits_after(f"{given}.apply(); {given}.grant_cpu()")
    assert (data, size) == ("1073741824 1073741824", "1048576 1048576")
    assert (files, core) == ("40 40", "0 0")
    soft, hard = (int(word) for word in cpu.split())
    assert 6 <= soft <= 30
    assert hard == resource.RLIM_INFINITY


def test_a_lower_limit_of_the_machine_stays() -> None:
    lower = "resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))"
    assert limits_after(f"{lower}; SandboxLimits().apply()")[2] == "20 20"
    assert SandboxLimits().descriptors > 20
