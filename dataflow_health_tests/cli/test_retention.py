import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from dataflow_health.cli import main
from dataflow_health.config import BUILTIN_FOLDER, catalogue
from dataflow_health.errors import ConfigError
from dataflow_health.settings import Settings


@pytest.mark.slow
def test_the_dry_run_shows_every_tier_and_the_archives_for_ever(chosen: Settings) -> None:
    found = CliRunner().invoke(main, ["retention", "--dry-run", "--json"])
    assert found.exit_code == 0, found.output
    tiers = {each["stage"]: each.get("age") for each in json.loads(found.output)}
    assert tiers["download"] == tiers["compress"] == "for_ever"
    assert tiers["parse"] == 86400
    shown = CliRunner().invoke(main, ["retention"])
    assert "removed" in shown.output
    assert "90 days" in shown.output


def test_the_operators_file_replaces_the_shipped_one(config: Path) -> None:
    (config / "retention.yaml").write_text("store: P5D\n")
    policy = catalogue.load(BUILTIN_FOLDER, config).retention_policy
    assert (policy.parse, policy.store) == ("for_ever", timedelta(days=5))


def test_a_mistake_says_what_would_be_right(config: Path) -> None:
    (config / "retention.yaml").write_text("parse: for_ever\ndownload: P1D\n")
    with pytest.raises(ConfigError, match="archives_are_kept_elsewhere"):
        catalogue.load(BUILTIN_FOLDER, config)
    (config / "retention.yaml").unlink()
    (config / "retention").mkdir()
    (config / "retention" / "mine.yaml").write_text("store: P5D\n")
    with pytest.raises(ConfigError, match=r"move it to retention\.yaml"):
        catalogue.load(BUILTIN_FOLDER, config)
