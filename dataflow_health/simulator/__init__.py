"""A synthetic fleet: flights with known answers and known faults, as a recorder would write them.

``schedule`` plans a flight, ``physics`` and ``powerplant`` fly it, ``sampling`` reads its
instruments at the layout's rates, ``events`` changes them, ``convert`` and ``encoder`` turn them
into words and bytes (sharing no code with the decoder, so that a round trip proves both),
``faults`` breaks what was written, and ``fleet`` puts it all into archives beside a ``truth`` of
what must be found.
"""
