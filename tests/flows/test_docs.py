"""What editors and the page for writers know of flows is what the loader knows."""

import json
from pathlib import Path

import flows
from flows.engine.load import FLOW_KEYS, KIND_KEYS, SLOT_KEYS, STEP_KEYS
from flows.engine.model import ASIDE, REPAIRS

HOME = Path(flows.__file__).parent


def test_the_schema_for_editors_knows_the_keys_that_the_loader_knows():
    schema = json.loads((HOME / "engine" / "schema.json").read_text(encoding="utf-8"))

    step = schema["$defs"]["step"]
    assert set(schema["properties"]) == FLOW_KEYS
    assert set(schema["properties"]["pattern"]["enum"]) == {ASIDE, *REPAIRS}
    assert set(schema["$defs"]["slot"]["properties"]) == SLOT_KEYS
    assert set(step["properties"]) == STEP_KEYS | set(KIND_KEYS).union(*KIND_KEYS.values())
    assert {kind for each in step["oneOf"] for kind in each["required"]} == set(KIND_KEYS)


def test_the_page_for_writers_explains_every_step_and_key():
    page = (HOME / "README.md").read_text(encoding="utf-8")

    explained = set(KIND_KEYS).union(*KIND_KEYS.values()) | (FLOW_KEYS - {"description"}) | (SLOT_KEYS - {"upper"})
    assert {key for key in explained if f"`{key}" not in page and f"{key}:" not in page} == set()


def test_the_page_for_writers_explains_every_pattern():
    page = (HOME / "README.md").read_text(encoding="utf-8")

    assert {pattern for pattern in (ASIDE, *REPAIRS) if f"`{pattern}`" not in page} == set()
