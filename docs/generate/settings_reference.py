"""Generates ``docs/reference/settings.md``: every environment variable with its meaning."""

import sys
from pathlib import Path

from pydantic import SecretStr

from dataflow_health.config.yaml_schema import attribute_descriptions
from dataflow_health.settings import CHANNEL_PREFIX, PREFIX, SECRET_FIELDS, Settings
from docs.generate.markdown import code, replace_generated, table

HEADER = ("variable", "default", "description")


def update(page: str) -> str:
    """Replaces the list of secrets and the table of variables in a page."""
    return replace_generated(page, [secret_files(), settings()])


def secret_files() -> str:
    """Sentence that lists the settings which may stand in a file."""
    names = ", ".join(code(f"{PREFIX}{name.upper()}") for name in sorted(SECRET_FIELDS))
    return (
        "A secret can stand in a file, as Docker and Kubernetes mount it: set the variable with "
        f"the suffix `_FILE` to the file's path. This holds for {names} and for the channels of "
        f"alerts, `{CHANNEL_PREFIX}<NAME>_FILE`.\n"
    )


def settings() -> str:
    """Table of all environment variables, with descriptions from the settings' docstring."""
    descriptions = attribute_descriptions(Settings)
    rows = [
        (code(f"{PREFIX}{name.upper()}"), _default(field.default), descriptions[name])
        for name, field in Settings.model_fields.items()
    ]
    return table(HEADER, rows)


def _default(default: object) -> str:
    return "" if isinstance(default, SecretStr) or default in (None, ()) else code(str(default))


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(update(path.read_text(encoding="utf-8")), encoding="utf-8")
