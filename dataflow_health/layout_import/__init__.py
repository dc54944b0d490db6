"""Imports layout files of ground stations (AGS, AIRFASE, FRED) as this project's layouts."""
