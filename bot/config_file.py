"""Reads config.yml: YAML in UTF-8, a key once, and 21:00 a time of day."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from bot.errors import SettingsError

_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"


class _Loader(yaml.SafeLoader):
    """YAML 1.1 with decimal numbers alone: it would read an unquoted 21:00 as 1260, and a key twice as its last."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the library's own way of saying it
        first: [(tag, form) for tag, form in resolvers if tag not in (_INT, _FLOAT)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(_FLOAT, re.compile(r"[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789"))


def read_config(path: Path, *, must_exist: bool, name: str | None = None) -> dict[str, Any]:
    """Return what a settings file holds, by section; nothing where there need not be one and is none.

    Errors call it ``name``, or as the file itself is called.

    Raises:
        SettingsError: it cannot be read, or is not YAML with sections; names the file, the line and the mend.
    """
    name = name or path.name
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(
                f"{path}: there is no such file; name one that is there, or leave --config out"
            ) from None
        return {}
    except OSError as exc:
        raise SettingsError(f"{path}: cannot be read ({exc.strerror}); give a file that you may read") from None
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{name}: is not UTF-8 (byte {exc.start}); save it as UTF-8") from None
    try:
        given = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise SettingsError(f"{name}:{mark.line + 1 if mark else 1}: is not YAML: {exc.problem}") from None
    except yaml.reader.ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        raise SettingsError(f"{name}:{line}: holds a character that YAML does not take; delete it") from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise SettingsError(f"{name}:1: has to hold sections such as shop:, not a {type(given).__name__}")
    return {str(section): content for section, content in given.items()}
