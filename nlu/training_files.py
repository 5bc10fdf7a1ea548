"""The files of a training, read before Rasa reads them: what is wrong is told with the file, the line and the mend."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from nlu.errors import TrainingFailed
from nlu.evaluate import BadExamples, read_examples

_FORM: Final = "write `- intent: NAME`, `examples: |` below it, and under that each sentence behind `- `"
# What else Rasa reads from such a file; we have no use for it, and a shop may.
_OTHER_KINDS: Final = frozenset(("synonym", "regex", "lookup"))
_KINDS: Final = frozenset(("intent", *_OTHER_KINDS))
_ITEM: Final = "- "
_LITERAL: Final = "|"


def check_file(path: Path, *, name: str) -> None:
    """Read one file of a training; ``name`` is its place in the folder: ``data/zh/greet.yml``.

    Raises:
        TrainingFailed: it cannot be learnt from; the text names file, line and mend.
    """
    if path.suffix == ".csv":
        try:
            read_examples(path)
        except BadExamples as exc:
            raise TrainingFailed(f"{path.parent}/{exc}") from exc
        return
    document = _document(path)
    if name.startswith("data/"):
        _check_sentences(path, document)


def _document(path: Path) -> Node | None:
    raw = path.read_bytes()
    try:
        return yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as exc:
        raise _wrong(path, raw[: exc.start].count(b"\n"), "is not UTF-8 here; save the file as UTF-8") from exc
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        tab = re.search(r"\\t|\btab\b", str(exc.problem))
        mend = "indent with blanks, not with a tab" if tab else "indent as the lines around it, and close every quote"
        raise _wrong(path, mark.line if mark else 0, f"is no YAML ({exc.problem}); {mend}") from exc
    except yaml.reader.ReaderError as exc:
        line = raw.decode("utf-8-sig")[: exc.position].count("\n")
        raise _wrong(path, line, "holds a control character; take it out") from exc


def _check_sentences(path: Path, document: Node | None) -> None:
    blocks = _value(document, "nlu")
    if not isinstance(blocks, SequenceNode):
        line = blocks.start_mark.line if blocks is not None else 0
        raise _wrong(path, line, f"needs a list under `nlu:`; {_FORM}")
    for block in blocks.value:
        line = block.start_mark.line
        kinds = _keys(block)
        if not kinds & _KINDS:
            there = f"`{sorted(kinds)[0]}` is not known here" if kinds else "names no intent"
            raise _wrong(path, line, f"{there}; {_FORM}")
        if kinds & _OTHER_KINDS:
            continue
        intent = _value(block, "intent")
        if not isinstance(intent, ScalarNode) or not intent.value.strip():
            raise _wrong(path, line, f"names no intent; {_FORM}")
        _check_examples(path, line, intent.value, _value(block, "examples"))


def _check_examples(path: Path, line: int, intent: str, examples: Node | None) -> None:
    if not isinstance(examples, ScalarNode):
        at = examples.start_mark.line if examples is not None else line
        raise _wrong(path, at, f"{intent}: has no examples; {_FORM}")
    said = examples.value.split("\n")
    # Only of a literal block is each line of the text a line of the file.
    first = examples.start_mark.line + 1 if examples.style == _LITERAL else None
    for number, sentence in enumerate(said):
        if sentence.strip() and not f"{sentence.strip()} ".startswith(_ITEM):
            at = examples.start_mark.line if first is None else first + number
            raise _wrong(path, at, f"{intent}: a sentence begins with `- `; put that before it")
    if not any(sentence.strip().removeprefix("-").strip() for sentence in said):
        raise _wrong(path, examples.start_mark.line, f"{intent}: has no examples; {_FORM}")


def _keys(node: Node) -> set[str]:
    return {str(key.value) for key, _ in node.value} if isinstance(node, MappingNode) else set()


def _value(node: Node | None, wanted: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for key, value in pairs if key.value == wanted), None)


def _wrong(path: Path, line: int, what: str) -> TrainingFailed:
    return TrainingFailed(f"{path}:{line + 1}: {what}")
