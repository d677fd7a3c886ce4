"""What the API's description shows as examples: one small studio, the same people and ids in every operation."""

from __future__ import annotations

from typing import Any

Sample = dict[str, Any]


def _id(number: int) -> str:
    return f"01990000-0000-7000-8000-{number:012x}"


ASSISTANT_ID, FLOW_ID, RESPONSE_ID, CHANGE_ID = _id(1), _id(2), _id(3), _id(4)
VERSION_ID, TRAINING_ID, DEPLOYMENT_ID, MODEL_ID = _id(5), _id(6), _id(7), _id(8)
CHAT_ID, MESSAGE_ID, PERSON_ID, INSTANCE_ID = _id(9), _id(10), _id(11), _id(12)
_MORNING, _NOON = "2026-11-25T09:30:00Z", "2026-11-25T12:00:00Z"

PERSON: Sample = {"id": PERSON_ID, "name": "Grace"}
COUNTS: Sample = {"error": 0, "warning": 1, "hint": 2}
TOUCHED: Sample = {"at": _MORNING, "by": PERSON}

NEW_CHAT: Sample = {"id": CHAT_ID, "language": "en"}
RESTART: Sample = {"id": MESSAGE_ID}
REVERT: Sample = {"id": CHANGE_ID}
EXPRESSIONS: Sample = {"expressions": ["slots.size == 'large'"]}
NEW_DEPLOYMENT: Sample = {"id": DEPLOYMENT_ID, "version": VERSION_ID}
NEW_USER: Sample = {"username": "grace", "email": "grace@example.com", "roles": ["flow-builder"], "assistant": None}

_VERSION_NAME: Sample = {"id": VERSION_ID, "name": "tea-desk-4", "number": 4}
TRAINING: Sample = {
    "id": TRAINING_ID,
    "assistant": ASSISTANT_ID,
    "version": _VERSION_NAME,
    "state": "succeeded",
    "place": None,
    "waiting": None,
    "stage": "stored",
    "progress": 1.0,
    "reason": None,
    "problems": [],
    "created_at": _MORNING,
    "started_at": _MORNING,
    "ended_at": "2026-11-25T09:30:03Z",
    "by": PERSON,
    "deploy": True,
    "stopping": False,
    "engine": "talkwright",
}
TRAININGS: Sample = {"items": [TRAINING], "next": None}
LOG: Sample = {
    "lines": [
        {
            "number": 1,
            "at": _MORNING,
            "stage": "understanding",
            "level": "info",
            "message": "Learning from 40 sentences.",
            "progress": 0.4,
        }
    ],
    "next": 1,
}
STATE_CHANGES: Sample = {
    "items": [
        {
            "number": 12,
            "at": _MORNING,
            "source": "queued",
            "target": "running",
            "attempt": 1,
            "who": "training orchestrator 01990000-0000-7000-8000-0000000000aa",
            "why": "A consumer has taken it.",
        }
    ],
    "next": None,
}
DEPLOYMENT: Sample = {
    "id": DEPLOYMENT_ID,
    "assistant": ASSISTANT_ID,
    "environment": "try",
    "version": _VERSION_NAME,
    "training": TRAINING_ID,
    "state": "running",
    "active": True,
    "asleep": False,
    "waiting": None,
    "reason": None,
    "problems": [],
    "created_at": _MORNING,
    "ready_at": _MORNING,
    "engine": "talkwright",
}
SECRET: Sample = {
    "name": "OPENAI_API_KEY",
    "set": True,
    "given": False,
    "named_in": ["endpoints"],
    "changed_at": _MORNING,
    "by": PERSON,
}
SECRETS: Sample = {"items": [SECRET]}
SECRET_CHANGED: Sample = {"name": "OPENAI_API_KEY", "restarting": DEPLOYMENT_ID}
DEPLOYMENTS: Sample = {"items": [DEPLOYMENT], "next": None}
VERSION: Sample = {
    "id": VERSION_ID,
    "name": "tea-desk-4",
    "number": 4,
    "change": 17,
    "digest": "9b5c1f00d2a4e7b8",
    "description": "Before the new card flows",
    "created_at": _MORNING,
    "by": PERSON,
    "training": TRAINING,
    "model": {"id": MODEL_ID, "bytes": 412_300},
    "model_deleted": None,
    "active": True,
}
VERSIONS: Sample = {"items": [VERSION], "next": None}

SUMMARY: Sample = {
    "id": ASSISTANT_ID,
    "name": "tea-desk",
    "title": "Tea desk",
    "language": "en",
    "additional_languages": ["de"],
    "problems": COUNTS,
    "counts": {"flow": 3, "response": 12, "slot": 4},
    "training": TRAINING,
    "deployment": DEPLOYMENT,
    "failed_start": None,
    "last_change": {"number": 17, "at": _MORNING, "by": PERSON, "words": "Changed the text of utter_greet"},
    "permissions": ["assistants:read", "content:read", "flows:write"],
    "engine": "talkwright",
}
ENGINES: Sample = {"items": ["talkwright", "rasa"]}
ASSISTANTS: Sample = {"items": [SUMMARY], "next": None}
REPORT: Sample = {
    "items": {"flow": 3, "response": 12},
    "files": [{"path": "data/flows.yml", "items": 3, "kept": False}],
    "left_out": [".git"],
    "problems": [],
    "change": 1,
}
IMPORTED: Sample = {"assistant": SUMMARY, "report": REPORT}
EXAMPLE: Sample = {
    "name": "bank",
    "title": "Garden Centre",
    "description": "Accounts, cards and payments.",
    "languages": ["en", "de"],
}

