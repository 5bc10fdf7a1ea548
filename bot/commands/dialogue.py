"""`shuke flows`: proofs on the flows, and pictures of them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.commands.common import console, errors, options, show_json
from bot.errors import ShukeError
from flows.engine.graph import mermaid
from flows.standard import Standard, load_standard


def add_to(app: typer.Typer) -> None:
    flows = typer.Typer(help="Check and draw the dialogue flows.", no_args_is_help=True, rich_markup_mode=None)
    flows.command("check")(check)
    flows.command("graph")(graph)
    app.add_typer(flows, name="flows")


def check(context: typer.Context) -> None:
    """Prove that every flow, ours and the shop's, can be walked to its end in both languages.

    Example: ./shuke flows check
    """
    dialogue = _load(context)
    problems = dialogue.problems()
    if options(context).json:
        show_json([{"file": one.file, "line": one.line, "text": one.text} for one in problems])
    else:
        for problem in problems:
            errors.print(str(problem), markup=False)
        if not problems:
            console.print(f"{len(dialogue.book.flows)} flows: nothing to mend", markup=False)
    if problems:
        sys.exit(2)


def graph(context: typer.Context, flow: Annotated[str, typer.Argument(help="The flow's name.")]) -> None:
    """Draw a flow, in Mermaid's words.

    Example: ./shuke flows graph track_order
    """
    flows = _load(context).book.flows
    if flow not in flows:
        raise ShukeError(f"there is no flow {flow}; there are {', '.join(sorted(flows))}")
    sys.stdout.write(mermaid(flows[flow]))


def _load(context: typer.Context) -> Standard:
    overlay = options(context).settings().overlay / "flows"
    return load_standard(overlay if overlay.is_dir() else None)
