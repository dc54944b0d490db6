"""Imports FRED, Flight Recorder Electronic Documentation: XML of ARINC 647A-1.

Every fault names its line. A parameter that uses something unknown is left out; a frame that this
project cannot hold refuses the file.
"""

from pathlib import Path

from dataflow_health.layout_import.fred_717 import read_subframes
from dataflow_health.layout_import.fred_767 import read_frames
from dataflow_health.layout_import.imported_layout import ImportedLayouts, file_errors
from dataflow_health.layout_import.xml_tree import Element, line_error, read_xml

_NAMESPACE_END = "www.aviation-ia.com/aeec/SupportFiles/647a-1/"
_ALLOWED = "a FRED file of ARINC 647A-1 with frames as ARINC 717 or 767 has them"


def import_fred(path: Path) -> ImportedLayouts:
    """Imports a FRED file; its layout has the file's name.

    Raises:
        ConfigError: The file is no FRED file, or its frame is none of ARINC 717 or 767.
    """
    root = read_xml(path, _NAMESPACE_END).find("FREDFile")
    warnings: list[str] = []
    describes = f"Imported from FRED file {path.name}."
    if root is not None and (frames := root.find("FRED767")):
        with file_errors(path):
            layout = read_frames(describes, frames, warnings)
        if not layout.parameters:
            raise line_error(path, frames.line, "no frame with a parameter is read", _ALLOWED)
    elif root is not None and (frame := root.find("FRED717")):
        layout = read_subframes(path, describes, frame, warnings)
    else:
        found = "no FREDFile of ARINC 647A-1" if root is None else _kind(root)
        raise line_error(path, root.line if root else 0, f"the file has {found}", _ALLOWED)
    return ImportedLayouts({path.stem: layout}, tuple(warnings))


def _kind(root: Element) -> str:
    names = ", ".join(child.name for child in root.children) or "no element"
    return f"neither FRED717 nor FRED767 but {names}"
