"""Folders that an execution of Spark SQL reads and writes, from the text of its plan."""

import re

_READ = re.compile(r"^Location: \w+(?: ?\(\d+ paths\))? ?\[([^\]\n]*)\]?", re.MULTILINE)
_WRITTEN = re.compile(
    r"^\(\d+\) (?:Execute )?InsertIntoHadoopFsRelationCommand.*\n"
    r"(?:Input.*\n)?Arguments: ([^,\n]+),",
    re.MULTILINE,
)
MOST_CHARACTERS = 2**20
"""Longest plan that is read."""


def places(plan: str) -> tuple[frozenset[str], frozenset[str]]:
    """URLs of folders read and written.

    Spark cuts long lists of folders (``spark.sql.maxMetadataStringLength``): a cut one is left out.
    """
    head = plan[:MOST_CHARACTERS]
    reads = {
        each.strip() for found in _READ.findall(head) for each in found.split(",") if _whole(each)
    }
    return frozenset(reads), frozenset(each for each in _WRITTEN.findall(head) if _whole(each))


def _whole(url: str) -> bool:
    return ":/" in url and "..." not in url
