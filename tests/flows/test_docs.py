"""What editors and the page for writers know of flows is what the loader knows."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

import flows
from flows.engine.load import FLOW_KEYS, KIND_KEYS, SLOT_KEYS, STEP_KEYS
from flows.engine.marks import read_marked
from flows.engine.model import ASIDE, REPAIRS

HOME = Path(flows.__file__).parent
SCHEMA = HOME / "engine" / "schema.json"
NO_FLOWS = ("replies", "knowledge")
FLOWS = [
    path
    for path in sorted(HOME.rglob("*.yml"))
    if path.name != "patterns.yml" and path.relative_to(HOME).parts[0] not in NO_FLOWS
]


def wrong(document):
    """What the schema has against a flow, each with where it stands."""
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(document)]


def test_every_flow_is_as_the_schema_says():
    documents = {path.name: json.loads(json.dumps(read_marked(path, path.name))) for path in FLOWS}

    assert len(documents) > 60
    assert {name: found for name, document in documents.items() if (found := wrong(document))} == {}


@pytest.mark.parametrize(
    "step",
    [
        {"colect": "order_no"},
        {"collect": "order_no", "say": "found"},
        {"say": "found", "next": [{"if": "facts.verified"}, {"else": "end"}]},
        {"say": "found", "offer": "yes"},
        {"set_slots": ["order_no"]},
    ],
)
def test_what_is_no_step_is_none_to_the_schema_either(step):
    assert wrong({"steps": [step]})


def test_every_flow_names_the_schema_to_editors():
    named = {path: path.read_text(encoding="utf-8").split("\n", 1)[0].partition("$schema=")[2] for path in FLOWS}

    assert [path.name for path, schema in named.items() if (path.parent / schema).resolve() != SCHEMA] == []


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
