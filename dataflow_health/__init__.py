"""Data pipeline for helicopter recorder files that reports its own health.

The packages, lowest layer first; a module imports only from layers above its own in this list:

* ``errors``: every error raised on purpose.
* ``settings``: the only reader of the environment. ``logs``: logging set-up. ``clock``: the time.
* ``health``: what healthy means. ``flight``: what a recording is. Both are pure.
* ``schemas``: response models of the API. ``layout_import``: formats of ground stations.
  ``config``: YAML. ``storage``: SQL and files. ``diagram``: a health report as a picture.
* ``stages``: the pipeline, one module a stage. ``monitoring``: live checks and health reports.
  ``simulator``: a synthetic fleet.
* ``alerting``: incidents and notifications.
* ``wiring``: settings to dependencies.
* ``operations``: actions of an operator.
* ``orchestration``: Dagster. ``api``: the HTTP API.
* ``client``: Python client of the API. ``definitions``: the Dagster definitions.
  ``plugins``: what code of an operator imports.
* ``cli``: the command line.
"""
