"""`shuke flows`: proofs on the flows, and pictures of them."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from bot.commands.common import Bar, console, errors, options, show_json
from bot.errors import ShukeError
from bot.wiring import build_dialogue
from crm_store.ports import SystemClock
from flows.engine.check import Problem
from flows.engine.graph import mermaid
from flows.proving.proof import WALKS, Proof, Thoroughness
from flows.proving.talks import FoundProblem
from flows.standard import Standard
from nlu.intents import intent_names


def add_to(app: typer.Typer) -> None:
    flows = typer.Typer(help="Check and draw the dialogue flows.", no_args_is_help=True, rich_markup_mode=None)
    flows.command("check")(check)
    flows.command("graph")(graph)
    app.add_typer(flows, name="flows")


def check(
    context: typer.Context,
    walks: Annotated[int, typer.Option(min=0, help="Talks at random, beside all that is tried.")] = WALKS,
    seed: Annotated[int, typer.Option(help="Which talks at random; the same seed, the same talks.")] = 1,
) -> None:
    """Prove that every flow, ours and the shop's, can be walked to its end, and each answer found, whatever is said.

    What goes wrong only in a talk is shown as the shortest talk that does.

    Example: ./shuke flows check --walks 2000 --seed 7
    """
    dialogue, nlu = _load(context), options(context).settings().nlu
    intents = intent_names(nlu.rasa_folder, nlu.overlay)
    with Bar("proving the flows") as bar:
        proof = dialogue.proof(Thoroughness(walks=walks, seed=seed), intents, bar.share)
    if options(context).json:
        show_json([_as_json(one) for one in proof.problems])
    else:
        for problem in proof.problems:
            errors.print(str(problem), markup=False)
        if not proof.problems:
            console.print(_told(dialogue, proof), markup=False)
        zone = options(context).settings().desk_hours.zone
        for entry in dialogue.knowledge.expired(SystemClock().now().astimezone(zone).date()):
            place = f"{entry.place.file}:{entry.place.line}"
            errors.print(f"{place}: not used since {entry.valid_until}: it is no longer valid", markup=False)
    if proof.problems:
        sys.exit(2)


def _told(dialogue: Standard, proof: Proof) -> str:
    tried = [one for one in proof.explored if one.states]
    return (
        f"{len(dialogue.book.flows)} flows: nothing to mend ({proof.turns:,} turns: "
        f"{sum(one.states for one in tried):,} states of {len(tried)} flows, all that answers lead to in "
        f"{sum(one.answered for one in tried)}, and all that comes in between in {sum(one.complete for one in tried)}; "
        f"{proof.walks} talks at random)"
    )


def _as_json(problem: Problem) -> dict[str, Any]:
    found = {"file": problem.file, "line": problem.line, "text": problem.text}
    return found | {"talk": list(problem.talk)} if isinstance(problem, FoundProblem) else found


def graph(context: typer.Context, flow: Annotated[str, typer.Argument(help="The flow's name.")]) -> None:
    """Draw a flow, in Mermaid's words.

    Example: ./shuke flows graph track_order
    """
    dialogue = _load(context)
    flows, replies = dialogue.book.flows, dialogue.replies

    def words(reply: str) -> list[str]:
        layouts = (replies.layout(reply, language) for language in replies.languages)
        return [layout.text for layout in layouts if layout is not None]

    if flow not in flows:
        raise ShukeError(f"there is no flow {flow}; there are {', '.join(sorted(flows))}")
    sys.stdout.write(mermaid(flows[flow], words))


def _load(context: typer.Context) -> Standard:
    return build_dialogue(options(context).settings())
