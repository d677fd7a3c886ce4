"""Config, endpoints, credentials, prompts and the rest of a domain (dialogue-semantics 1.8, 2.3, 7.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from talkwright.assistant.compatibility import COMPATIBILITIES, OWN_SETTINGS
from talkwright.assistant.parsing.domain import parse_session
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references import references
from talkwright.assistant.validation.check import Check, remove
from talkwright.assistant.validation.components import check_components, check_model_groups, check_secrets
from talkwright.assistant.validation.search import check_search
from talkwright.assistant.validation.setting_keys import (
    check_channels,
    check_config_keys,
    check_domain_keys,
    check_endpoints_keys,
)
from talkwright.assistant.validation.stories import check_forms

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|x-[a-z0-9-]+")
_PLACEHOLDER_IDS = ("default", "placeholder_default", "assistant", "your_assistant_id", "unique-assistant-name")
_OPERATED = {
    "tracker_store": "where conversations are kept",
    "event_broker": "where events are sent",
    "lock_store": "how turns are locked",
    "models": "where models are fetched from",
}
_JINJA = ImmutableSandboxedEnvironment()


def _map(check: Check) -> Mapping[str, Any] | None:
    if check.body is None:
        return {}
    if isinstance(check.body, Mapping):
        return check.body
    check.findings.wrong_shape("", f"The file “{check.name}”", "a map of keys", check.body)
    return None


def check_config(check: Check) -> None:
    """Checks one config file."""
    config = _map(check)
    if config is None:
        return
    merged = check.facts.settings("config")
    assistant_id = merged.get("assistant_id")
    if not assistant_id:
        check.findings.warning(
            "assistant-id-missing",
            "",
            "The config has no `assistant_id`. Add one that is unique among your assistants: events of a running bot"
            " are told apart by it.",
        )
    elif "assistant_id" in config and str(config["assistant_id"]) in _PLACEHOLDER_IDS:
        check.findings.warning(
            "assistant-id-placeholder",
            "/assistant_id",
            f"`assistant_id` is still the placeholder `{config['assistant_id']}`. Give the assistant an id of its own.",
        )
    check_config_keys(check, config)
    _check_languages(check, config)
    _check_own(check, config)
    check_components(check, config)
    check_search(check, config)
    check_secrets(check, config)
    check_model_groups(check, config)
    _check_named(check)


def _check_languages(check: Check, config: Mapping[str, Any]) -> None:
    language = config.get("language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        check.findings.error(
            "language-code",
            "/language",
            f"`language` is `{language}`, which is no language code. Write one such as `en`, `de` or `pt-BR`.",
        )
    additional = config.get("additional_languages")
    if additional is None:
        return
    if not isinstance(additional, list):
        check.findings.wrong_shape(
            "/additional_languages", "`additional_languages`", "a list of language codes", additional
        )
        return
    for index, code in enumerate(additional):
        at = f"/additional_languages/{index}"
        if code == language:
            check.findings.error(
                "language-twice",
                at,
                f"`{code}` is the default language already and can't be an additional one.",
                remove(at),
            )
        elif not (isinstance(code, str) and _LANGUAGE.fullmatch(code)):
            check.findings.error(
                "language-code", at, f"`{code}` is no language code. Write one such as `en`, `de` or `pt-BR`."
            )


def _check_own(check: Check, config: Mapping[str, Any]) -> None:
    """Checks what Talkwright reads beyond the public format, under one key."""
    own = config.get(OWN_SETTINGS)
    if own is None:
        return
    at = f"/{OWN_SETTINGS}"
    if not isinstance(own, Mapping):
        check.findings.wrong_shape(at, f"`{OWN_SETTINGS}`", "a map of settings", own)
        return
    written = own.get("compatibility")
    if written is not None and written not in COMPATIBILITIES:
        check.findings.error(
            "compatibility-unknown",
            f"{at}/compatibility",
            f"`compatibility` is `{written}`, which is no profile. Write one of {', '.join(COMPATIBILITIES)}.",
        )


def _check_named(check: Check) -> None:
    for reference in references(check.findings.kind, check.name, check.body):
        kinds = ("prompt", "file") if reference.kind == "prompt" else (reference.kind,)
        if not any(check.facts.has(kind, reference.name) for kind in kinds):
            check.missing(reference, f"The file “{check.name}”", severe=False)


def check_endpoints(check: Check) -> None:
    """Checks one endpoints file."""
    endpoints = _map(check)
    if endpoints is None:
        return
    for key, what in _OPERATED.items():
        if endpoints.get(key):
            check.findings.hint(
                "operated-elsewhere",
                f"/{key}",
                f"`{key}` says {what} in production; it is kept, and Talkwright's own jobs don't use it.",
            )
    check_endpoints_keys(check, endpoints)
    _check_action_endpoint(check, endpoints.get("action_endpoint"))
    _check_model_groups(check, endpoints.get("model_groups"))
    check_secrets(check, endpoints)
    check_model_groups(check, endpoints)
    _check_named(check)


def _check_action_endpoint(check: Check, endpoint: Any) -> None:
    if not isinstance(endpoint, Mapping):
        return
    if endpoint.get("actions_module"):
        check.findings.warning(
            "actions-module-refused",
            "/action_endpoint/actions_module",
            "`actions_module` runs the project's code beside the bot, which is done only where whoever runs it allows"
            " that: a studio's operator by TALKWRIGHT_JOB_PROJECT_CODE, for `talkwright run` and `shell` the variable"
            " TALKWRIGHT_ENGINE_ACTIONS_FOLDER. Else start an action server and give its address as `url`.",
        )
    url = endpoint.get("url")
    if isinstance(url, str) and "${" not in url and not re.match(r"(https?|grpc)://", url):
        check.findings.error(
            "action-endpoint-url",
            "/action_endpoint/url",
            f"The action server's `url` is `{url}`; write an address such as `http://localhost:5055/webhook`.",
        )


def _check_model_groups(check: Check, groups: Any) -> None:
    seen: set[str] = set()
    for index, group in enumerate(groups if isinstance(groups, list) else ()):
        at = f"/model_groups/{index}"
        if not isinstance(group, Mapping) or not group.get("id"):
            check.findings.error("model-group-without-id", at, "A model group needs an `id`.")
            continue
        if str(group["id"]) in seen:
            check.findings.error(
                "model-group-twice",
                pointer_join(at, "id"),
                f"There are two model groups with the id `{group['id']}`. Rename one.",
            )
        seen.add(str(group["id"]))
        models = group.get("models")
        providers = (
            {str(model.get("provider")) for model in models if isinstance(model, Mapping)}
            if isinstance(models, list)
            else set()
        )
        if len(providers) > 1:
            check.findings.warning(
                "model-group-mixed",
                pointer_join(at, "models"),
                f"The model group `{group['id']}` mixes providers: {', '.join(sorted(providers))}.",
            )


def check_credentials(check: Check) -> None:
    """Checks one credentials file."""
    credentials = _map(check)
    if credentials is not None:
        check_channels(check, credentials)
        check_secrets(check, credentials)


def check_prompt(check: Check) -> None:
    """Checks that a prompt file is a Jinja template."""
    if not isinstance(check.body, str):
        return
    try:
        _JINJA.parse(check.body)
    except TemplateSyntaxError as error:
        check.findings.error(
            "template-broken",
            "",
            f"The prompt “{check.name}” can't be read as Jinja (line {error.lineno}): {error.message}.",
        )
    except RecursionError:
        check.findings.error("template-broken", "", f"The prompt “{check.name}” is nested too deeply.")


def check_domain(check: Check) -> None:
    """Checks the rest of a domain: its keys, session settings and forms."""
    rest = _map(check)
    if rest is None:
        return
    check_domain_keys(check, rest)
    parse_session(rest, check.findings)
    if rest.get("forms") is not None:
        check_forms(check)
    for reference in references("domain", check.name, rest):
        if reference.kind == "slot" and check.facts.slot(reference.name) is None:
            check.missing(reference, "A form")
        elif reference.kind == "intent" and not check.facts.has("intent", reference.name):
            check.missing(reference, "A form", severe=False)
