"""Helicopter recorder files in, answers and their health out.

The map, lowest layer first; a module imports only from lines above its own:

* ``errors``: every error raised on purpose.
* ``health``: what healthy means. ``flight``: what a flight is.
* ``config``: what is declared in YAML, not coded.
* ``storage``: where things live. ``diagram``: a report drawn. ``sample``: a synthetic fleet.
* ``stages``: the pipeline as plain functions, one module a stage.
* ``settings``: the only reader of the environment.
* ``orchestration``: the pipeline as Dagster sees it.
* ``client``: the API's typed client.
* ``definitions``, ``cli``, ``api``: the faces.
"""
