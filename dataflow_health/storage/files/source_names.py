"""What the name of a file at a source says: an archive, the digest of one, or neither."""

SIDECAR = ".sha256"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
"""Suffixes that upload tools give to a file while they write it."""
MOST_STRANGE = 1000
"""Files that are no archives are listed up to this number, so that a wrong folder costs little."""


def is_hidden(name: str) -> bool:
    """Whether a path has a part that begins with a dot."""
    return name.startswith(".") or "/." in name


def is_archive(name: str) -> bool:
    """Whether a path is named as an archive."""
    return name[-4:].lower() == ".zip" and not is_hidden(name)


def is_strange(name: str) -> bool:
    """Whether a file is neither an archive nor the digest of one."""
    return not (is_archive(name) or is_hidden(name) or name.endswith(SIDECAR))


def without_sidecar(name: str) -> str:
    """The archive that a path belongs to: its own, or that of a digest."""
    return name.removesuffix(SIDECAR)
