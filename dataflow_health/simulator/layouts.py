"""Frame layouts of the generic helicopter, from the shipped configuration."""

from functools import cache

from dataflow_health.config import BUILTIN_FOLDER, yaml_document
from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import Layout

GENERIC = "generic_twin_256"
GENERIC_UPGRADED = "generic_twin_512"
"""The same parameters after an avionics upgrade to twice the words a second."""


@cache
def generic_layout(name: str = GENERIC) -> Layout:
    """Loads a layout of ``config/layouts``.

    Raises:
        ConfigError: The YAML file is invalid.
        OSError: The file does not exist.
    """
    path = BUILTIN_FOLDER / "layouts" / f"{name}.yaml"
    document = yaml_document.read(path.name, path.read_bytes())
    if document.issues:
        raise ConfigError(document.issues)
    return Layout.model_validate(document.data)
