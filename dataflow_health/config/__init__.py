"""YAML configuration: processes, algorithms, recorders, layouts, alerts and SLOs.

``catalogue`` loads and validates whole folders; ``process_config`` loads the processes alone.
Text is read by ``yaml_document``, which keeps the line of every key. ``validation_errors`` reports
mistakes in one file, ``cross_references`` mistakes between files, ``worked_examples`` examples with
unexpected results. ``yaml_schema`` is the JSON Schema of each kind of file.
"""

from pathlib import Path

BUILTIN_FOLDER = Path(__file__).parent
"""Folder of the configuration shipped with this package."""
