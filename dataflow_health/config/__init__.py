"""What is declared, not coded: processes, algorithms, recorders and layouts, as YAML.

``lines`` reads text and remembers the line of every key. ``faults`` says what is wrong in one file,
``references`` what is wrong between files, ``examples`` which worked example does not hold.
``load`` reads whole folders. ``shapes`` knows what may stand where; ``schema_files`` writes that
for editors, ``yaml_page`` for people. ``layout_import`` reads ground stations' own layout files.
"""
