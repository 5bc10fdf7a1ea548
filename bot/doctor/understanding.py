"""Rasa's environment, its model, and the days that are holidays."""

from __future__ import annotations

from datetime import date

from bot.doctor.finding import Finding, ok, warning
from nlu.settings import NluSettings
from nlu.training import model_key


def rasa(settings: NluSettings) -> list[Finding]:
    """Is Rasa installed, and is there a model of the present data?"""
    found = []
    if settings.rasa_python.is_file():
        found.append(ok("rasa", "its environment is there"))
    else:
        told = "its environment is not installed: keyword rules answer"
        found.append(warning("rasa", told, "./shuke nlu train installs it"))
    key = model_key(settings.rasa_folder, settings.overlay)
    if (settings.models / f"{key}.tar.gz").is_file():
        found.append(ok("model", f"{key}, of the present data"))
    else:
        found.append(warning("model", "there is none of the present data", "./shuke nlu train"))
    return found


def holidays(today: date, known: bool) -> Finding:
    """Are next year's public holidays known? They are published in November; from December on that is due."""
    year = today.year + 1
    if known or today.month < 12:
        return ok("holidays", f"{year}: known" if known else f"{year}: not published yet")
    told = f"the public holidays of {year} are not in lunar-python: weekends and statutory days stand in"
    return warning("holidays", told, "bring a newer one: just lock --upgrade-package lunar-python")
