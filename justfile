# Shortcuts for those who have just; each line works by hand as well.

export SHUKE_DEV := "1"
uv := env("SHUKE_UV", "uv")

# List these.
default:
    @just --list

# Run the tests, with pytest's arguments.
test *arguments:
    ./shuke test {{ arguments }}

# Check style, types and layers.
check:
    @./shuke test --version
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/lint-imports

# Look for known vulnerabilities in every lock.
audit:
    @./shuke test --version
    .venv/bin/python requirements/audit.py

# Bring all files to one format.
format:
    @./shuke test --version
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# Do what CI does.
ci:
    .ci/run

# Resolve the requirement locks again, see requirements/README.md.
lock *arguments:
    {{ uv }} pip compile --quiet --universal --generate-hashes --no-header {{ arguments }} pyproject.toml --extra postgres -o requirements/app.lock
    {{ uv }} pip compile --quiet --universal --generate-hashes --no-header {{ arguments }} pyproject.toml --extra postgres --extra dev -c requirements/app.lock -o requirements/dev.lock
    {{ uv }} pip compile --quiet --universal --generate-hashes --no-header --no-annotate {{ arguments }} requirements/bootstrap.in -o requirements/bootstrap.lock
    {{ uv }} --directory nlu/rasa pip compile --quiet --universal --generate-hashes --no-header {{ arguments }} pyproject.toml -o requirements.lock
