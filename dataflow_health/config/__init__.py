"""What is declared, not coded: processes, algorithms, recorders and layouts, as YAML.

``lines`` reads text and remembers the line of every key. ``faults`` says what is wrong in one file,
``references`` what is wrong between files. ``load`` reads whole folders. ``schema_files`` writes
the JSON Schemas that editors use.
"""
