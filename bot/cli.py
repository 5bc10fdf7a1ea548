"""The `shuke` commands. Exit 0 is done, 2 means that the input was refused: one line says where and how to mend it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import care, data, desk, dialogue, nlu, talk, world
from bot.commands.common import Options, errors
from bot.errors import ShukeError
from care.policy import PolicyError
from crm_store.errors import StoreError
from flows.engine.marks import FlowError
from flows.replies import ReplyError
from nlu.errors import NluError

REFUSED = (ShukeError, StoreError, NluError, FlowError, ReplyError, PolicyError)

app = typer.Typer(
    name="shuke",
    help="Shuke 熟客: a customer-service bot that remembers its regulars.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def main_options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The settings file; default config.yml at the root.")] = None,
    store: Annotated[str | None, typer.Option(help="The database: sqlite:///PATH.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON where something is shown.")] = False,
) -> None:
    """Keep the global options for the command that follows."""
    context.obj = Options(config, store, json)


for module in (talk, world, nlu, dialogue, data, care, desk):
    module.add_to(app)


def main() -> None:
    """Run one command."""
    try:
        app(prog_name="shuke")
    except REFUSED as exc:
        errors.print(f"shuke: {exc}", markup=False)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
