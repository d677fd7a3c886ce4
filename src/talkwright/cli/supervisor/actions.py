"""Runs an action server of rasa-sdk on a socket that it inherits; a script for the Python that has rasa-sdk.

`python actions.py FD FOLDER` serves the package `actions` of FOLDER and ends with the process that started it.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import socket
import sys


def main() -> None:
    """Serve until told to stop."""
    descriptor, folder = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG
    supervisor = os.environ.get("TALKWRIGHT_SUPERVISOR")
    if supervisor is not None and os.getppid() != int(supervisor):
        sys.exit(1)
    sys.path.insert(0, folder)
    executor = importlib.import_module("rasa_sdk.executor").ActionExecutor()  # only this script's own Python has it
    executor.register_package("actions")
    app = importlib.import_module("rasa_sdk.endpoint").create_app(executor)
    app.run(sock=socket.socket(fileno=descriptor), single_process=True, motd=False, access_log=False)


if __name__ == "__main__":
    main()
