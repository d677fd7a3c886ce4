"""`credentials.yml` to channels: the built-in ones by name, connectors of the operator's own by their module path."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from talkwright.engine.channels.channel import Channel, ChannelError, Setting
from talkwright.engine.channels.rest import RestChannel
from talkwright.engine.lines import say
from talkwright.engine.variables import expand

_MODULE_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_SILENT = frozenset({"rasa"})
"""Sections of other products' servers that ask for nothing of a bot."""
_BUILT_IN = ("rest", "callback", "socketio")


def open_channels(credentials: Mapping[str, Any], setting: Setting, *, project_code: bool) -> Sequence[Channel]:
    """The channels of a bot; `rest` is always among them. One that can't be opened is said, and left out.

    `project_code`: whether classes that the credentials name may be loaded into this process.
    """
    channels: dict[str, Channel] = {"rest": RestChannel(setting)}
    for name, values in credentials.items():
        try:
            channel = _channel(str(name), _setting(setting, values), project_code=project_code)
        except ChannelError as problem:
            say("warning", f"The channel `{name}` of credentials.yml is not open: {problem}")
            continue
        if channel is not None:
            channels[channel.name] = channel
    return tuple(channels.values())


def _setting(setting: Setting, values: Any) -> Setting:
    if values is not None and not isinstance(values, Mapping):
        raise ChannelError("its value must be a map, or empty.")
    found = expand(dict(values or {}))
    unset = next(_unset(found), None)
    if unset is not None:
        raise ChannelError(f"it needs the environment variable {unset}, which is not set here.")
    return replace(setting, values=found)


def _unset(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _unset(one)


def _channel(name: str, setting: Setting, *, project_code: bool) -> Channel | None:
    if name in _SILENT or name == "rest":
        return None
    if name == "callback":
        from talkwright.engine.channels.callback import CallbackChannel  # noqa: PLC0415 - only what a bot needs

        return CallbackChannel(setting)
    if name == "socketio":
        from talkwright.engine.channels.sockets import SocketChannel  # noqa: PLC0415 - as above

        return SocketChannel(setting)
    if not _MODULE_PATH.fullmatch(name):
        known = ", ".join(f"`{one}`" for one in _BUILT_IN)
        raise ChannelError(f"there is no such channel; there are {known}, and classes by their module path.")
    if not project_code:
        raise ChannelError(
            "it would run code of its own inside the bot. Whoever runs the bot may allow that by"
            " TALKWRIGHT_ENGINE_PROJECT_CODE=true, a studio's operator by TALKWRIGHT_JOB_PROJECT_CODE."
        )
    return _connector(name, setting)


def _connector(path: str, setting: Setting) -> Channel:
    """A connector by its module path; whatever goes wrong in code that is not ours is told in words."""
    module_name, _, class_name = path.rpartition(".")
    try:
        made = getattr(importlib.import_module(module_name), class_name)(setting)
    except ChannelError:
        raise
    except Exception as fault:
        raise ChannelError(f"`{path}` can't be loaded ({type(fault).__name__}: {str(fault)[:200]}).") from fault
    missing = [part for part in ("name", "routes", "send", "close") if not hasattr(made, part)]
    if missing:
        raise ChannelError(f"`{path}` is no connector: it has no {', '.join(missing)} (docs/formats/engine-api.md).")
    channel: Channel = made
    return channel
