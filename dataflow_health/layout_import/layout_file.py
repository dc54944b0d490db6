"""Ground stations' own layout files, read into our layouts: AGS and AIRFASE."""

from pathlib import Path

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.layout_import.ags import import_fra_par, import_vec
from dataflow_health.layout_import.airfase import import_prm
from dataflow_health.layout_import.imported_layout import ImportedLayouts

_ALLOWED = "a .vec, a .PRM, a .fra with its .par beside it, or a folder that holds one of these"


def import_layout(path: Path) -> ImportedLayouts:
    """Reads a layout file.

    Args:
        path: A ``.vec``, a ``.PRM``, one of a pair of ``.fra`` and ``.par`` (also ``.fra.txt``),
            or a folder of such files.

    Raises:
        ConfigError: The file is none of these, or not one inside.
    """
    if path.is_dir():
        return _import_folder(path)
    suffix = _kind(path)
    if suffix == ".vec":
        return import_vec(path)
    if suffix == ".prm":
        return import_prm(path)
    if suffix in {".fra", ".par"}:
        return import_fra_par(*(_sibling(path, kind) for kind in (".fra", ".par")))
    raise _fault(path, "is no layout file that is known")


def _import_folder(folder: Path) -> ImportedLayouts:
    files = sorted(file for file in folder.iterdir() if _kind(file) in {".vec", ".prm", ".fra"})
    if not files:
        raise _fault(folder, "holds no layout file")
    found = [import_layout(file) for file in files]
    layouts = {name: layout for each in found for name, layout in each.layouts.items()}
    return ImportedLayouts(layouts, tuple(line for each in found for line in each.unknown))


def _kind(path: Path) -> str:
    """``.fra`` of ``x.fra`` and of ``x.fra.txt``."""
    name = path.name.lower().removesuffix(".txt")
    return Path(name).suffix


def _sibling(path: Path, kind: str) -> Path:
    stem = path.name.lower().removesuffix(".txt").removesuffix(_kind(path))
    for file in sorted(path.parent.iterdir()):
        if _kind(file) == kind and file.name.lower().startswith(f"{stem}."):
            return file
    raise _fault(path, f"has no {kind} table beside it")


def _fault(path: Path, problem: str) -> ConfigError:
    return ConfigError((ConfigIssue(path.name, 0, "", problem, _ALLOWED),))
