"""The intents that there are, in the order in which the domain names them."""

from __future__ import annotations

from pathlib import Path

import yaml

from nlu.errors import NluError
from nlu.settings import RASA_FOLDER


def intent_names(folder: Path = RASA_FOLDER, overlay: Path | None = None) -> tuple[str, ...]:
    """Return the intents of ``domain.yml`` in ``overlay``, the shop's own folder, or else in ``folder``.

    Raises:
        NluError: the file cannot be read, or names no intents.
    """
    own = overlay / "domain.yml" if overlay is not None else None
    path = own if own is not None and own.is_file() else folder / "domain.yml"
    try:
        domain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as exc:
        raise NluError(f"{path}: cannot be read as YAML ({type(exc).__name__}); mend or remove it") from exc
    intents = domain.get("intents") if isinstance(domain, dict) else None
    if not isinstance(intents, list) or not intents:
        raise NluError(f"{path}: names no intents; write them as a list under `intents`")
    # Rasa takes an intent with settings of its own as a mapping of one.
    return tuple(str(next(iter(one)) if isinstance(one, dict) else one) for one in intents)
