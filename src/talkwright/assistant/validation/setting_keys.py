"""The keys of settings files: what is none is told, with the likely meant one (dialogue-semantics 7.2, 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkwright.assistant.compatibility import OWN_SETTINGS
from talkwright.assistant.parsing.shape import closest, shape_name
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.project.structure import OWN_KEYS
from talkwright.assistant.validation.check import Check

_CONFIG = frozenset(
    {
        "recipe",
        "version",
        "assistant_id",
        "language",
        "additional_languages",
        "pipeline",
        "policies",
        "importers",
        OWN_SETTINGS,
    }
)
_DOMAIN = OWN_KEYS | {"forms", "e2e_actions", "session_config", "config", "store_entities_as_slots"}
_ENDPOINTS = frozenset(
    {
        "action_endpoint",
        "tracker_store",
        "event_broker",
        "lock_store",
        "models",
        "model_groups",
        "mcp_servers",
        "nlg",
        "nlu",
        "vector_store",
        "tracing",
        "metrics",
        "privacy",
        "secrets_manager",
    }
)
_ADDRESSED = frozenset({"tracker_store", "event_broker", "lock_store", "models", "nlg", "nlu"})
_ACTION_ENDPOINT = frozenset(
    {
        "url",
        "actions_module",
        "token",
        "token_name",
        "params",
        "headers",
        "basic_auth",
        "cafile",
        "enable_selective_domain",
    }
)
_CALLBACK = frozenset({"url", "params", "headers", "basic_auth", "token", "token_name", "cafile"})
_SOCKETS = frozenset(
    {
        "user_message_evt",
        "bot_message_evt",
        "session_persistence",
        "socketio_path",
        "namespace",
        "metadata_key",
        "jwt_key",
        "jwt_method",
        "enable_silence_timeout",
        "cors_allowed_origins",
    }
)
_CHANNELS: Mapping[str, frozenset[str] | None] = {
    "rest": None,
    "callback": _CALLBACK,
    "socketio": _SOCKETS,
    # channels of other engines, which are kept without a word
    **dict.fromkeys(
        (
            "rasa",
            "cmdline",
            "facebook",
            "slack",
            "telegram",
            "mattermost",
            "hangouts",
            "twilio",
            "twilio_voice",
            "twilio_media_streams",
            "rocketchat",
            "webexteams",
            "botframework",
            "audiocodes",
            "audiocodes_stream",
            "browser_audio",
            "genesys",
            "jambonz",
            "studio_chat",
            "inspector",
        )
    ),
}
_ENTRY = frozenset({"sticky", "non_sticky"})
_ENTRIES = ("nlu_entry", "calm_entry")


def check_config_keys(check: Check, config: Mapping[str, Any]) -> None:
    """Warns about keys of a config file, and about those under which it lists what a router decides."""
    check.findings.unknown_keys(config, _CONFIG, "", f"The file “{check.name}”")


def check_domain_keys(check: Check, rest: Mapping[str, Any]) -> None:
    """Warns about keys of a domain, where `rest` is what is no section of items."""
    check.findings.unknown_keys(rest, _DOMAIN, "", f"The domain “{check.name}”")


def check_router_keys(check: Check, path: str, settings: Mapping[str, Any], known: frozenset[str]) -> None:
    """Warns about keys of a router, where `known` are those of its own beside its lists."""
    check.findings.unknown_keys(settings, {"name", *_ENTRIES, *known}, path, f"`{settings.get('name')}`")
    for entry in _ENTRIES:
        lists = settings.get(entry)
        if isinstance(lists, Mapping):
            check.findings.unknown_keys(lists, _ENTRY, pointer_join(path, entry), f"`{entry}`")


def check_endpoints_keys(check: Check, endpoints: Mapping[str, Any]) -> None:
    """Warns about keys of an endpoints file and of its action server."""
    check.findings.unknown_keys(endpoints, _ENDPOINTS, "", f"The file “{check.name}”")
    server = endpoints.get("action_endpoint")
    if isinstance(server, Mapping):
        check.findings.unknown_keys(server, _ACTION_ENDPOINT, "/action_endpoint", "`action_endpoint`")
    for name in sorted(_ADDRESSED & endpoints.keys()):
        section = endpoints[name]
        if isinstance(section, Mapping) and "url" not in section:  # what else they may have depends on their type
            slips = {key for key in section if isinstance(key, str) and closest(key, {"url"})}
            check.findings.unknown_keys(section, {"url", *section} - slips, pointer_join("", name), f"`{name}`")


def check_channels(check: Check, credentials: Mapping[str, Any]) -> None:
    """Warns about channels that are none, and keys that a built-in one doesn't read; a dotted name is a class."""
    named = {name: values for name, values in credentials.items() if "." not in name}
    check.findings.unknown_keys(named, _CHANNELS, "", f"The file “{check.name}”")
    for name, values in named.items():
        keys = _CHANNELS.get(name)
        if keys is not None and isinstance(values, Mapping):
            check.findings.unknown_keys(values, keys, pointer_join("", name), f"The channel `{name}`")
        elif name in _CHANNELS and values is not None and not isinstance(values, Mapping):
            check.findings.warning(
                "wrong-shape",
                pointer_join("", name),
                f"What stands under the channel `{name}` must be a map of keys, or nothing, but it is"
                f" {shape_name(values)}; the channel is not opened.",
            )
