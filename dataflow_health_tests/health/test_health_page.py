"""docs/health.md agrees with the code."""

import re
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

from dataflow_health.health.frozen_model import CheckBase
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.process import Process
from dataflow_health.health.status import ORDER

PAGE = (Path(__file__).parents[2] / "docs" / "health.md").read_text(encoding="utf-8")
KINDS = {get_args(each.model_fields["kind"].annotation)[0]: each for each in get_args(LiveCheck)}
SHARED = {"within", "every", "ttl", "retries", *CheckBase.model_fields}


def test_statuses_are_listed_in_order_with_their_symbols() -> None:
    rows = re.findall(r"^\| (\S) \| ([A-Z]+) \|", PAGE, re.MULTILINE)
    assert rows == [(status.symbol, status.value) for status in ORDER]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_documented_with_its_own_keys(kind: str) -> None:
    [row] = re.findall(rf"^\| `{kind}` \|.*$", PAGE, re.MULTILINE)
    for key in set(KINDS[kind].model_fields) - SHARED - {"kind"}:
        if "the same" not in row or key not in ("path", "path_from", "url", "url_from"):
            assert f"`{key}`" in row


def test_every_shared_key_is_documented() -> None:
    for key in SHARED - {"describes"}:
        assert re.search(rf"^\| `{key}` \|", PAGE, re.MULTILINE), key


def test_the_example_is_a_valid_process() -> None:
    example = re.search(r"```yaml\n(# config/processes.*?)```", PAGE, re.DOTALL)
    assert example
    process = Process.model_validate(YAML(typ="safe", pure=True).load(example[1]))
    assert [check.name for check in process.checks] == ["tcp_answers", "queue_age"]
