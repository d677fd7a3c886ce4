"""Roles, and the one question that is asked of them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from talkwright.identity.principal import Principal, allowed, visible_assistants
from talkwright.identity.roles import BUILT_IN, PERMISSIONS, permissions_of, roles_from_claim

MINE, OTHER = uuid4(), uuid4()


def test_there_are_nine_roles_and_one_may_do_everything() -> None:
    assert len(BUILT_IN) == 9
    assert permissions_of(["superuser"]) == PERMISSIONS
    assert all(role.permissions <= PERMISSIONS for role in BUILT_IN)
    assert [role.key for role in BUILT_IN if "users:manage" in role.permissions] == ["superuser"]


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("flow-builder", ["flows:write", "nlu:write", "trainings:write"], ["settings:write", "assistants:create"]),
        ("nlu-editor", ["nlu:write", "content:read"], ["flows:write", "responses:write"]),
        ("annotator", ["conversations:annotate"], ["nlu:write", "content:read"]),
        ("lead-annotator", ["conversations:assign", "responses:write"], ["flows:write"]),
        ("business-user", ["chats:write", "content:read"], ["flows:write", "trainings:write"]),
        ("developer", ["settings:write", "assistants:create", "assistants:import"], ["users:manage"]),
        ("conversation-analyst", ["conversations:tag"], ["content:read"]),
        ("conversation-viewer", ["conversations:read"], ["conversations:tag"]),
    ],
)
def test_a_role_allows_what_its_name_says(role: str, may: list[str], may_not: list[str]) -> None:
    assert set(may) <= permissions_of([role])
    assert not set(may_not) & permissions_of([role])


def test_names_in_tokens_are_read_however_they_are_spelt() -> None:
    claim = ["SuperUser", "Flow Builder", "NLU_EDITOR", "unknown", None, 3, ["superuser"]]
    assert roles_from_claim(claim) == {"superuser", "flow-builder", "nlu-editor"}


def test_a_grant_counts_in_its_assistant_only() -> None:
    guest = Principal(user_id=uuid4(), display="Guest", grants={MINE: frozenset({"flow-builder"})})
    assert allowed(guest, "flows:write", MINE)
    assert not allowed(guest, "flows:write", OTHER)
    assert not allowed(guest, "flows:write")
    assert visible_assistants(guest) == {MINE}
    assert visible_assistants(guest, "conversations:read") == frozenset()


def test_a_role_for_the_studio_counts_everywhere() -> None:
    builder = Principal(user_id=uuid4(), display="Builder", roles=frozenset({"flow-builder"}))
    assert allowed(builder, "flows:write", OTHER)
    assert visible_assistants(builder) is None


def test_an_unknown_role_allows_nothing() -> None:
    assert permissions_of(["emperor"]) == frozenset()
