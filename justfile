# Commands of this project. `just` lists them.

_list:
    @just --list --unsorted

# The tests, in parallel
test *args:
    uv run pytest {{ args }}

# The tests that need no Spark, database server, browser or other program, with few examples a law
quick *args:
    uv run pytest --hypothesis-profile=quick -m 'not (spark or postgres or browser or server or slow or soak or timing)' {{ args }}

# Format, lint and fix
lint:
    uv run ruff format
    uv run ruff check --fix
    uv run lint-imports

# Check types
types:
    uv run mypy

# Everything the build server checks
ci:
    .ci/run

# Run a small fleet through all eight stages
demo:
    uv run dataflow-health demo

# Serve the UI on port 3000, with daemon and sensors
up:
    uv run dataflow-health up

# Generate docs/{yaml,algorithms,vocabulary,simulator,cli,licences}.md, docs/reference/*.md, docs/sbom.json and config/schema/*.json
docs: schema
    uv run python -m docs.generate.yaml_reference docs/yaml.md
    uv run python -m docs.generate.algorithm_reference docs/algorithms.md
    uv run python -m docs.generate.vocabulary_reference docs/vocabulary.md
    uv run python -m docs.generate.simulator_reference docs/simulator.md
    uv run python -m docs.generate.cli_reference docs/cli.md
    uv run python -m docs.generate.settings_reference docs/reference/settings.md
    uv run python -m docs.generate.messages_reference docs/reference/messages.md
    uv run python -m docs.generate.sql_reference docs/reference/sql.md
    uv run python -m docs.generate.api_examples docs/reference/api_examples.md
    uv run python -m docs.generate.pictures
    uv run python -m docs.generate.bill_of_materials docs/sbom.json docs/licences.md

# Build the site of docs/ into site/, without network; a broken link or anchor is an error
site:
    uv run python -m zensical build --strict

# Compare the locked versions with the advisory database OSV, or list them where it cannot be reached
audit *args:
    .ci/audit {{ args }}

# Generate config/schema/*.json from the models
schema:
    uv run python -m docs.generate.json_schemas

# Build the pages of web/ into the package
web:
    npm ci --prefix web --no-audit --no-fund
    npm run --prefix web types
    npm run --prefix web build

# Regenerate the expected outputs in dataflow_health_tests/golden; read the diff before you commit
golden *args:
    WRITE_GOLDEN=1 uv run pytest {{ args }}

# Measure every stage and write docs/performance.md
bench *args:
    uv run python -m benchmarks {{ args }}

# Changes lines of a room (health, alerting, flight, storage.ledger) and lists what no test notices; --sample N takes N of them
mutation room *args:
    uv run python -m benchmarks.mutation_sample {{ room }} {{ args }}

# The tests that assert on wall-clock time, on a machine that does nothing else
timing *args:
    uv run pytest -m 'timing and not soak' -n 0 {{ args }}

# The pipeline on PostgreSQL, a Spark master with two workers, and an object store (Ceph where installed), all real processes
server-test *args:
    uv run pytest -n 0 -m '' {{ args }} dataflow_health_tests/orchestration/test_cluster.py dataflow_health_tests/storage/files/test_stores.py \
        dataflow_health_tests/storage/files/test_uploads.py dataflow_health_tests/storage/files/test_unfinished_uploads.py
    uv run python -m dataflow_health_tests.servers uv run pytest -n 0 -m 'not soak' {{ args }} dataflow_health_tests/orchestration/test_end_to_end.py

# The tests that take too long for every change
soak *args:
    uv run pytest -m soak -n 0 {{ args }}
