"""Taking rows out of the training data, stopped in its middle: no model goes on knowing what was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu import forgetting
from nlu.forgetting import MARK, forget_rows

SPOKEN = "01KB2M8QY5T6ZC3X9V7N4R1S0D"


def test_models_are_marked_before_any_row_is_gone_and_the_rest_is_done_when_called_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, model = tmp_path / "data" / "more.yml", tmp_path / "models" / "0123.tar.gz"
    for path in (rows, model):
        path.parent.mkdir()
    rows.write_text(f"    - my parcel?  # from {SPOKEN}\n    - somebody else's\n")
    model.write_bytes(b"")

    def stopped(_path: Path, _text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "_put", stopped)
        with pytest.raises(KeyboardInterrupt):
            forget_rows(rows.parent, {SPOKEN}, models=model.parent)
    marked = model.with_name(model.name + MARK).exists()
    taken = forget_rows(rows.parent, {SPOKEN}, models=model.parent)

    assert (marked, taken) == (True, 1)
    assert rows.read_text() == "    - somebody else's\n"
