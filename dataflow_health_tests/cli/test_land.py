import json
import zipfile
from pathlib import Path


def test_landed_and_refused_files_are_listed_and_one_refused_makes_exit_code_1(
    run, tmp_path: Path
) -> None:
    (tmp_path / "home" / "landing").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("a.rdf", b"x")
    here = ("--home", tmp_path / "home")
    result = run("land", tmp_path / "a.zip", *here)
    assert result.output.startswith(f"landed: {tmp_path / 'a.zip'}: {tmp_path / 'home'}")
    assert result.exit_code == 0
    result = run("land", tmp_path / "a.zip", tmp_path / "b.zip", *here, "--json")
    assert [each["outcome"] for each in json.loads(result.output)] == ["present", "refused"]
    assert result.exit_code == 1
