"""What runs in the process beside a bot that runs its project's actions itself; rasa-sdk there is what knows actions.

It is a program of its own, given to another Python as text, and needs nothing but that package. Requests and answers
are JSON after their length in four bytes, by standard input and output; what actions print goes to standard error.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import struct
import sys
import threading
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")


class Host:
    """Runs each request in a thread of its own, so that one that hangs holds up no other."""

    def __init__(self, executor: Any, known: dict[type[Exception], int], out: BinaryIO) -> None:
        self._executor = executor
        self._known = known
        self._out = out
        self._saying = threading.Lock()

    def say(self, value: Any) -> None:
        """One answer."""
        data = json.dumps(value, default=str).encode()
        with self._saying:
            self._out.write(_LENGTH.pack(len(data)) + data)
            self._out.flush()

    def begin(self, request: dict[str, Any]) -> None:
        """Run one request beside others."""
        threading.Thread(target=self._run, args=(request,), daemon=True).start()

    def _run(self, request: dict[str, Any]) -> None:
        try:
            result = asyncio.run(self._executor.run(request["call"]))
            status, body = 200, result.model_dump() if result is not None else None
        except Exception as fault:  # whatever an action raises is told, and the next one runs
            status = next((code for kind, code in self._known.items() if isinstance(fault, kind)), 500)
            body = {"error": str(getattr(fault, "message", "")) or f"it raised {type(fault).__name__}"}
            if status == 500:
                sys.excepthook(type(fault), fault, fault.__traceback__)
        self.say({"id": request["id"], "status": status, "body": body})


def main(module: str) -> None:
    """Load the actions, say so, and run what is asked for until nobody asks any more."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        sdk = importlib.import_module("rasa_sdk.executor")
        faults = importlib.import_module("rasa_sdk.interfaces")
    except ImportError:
        _refuse(out, "sdk", "")
        return
    executor = sdk.ActionExecutor()
    known = {
        faults.ActionExecutionRejection: 400,
        faults.ActionNotFoundException: 404,
        faults.ActionMissingDomainException: 449,
    }
    host = Host(executor, known, out)
    try:
        executor.register_package(module)
    except (Exception, SystemExit) as fault:  # the package ends the process where a module can't be imported
        _refuse(out, "module", type(fault).__name__)
        raise
    host.say({"ready": sorted(executor.actions)})
    while head := sys.stdin.buffer.read(_LENGTH.size):
        host.begin(json.loads(sys.stdin.buffer.read(*_LENGTH.unpack(head))))
    os._exit(0)  # the bot is gone, and an action that hangs must not keep this process


def _refuse(out: BinaryIO, what: str, why: str) -> None:
    data = json.dumps({"refused": what, "why": why}).encode()
    out.write(_LENGTH.pack(len(data)) + data)
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
