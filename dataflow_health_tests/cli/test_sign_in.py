from pathlib import Path

from click.testing import CliRunner

from dataflow_health.cli import main
from dataflow_health.clock import utc_now
from dataflow_health.operations.sign_in import SignInStore


def test_it_prints_a_link_by_which_a_browser_signs_in(tmp_path: Path) -> None:
    environ = {"DATAFLOW_HEALTH_PUBLIC_URL": "https://health.example/"}
    done = CliRunner().invoke(main, ["sign-in", "--home", str(tmp_path)], env=environ)
    place, _, token = done.output.strip().partition("?token=")
    assert place == "https://health.example/sign-in"
    assert SignInStore(tmp_path).redeem(token, utc_now())


def test_the_link_leads_to_the_ui_that_was_started(tmp_path: Path) -> None:
    SignInStore(tmp_path).note_url("http://127.0.0.1:3917")
    done = CliRunner().invoke(main, ["sign-in", "--home", str(tmp_path)])
    assert done.output.startswith("http://127.0.0.1:3917/sign-in?token=")
