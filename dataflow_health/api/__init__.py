"""The pipeline's health over HTTP: the same report as every other face, for any front end.

``app`` puts the parts together; each route's module has its name.
"""
