"""`python -m bot`: the `shuke` command, which takes Ctrl-C from its first moment on."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130


def main() -> None:
    """Run the command that the process was called with."""
    # To import everything takes a second, and Python answers a Ctrl-C in it with a traceback.
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from bot.cli import main as run_command

    signal.signal(signal.SIGINT, before)
    run_command()


if __name__ == "__main__":
    main()
