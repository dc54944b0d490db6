"""Names of data by OpenLineage's naming, under which programs mean the same data.

``postgres://host:5432`` and ``database.schema.table`` of a table; ``file`` and a path, ``s3://bucket``
and a path of a folder.
"""

from urllib.parse import unquote, urlsplit

from sqlalchemy import URL

Dataset = tuple[str, str]
"""Namespace and name."""

LOCALHOST = "localhost"
_SAME_SCHEME = {"s3a": "s3", "s3n": "s3", "postgresql": "postgres", "jdbc": "postgres"}
_PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521}


def node(dataset: Dataset) -> str:
    """Node of a dataset in the lineage."""
    namespace, name = dataset
    separator = "" if name.startswith("/") else "/"
    return f"dataset:{namespace}{separator}{name}"


def of_url(url: str) -> Dataset:
    """Name of data at a URL: never a user or a password.

    ``postgres://host/database/schema/table`` and ``postgres://host/database.schema.table`` are one
    table; ``file:/lake``, ``file:///lake`` and ``/lake/`` are one folder.
    """
    parts = urlsplit(url.removeprefix("jdbc:"))
    scheme = parts.scheme.partition("+")[0]
    scheme = _SAME_SCHEME.get(scheme, scheme)
    path = unquote(parts.path).rstrip("/")
    if scheme in ("", "file"):
        return "file", path or "/"
    port = _port(parts.netloc) or _PORTS.get(scheme)
    host = (parts.hostname or LOCALHOST).lower()
    namespace = f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"
    name = path.lstrip("/")
    return namespace, name.replace("/", ".") if scheme in _PORTS else name or "/"


def of_table(url: URL, table: str) -> Dataset:
    """Name of a table of a database.

    Args:
        url: SQLAlchemy's URL of the database.
        table: ``schema.table``, or only the table where there are no schemas.
    """
    scheme = url.get_backend_name()
    if scheme == "sqlite":
        return "file", f"{url.database}/{table}"
    scheme = _SAME_SCHEME.get(scheme, scheme)
    port = url.port or _PORTS.get(scheme)
    host = (url.host or LOCALHOST).lower()
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}", f"{url.database}.{table}"


def _port(address: str) -> int | None:
    found = address.rpartition("@")[2].rpartition(":")[2]
    return int(found) if found.isdecimal() else None
