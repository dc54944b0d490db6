"""The generic helicopter's frame layouts, read from the package's own YAML."""

from functools import cache

from dataflow_health.config import BUILTIN_FOLDER, yaml_document
from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import Layout

GENERIC = "generic_twin_256"
GENERIC_UPGRADED = "generic_twin_512"
"""The same parameters after an upgrade of the avionics to twice the words a second."""


@cache
def generic_layout(name: str = GENERIC) -> Layout:
    """A layout of ``config/layouts``.

    Raises:
        ConfigError: Its YAML is unreadable.
        OSError: There is no such file.
    """
    path = BUILTIN_FOLDER / "layouts" / f"{name}.yaml"
    document = yaml_document.read(path.name, path.read_bytes())
    if document.issues:
        raise ConfigError(document.issues)
    return Layout.model_validate(document.data)
