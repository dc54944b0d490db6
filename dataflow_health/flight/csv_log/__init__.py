"""Recordings in CSV, as Garmin avionics write them."""
