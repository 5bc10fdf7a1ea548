"""The role that understands: Rasa as a child process; and the understanding that others get from it."""

from __future__ import annotations

from pathlib import Path

from bot.listening import Listening
from bot.nlu_figures import NluFigures
from bot.running.parts import Parts, Say
from bot.running.process import Process
from bot.settings import Settings
from bot.wiring import build_classifier, build_understander
from nlu.rasa_address import published
from nlu.rasa_fleet import RasaFleet


async def start_rasa(settings: Settings, parts: Parts, model: Path) -> RasaFleet:
    """Keep Rasas of ``model``, or of one that is chosen later, alive; they are ready some seconds later."""
    rasa = RasaFleet(settings.nlu, model, publish_in=settings.var)
    await parts.beside("Rasa", rasa.run(), rasa.stop)
    return rasa


async def announce(rasa: RasaFleet, parts: Parts, say: Say) -> None:
    """Say when ``rasa`` is ready, without waiting for it here."""

    async def wait_and_say() -> None:
        await rasa.until_ready()
        say("  understanding: Rasa is up")

    await parts.beside("the announcement", wait_and_say())


async def run_nlu(settings: Settings, parts: Parts, say: Say, *, model: Path) -> None:
    """Start the role: Rasas for the workers of this machine, beside the others that there are."""
    rasa = await start_rasa(settings, parts, model)
    await announce(rasa, parts, say)


def open_understanding(process: Process, *, by_rasa: bool = True) -> Listening:
    """Return what turns ask: the Rasas of this machine; keyword rules while there is none, or without ``by_rasa``."""
    var = process.settings.var
    classifier = build_classifier(process.settings, lambda: published(var)) if by_rasa else None
    if classifier is not None:
        process.parts.stack.push_async_callback(classifier.aclose)
        process.metrics.watch_breaker(lambda: classifier.is_left_alone)
        process.metrics.registry.register(NluFigures(classifier))
    return Listening(build_understander(process.settings, classifier), process.store, process.clock)
