from pathlib import Path

from click.testing import CliRunner, Result

from dataflow_health.cli import main
from dataflow_health.clock import utc_now
from dataflow_health.operations.sign_in import SignInStore


def sign_in(home: Path) -> Result:
    return CliRunner().invoke(main, ["sign-in", "--home", str(home)])


def test_it_prints_a_link_by_which_a_browser_signs_in(tmp_path: Path) -> None:
    SignInStore(tmp_path).note_url("http://127.0.0.1:3917/")
    place, _, token = sign_in(tmp_path).output.strip().partition("?token=")
    assert place == "http://127.0.0.1:3917/sign-in"
    assert SignInStore(tmp_path).redeem(token, utc_now())


def test_it_makes_no_link_for_a_home_in_which_no_ui_has_run(tmp_path: Path) -> None:
    done = sign_in(tmp_path)
    assert done.exit_code != 0
    assert "no Dagster UI has run" in done.output
    assert list(tmp_path.iterdir()) == []
