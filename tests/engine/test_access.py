"""Who may use a bot's API: token, JSON web token, or everybody (wire-protocols 4.1)."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.testclient import TestClient

from talkwright.engine.agent import Agent
from talkwright.engine.model import Model
from talkwright.engine.serving.access import JwtReader

from .bot_server import served_app

SECRET = "a-secret-of-some-length-that-nobody-guesses"
TRACKER = "/conversations/ann/tracker"


def bearer(claims: dict[str, Any], *, secret: str = SECRET, method: str = "HS256") -> dict[str, str]:
    token = jwt.encode({"alg": method}, claims, OctKey.import_key(secret), algorithms=[method])
    return {"Authorization": f"Bearer {token}"}


def user(role: str, name: str = "ann", **claims: Any) -> dict[str, Any]:
    return {"user": {"username": name, "role": role}, **claims}


@pytest.fixture
def bot(workshop: Model, agent: Agent) -> TestClient:
    app = served_app(workshop, agent, token="s3cret", jwt=JwtReader(SECRET))
    return TestClient(app, raise_server_exceptions=False)


def test_an_admin_may_do_everything(bot: TestClient) -> None:
    headers = bearer(user("admin", "root"))
    assert bot.get("/status", headers=headers).status_code == 200
    assert bot.get(TRACKER, headers=headers).status_code == 200


def test_a_user_reaches_the_conversation_of_the_same_name_alone(bot: TestClient) -> None:
    headers = bearer(user("user"))
    assert bot.get(TRACKER, headers=headers).status_code == 200
    assert bot.get("/conversations/bob/tracker", headers=headers).json()["reason"] == "NotAuthorized"
    assert bot.get("/status", headers=headers).status_code == 403
    assert bot.put("/model", json={"model_file": "x"}, headers=headers).status_code == 403


def test_either_proof_is_enough_and_the_open_pages_need_none(bot: TestClient) -> None:
    assert bot.get("/status", params={"token": "s3cret"}).status_code == 200
    assert bot.get("/status").json()["code"] == 401
    for page in ("/", "/version", "/license", "/webhooks/rest/"):
        assert bot.get(page).status_code == 200


def test_a_deployments_bot_refuses_what_is_meant_for_another_one_on_every_route_and_channel(
    workshop: Model, agent: Agent
) -> None:
    bot = TestClient(served_app(workshop, agent, token="s3cret", deployment="ours"), raise_server_exceptions=False)
    message, proof = {"sender": "ann", "message": "hello"}, {"token": "s3cret"}
    for name, status in (("ours", 200), ("another", 421), ("", 421)):
        meant = {"X-Talkwright-Deployment": name}
        assert bot.get(TRACKER, params=proof, headers=meant).status_code == status
        assert bot.post("/webhooks/rest/webhook", params=proof, json=message, headers=meant).status_code == status
    assert (
        bot.post("/webhooks/rest/webhook", json=message, headers={"X-Talkwright-Deployment": "ours"}).json()["reason"]
        == "NotAuthenticated"
    ), "a studio's bot is for the studio alone"
    assert bot.get("/").status_code == 200
    assert bot.get("/nowhere", headers={"X-Talkwright-Deployment": "another"}).json()["reason"] == "MisdirectedRequest"
    assert bot.get("/status", params=proof).status_code == 200
    free = TestClient(served_app(workshop, agent), raise_server_exceptions=False)
    assert free.get("/status", headers={"X-Talkwright-Deployment": "any"}).status_code == 200


@pytest.mark.parametrize(
    ("claims", "options"),
    [
        (user("admin"), {"secret": "another-secret-of-some-length-here"}),
        (user("admin"), {"method": "HS512"}),
        (user("admin", exp=int(time.time()) - 60), {}),
    ],
    ids=["another secret", "another method", "expired"],
)
def test_tokens_that_prove_nothing_are_refused(
    bot: TestClient, claims: dict[str, Any], options: dict[str, str]
) -> None:
    assert bot.get("/status", headers=bearer(claims, **options)).json()["reason"] == "NotAuthenticated"


@pytest.mark.parametrize("claims", [{}, {"user": "admin"}, {"user": {"role": "king"}}, {"user": {"role": "user"}}])
def test_claims_that_name_no_role_give_nothing(bot: TestClient, claims: dict[str, Any]) -> None:
    assert bot.get(TRACKER, headers=bearer(claims)).status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer " + "x" * 10_000])
def test_headers_that_are_no_token_are_refused(bot: TestClient, header: str) -> None:
    assert bot.get("/status", headers={"Authorization": header}).status_code == 401


def test_an_unsigned_token_is_refused(bot: TestClient) -> None:
    unsigned = "eyJhbGciOiJub25lIn0.eyJ1c2VyIjp7InJvbGUiOiJhZG1pbiJ9fQ."
    assert bot.get("/status", headers={"Authorization": f"Bearer {unsigned}"}).status_code == 401


@pytest.mark.parametrize(("method", "key"), [("RS256", RSAKey.generate_key(2048)), ("ES256", ECKey.generate_key())])
def test_tokens_may_be_signed_with_a_key_pair(method: str, key: Any) -> None:
    token = jwt.encode({"alg": method}, user("admin"), key, algorithms=[method])
    public = key.as_pem(private=False).decode()
    claims = JwtReader(public, method).claims(token)
    assert claims is not None
    assert claims["user"]["role"] == "admin"
    forged = jwt.encode({"alg": "HS256"}, user("admin"), OctKey.import_key(SECRET))
    assert JwtReader(public, method).claims(forged) is None


@pytest.mark.parametrize(
    ("secret", "method", "says"),
    [("short", "HS256", "16 bytes"), (SECRET, "none", "unknown"), ("no key at all", "RS256", "PEM")],
)
def test_keys_that_would_protect_nothing_are_refused_at_the_start(secret: str, method: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        JwtReader(secret, method)


def test_an_open_api_changes_no_model(workshop: Model, agent: Agent) -> None:
    bot = TestClient(served_app(workshop, agent))
    for call in (bot.put("/model", json={"model_file": "/x"}), bot.delete("/model"), bot.post("/model/train")):
        assert call.status_code == 403
        assert "TALKWRIGHT_ENGINE_TOKEN" in call.json()["message"]
    assert bot.get("/status").status_code == 200


def test_how_a_message_was_understood_is_for_whoever_runs_the_bot(bot: TestClient) -> None:
    body = {"sender": "ann", "message": "buy a voucher", "metadata": {"message_id": "m1"}}
    assert bot.post("/webhooks/rest/webhook", json=body).status_code == 200
    path, token = "/conversations/ann/details", {"token": "s3cret"}
    detail = bot.get(path, params={"message_id": "m1", **token})
    assert detail.json()["trace"]["source"] == "local"
    assert bot.get(path, params={"message_id": "m1"}).status_code == 401
    assert bot.get(path, params={"message_id": "m1"}, headers=bearer(user("user"))).status_code == 403
    assert bot.get(path, params={"message_id": "m2", **token}).json()["reason"] == "NotFound"
    for wrong in ({}, {"message_id": ""}, {"message_id": "x" * 256}, {"message_id": "a\0b"}):
        assert bot.get(path, params={**wrong, **token}).json()["details"] == {"parameter": "message_id"}
