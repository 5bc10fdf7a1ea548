"""What goes wrong in understanding customers.

NluError
  NluUnavailable     Rasa gave no answer that can be used; the rules answer meanwhile
    NluBusy            too many messages wait for it
    NluLate            it did not answer in time
  TrainingFailed     there is no model; names the file and line where Rasa does
"""

from __future__ import annotations


class NluError(Exception):
    """Understanding failed."""


class NluUnavailable(NluError):
    """Rasa gave no answer that can be used, in time; the text says why, never what the customer wrote."""


class NluBusy(NluUnavailable):
    """So many messages wait for Rasa that this one was not put behind them, or would have come too late."""


class NluLate(NluUnavailable):
    """The deadline was over before there was an answer."""


class TrainingFailed(NluError):
    """No model came out of training; an earlier model, if there is one, is untouched."""
