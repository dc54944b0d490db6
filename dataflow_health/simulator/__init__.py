"""Synthetic fleet: flights with known events and known faults, written as recorder archives.

``legs`` plans a flight; ``physics`` and ``powerplant`` compute its signals; ``sampling`` samples
them at the layout's rates; ``events`` injects events; ``convert`` and ``encoder`` turn them into
words and bytes, sharing no code with the decoder so that a round trip verifies both; ``faults``
damages the result; ``fleet`` writes archives, and ``ground_truth`` lists the expected findings.
"""
