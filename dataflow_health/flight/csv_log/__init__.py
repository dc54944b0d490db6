"""Decoding of recordings in CSV, as Garmin avionics write them."""
