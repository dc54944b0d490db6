"""Imports a layout file, or a folder of them, by its file format."""

from pathlib import Path

from dataflow_health.layout_import.ags import import_fra_par, import_vec
from dataflow_health.layout_import.airfase import import_prm
from dataflow_health.layout_import.fred import import_fred
from dataflow_health.layout_import.imported_layout import ImportedLayouts, file_error

_ALLOWED = (
    "a .vec, .PRM or FRED .xml, a .fra with its .par beside it, or a folder with one of these"
)


def import_layout(path: Path) -> ImportedLayouts:
    """Imports a layout file.

    Args:
        path: A ``.vec``, a ``.PRM``, a FRED ``.xml``, one of a pair of ``.fra`` and ``.par`` (also
            ``.fra.txt``), or a folder of such files. XML beside other layout files is not read: it
            may be anything.

    Raises:
        ConfigError: The file is of no such format, by name or by content.
    """
    if path.is_dir():
        return _import_folder(path)
    suffix = _format_suffix(path)
    if suffix == ".vec":
        return import_vec(path)
    if suffix == ".prm":
        return import_prm(path)
    if suffix == ".xml":
        return import_fred(path)
    if suffix in {".fra", ".par"}:
        return import_fra_par(_find_table(path, ".fra"), _find_table(path, ".par"))
    raise file_error(path, "not a layout file of a supported format", _ALLOWED)


def _import_folder(folder: Path) -> ImportedLayouts:
    present = sorted(folder.iterdir())
    files = [file for file in present if _format_suffix(file) in {".vec", ".prm", ".fra"}]
    files = files or [file for file in present if _format_suffix(file) == ".xml"]
    if not files:
        raise file_error(folder, "the folder contains no layout file", _ALLOWED)
    imports = [import_layout(file) for file in files]
    layouts = {name: layout for each in imports for name, layout in each.layouts.items()}
    return ImportedLayouts(layouts, tuple(line for each in imports for line in each.warnings))


def _format_suffix(path: Path) -> str:
    """``.fra`` of ``x.fra`` and of ``x.fra.txt``."""
    name = path.name.lower().removesuffix(".txt")
    return Path(name).suffix


def _find_table(path: Path, suffix: str) -> Path:
    """The file of the same name with another suffix, in the same folder."""
    stem = path.name.lower().removesuffix(".txt").removesuffix(_format_suffix(path))
    for file in sorted(path.parent.iterdir()):
        if _format_suffix(file) == suffix and file.name.lower().startswith(f"{stem}."):
            return file
    raise file_error(path, f"the {suffix} table beside it is missing", _ALLOWED)