PROBLEM: Sample = {
    "key": "response-unused|response|utter_bye||/||",
    "code": "response-unused",
    "severity": "hint",
    "message": "No flow says “utter_bye”. Delete it, or say it in a flow.",
    "kind": "response",
    "name": "utter_bye",
    "item": RESPONSE_ID,
    "step": None,
    "path": "",
    "line": 12,
    "file": "domain.yml",
    "fix": None,
}
PROBLEMS: Sample = {"items": [PROBLEM], "counts": {"error": 0, "warning": 0, "hint": 1}}
_BODY = [{"text": "Hello!"}]
_PART: Sample = {"file": "domain.yml", "place": "/responses/utter_greet", "source": "  - text: Hello!\n"}
_NAMED: Sample = {"id": RESPONSE_ID, "kind": "response", "name": "utter_greet"}
ITEM: Sample = {
    **_NAMED,
    "builtin": False,
    "revision": 3,
    "body": _BODY,
    "parts": [_PART],
    "problems": [],
    "change": 17,
    "changed": TOUCHED,
    "keys": None,
    "conditions": None,
    "responses": None,
    "slots": None,
}
ITEMS: Sample = {
    "items": [
        {
            **_NAMED,
            "builtin": False,
            "revision": 3,
            "title": None,
            "text": "Hello!",
            "extra": {"variations": 1, "buttons": 0, "languages": ["en"]},
            "used": 2,
            "problems": {"error": 0, "warning": 0, "hint": 0},
            "changed": TOUCHED,
            "as_it_came": False,
        }
    ],
    "next": None,
    "change": 17,
}
HISTORY: Sample = {
    "items": [
        {
            "change": 17,
            "at": _MORNING,
            "by": PERSON,
            "words": "Changed the text of utter_greet",
            "revision": 3,
            "deleted": False,
        }
    ],
    "next": None,
}
CHANGES: Sample = {
    "items": [
        {
            "number": 17,
            "id": CHANGE_ID,
            "at": _MORNING,
            "by": PERSON,
            "source": "editor",
            "words": "Changed the text of utter_greet",
            "reverts": None,
            "items": [{**_NAMED, "did": "changed"}],
        }
    ],
    "next": None,
}
REVISION: Sample = {"body": _BODY, "parts": [_PART]}
USES: Sample = {
    "items": [
        {
            "item": {"id": FLOW_ID, "kind": "flow", "name": "order_tea"},
            "step": "greet",
            "path": "/steps/0/action",
            "text": "utter_greet",
        }
    ],
    "next": None,
}
CHANGE_ANSWER: Sample = {
    "change": 17,
    "items": [
        {**_NAMED, "revision": 3, "body": _BODY, "parts": [_PART], "keys": None, "problems": [], "deleted": False}
    ],
}
CONDITIONS: Sample = {
    "conditions": {
        "slots.size == 'large'": {
            "tree": None,
            "words": [
                {"text": "size", "role": "slot", "name": "size"},
                {"text": "is", "role": "operator"},
                {"text": "large", "role": "value"},
            ],
            "error": None,
        }
    }
}

CHAT: Sample = {
    "id": CHAT_ID,
    "title": "I'd like some tea",
    "created_at": _NOON,
    "by": PERSON,
    "language": "en",
    "deployment": DEPLOYMENT_ID,
    "turns": 1,
}
PROMPTS: Sample = {
    "prompts": [
        {
            "component": "CompactLLMCommandGenerator",
            "prompt": "Your task is to choose actions for an assistant.",
            "answer": "start flow order_tea",
            "model": "gpt-4o-mini",
            "prompt_tokens": 812,
            "completion_tokens": 5,
            "ms": 418.2,
        }
    ]
}
SUGGESTIONS: Sample = {"texts": ["I'd like some tea", "Where is my order?"], "greets": True}
CHATS: Sample = {"items": [CHAT], "next": None}
_TURN: Sample = {
    "number": 1,
    "session": 1,
    "at": _NOON,
    "duration_ms": 14,
    "user": {"text": "I'd like some tea", "title": None, "message_id": MESSAGE_ID},
    "entries": [{"kind": "flow_started", "flow": "order_tea"}, {"kind": "bot", "text": "Which size of cup?"}],
}
_STATE: Sample = {"stack": [], "flow": "order_tea", "step": "ask_size", "slots": {}, "terminated": False}
ANSWER: Sample = {"turn": _TURN, "state": _STATE}
TIMELINE: Sample = {"turns": [_TURN], "state": _STATE, "next": None}

INSTANCE: Sample = {
    "name": "Talkwright",
    "version": "0.1.0",
    "instance": INSTANCE_ID,
    "first_administrator_needed": False,
    "left_out": {"names": [".git", "node_modules"], "beginnings": [".env"]},
}
SESSION: Sample = {
    "person": PERSON,
    "roles": ["flow-builder"],
    "permissions": ["assistants:read", "flows:write"],
    "csrf": "Yk3vT0…",
    "instance": INSTANCE_ID,
}
SIGNED_OUT: Sample = {"redirect": "https://studio.example.com/"}
USERS: Sample = {
    "items": [
        {
            "id": PERSON_ID,
            "name": "Grace",
            "email": "grace@example.com",
            "usernames": ["grace"],
            "has_account_here": True,
            "disabled": False,
            "roles": ["flow-builder"],
            "grants": [{"assistant": ASSISTANT_ID, "role": "developer"}],
            "created_at": _MORNING,
            "seen_at": _NOON,
        }
    ],
    "next": None,
}
LINK = "https://studio.example.com/auth/password?token=…"
INVITED: Sample = {"id": PERSON_ID, "link": LINK}
PASSWORD_LINK: Sample = {"link": LINK}
ROLES: Sample = {
    "items": [{"key": "nlu-editor", "title": "NLU editor", "permissions": ["assistants:read", "nlu:write"]}]
}
