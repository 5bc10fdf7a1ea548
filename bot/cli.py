"""The `shuke` commands. Exit 0 is done, 2 means that the input was refused: one line says where and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError
from typer.exceptions import TyperException

from bot.commands import (
    api,
    care,
    coupon,
    data,
    database,
    desk,
    dialogue,
    doctor,
    funnel,
    nlu,
    privacy,
    run,
    talk,
    team,
    upgrading,
    user,
    world,
)
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
    store: Annotated[
        str | None, typer.Option(help="The database: sqlite:///PATH or postgresql://USER@HOST/NAME.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON where something is shown.")] = False,
) -> None:
    """Keep the global options for the command that follows."""
    context.obj = Options(config, store, json)


for module in (
    talk, run, world, nlu, dialogue, data, coupon, funnel, privacy, care, desk, user, team, api, database, upgrading,
    doctor,
):  # fmt: skip
    module.add_to(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command, with ``arguments`` or those of the process."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(global_options_first(given), prog_name="shuke", standalone_mode=False)
    except TyperException as exc:
        _say_usage(exc)
        sys.exit(exc.exit_code)
    except REFUSED as exc:
        errors.print(f"shuke: {exc}", markup=False)
        sys.exit(2)
    except DBAPIError as exc:
        # The driver's words alone: the statement and its values say too much.
        errors.print(f"shuke: the database does not answer: {exc.orig}", markup=False)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def global_options_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with ``--config``, ``--store`` and ``--json`` in front, wherever they were written.

    What stands behind ``--`` is left alone.
    """
    front: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            others += [argument, *rest]
        elif argument == "--json" or argument.startswith(("--config=", "--store=")):
            front.append(argument)
        elif argument in ("--config", "--store"):
            front += [argument, *[value for value in [next(rest, None)] if value is not None]]
        else:
            others.append(argument)
    return front + others


def _say_usage(error: TyperException) -> None:
    text = error.format_message()
    if "\n" in text:  # asked for nothing: the help
        errors.print(text, markup=False)
        return
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "shuke"
    errors.print(f"shuke: {text.rstrip('.')}; {command} --help shows how it is called", markup=False)


if __name__ == "__main__":
    main()
