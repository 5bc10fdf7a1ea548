"""Starts the `rasa` command, with the arguments given, as a well-behaved child.

Runs in Rasa's own Python. Rasa takes its token from the command line alone, where
every local user could read it; here it comes by the environment and becomes an
argument inside the process. And a parent that is killed takes this child along:
a forgotten Rasa would hold its memory for ever.
"""

import ctypes
import os
import signal
import sys
import warnings

TOKEN = "SHUKE_NLU_TOKEN"
PARENT = "SHUKE_NLU_PARENT"
TENSORFLOW = "SHUKE_NLU_TENSORFLOW"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    if sys.platform == "linux":
        die_with(int(os.environ.pop(PARENT)))
    token = os.environ.pop(TOKEN, None)
    sys.argv = ["rasa", *sys.argv[1:], *(["--auth-token", token] if token else [])]

    # Python's warnings quote what was being read, and that may be a customer's message.
    warnings.showwarning = lambda *_args, **_options: None
    if os.environ.pop(TENSORFLOW) == "absent":
        import without_tensorflow

        without_tensorflow.install()
    from rasa.__main__ import main as rasa

    rasa()


def die_with(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before we asked to be told.
    if os.getppid() != parent:
        sys.exit("the application that started Rasa is gone")


if __name__ == "__main__":
    main()
