"""What goes wrong in the conversation runtime.

A channel translates every failure of its platform into one question: is it worth
trying again?

    ShukeError
      SettingsError          config.yml or the environment is wrong; names the key and the mend
      ChannelError
        ChannelRefused       never: the platform will not take this message
        ChannelBusy          later: throttled, unreachable or failing just now
"""

from __future__ import annotations

from datetime import timedelta


class ShukeError(Exception):
    """Anything that this project raises on purpose."""


class SettingsError(ShukeError):
    """A setting is missing or wrong; the text names the key and the mend."""


class ChannelError(ShukeError):
    """A message could not be handed to its platform."""


class ChannelRefused(ChannelError):
    """The platform will never take this message; trying again is useless.

    ``unreachable`` is true where the customer has blocked or left us: nothing more
    is sent to them on this channel until they write again.
    """

    def __init__(self, reason: str, *, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.unreachable = unreachable


class ChannelBusy(ChannelError):
    """The platform cannot take this message now.

    ``certain`` is false where the message may have arrived all the same (a time-out
    after the request had been written). ``absent`` is true where nothing is wrong:
    the recipient just isn't there, and may come any minute.
    """

    def __init__(self, reason: str, *, retry_after: timedelta, certain: bool = True, absent: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.certain = certain
        self.absent = absent
