"""Imports layout files of ground stations (AGS, AIRFASE) as this project's layouts."""
