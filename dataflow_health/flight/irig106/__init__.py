"""Decoding of IRIG 106 Chapter 10 recordings: packets of many channels in one file."""
