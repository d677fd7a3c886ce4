from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from talkwright.engine.channels.channel import ChannelError, Setting
from talkwright.engine.channels.credentials import open_channels
from talkwright.engine.channels.sockets import SocketChannel

from .conftest import run_bot
from .test_channels import SECRET, get, project_with

CONNECTOR = """
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from talkwright.engine.ports import UserMessage


class PlainChannel:
    name = "plain"

    def __init__(self, setting):
        self.prefix = setting.text("prefix", "")

    def routes(self, host):
        async def talk(request):
            message = UserMessage(text=request.query_params["text"], sender="me", channel=self.name)
            result = await host.turn(message)
            return PlainTextResponse(self.prefix + " ".join(one.text or "" for one in result.messages))

        return [Route("/webhooks/plain/talk", talk)]

    async def send(self, recipient, messages):
        pass

    async def close(self):
        pass
"""


def test_a_connector_of_the_operators_own_is_loaded_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "own_channels.py").write_text(CONNECTOR)
    credentials = json.dumps({"own_channels.PlainChannel": {"prefix": "bot: "}})
    model = project_with(tmp_path, credentials=credentials)
    with run_bot(model, PYTHONPATH=str(tmp_path)) as closed:
        assert get(f"{closed.url}/webhooks/plain/talk?text=hello").status_code == 404
    with run_bot(model, PYTHONPATH=str(tmp_path), TALKWRIGHT_ENGINE_PROJECT_CODE="true") as bot:
        answer = get(f"{bot.url}/webhooks/plain/talk?text=buy+a+voucher")
        assert answer.text == "bot: Who is it for?"


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        ({"slack": {"slack_token": "x"}}, "there is no such channel"),
        ({"callback": None}, "needs a `url`"),
        ({"callback": {"url": "ftp://x"}}, "http://"),
        ({"callback": {"url": "${NOWHERE_TO_BE_FOUND}"}}, "NOWHERE_TO_BE_FOUND"),
        ({"socketio": {"jwt_key": "short"}}, "16 bytes"),
        ({"socketio": {"session_persistence": "yes"}}, "true or false"),
        ({"socketio": "yes"}, "must be a map"),
        ({"own.Channel": {}}, "TALKWRIGHT_ENGINE_PROJECT_CODE"),
    ],
)
def test_channels_that_cannot_open_are_said_and_the_bot_goes_on(
    credentials: dict[str, Any], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = open_channels(credentials, Setting({}), project_code=False)
    assert [channel.name for channel in channels] == ["rest"]
    (line,) = capsys.readouterr().out.splitlines()
    assert says in json.loads(line)["message"]


@pytest.mark.parametrize("path", ["no_such_module.Channel", "json.JSONDecoder", "json.nothing"])
def test_connectors_that_are_none_are_said(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    channels = open_channels({path: {}}, Setting({}), project_code=True)
    assert [channel.name for channel in channels] == ["rest"]
    assert path in capsys.readouterr().out


def test_a_wrong_method_of_tokens_is_said() -> None:
    with pytest.raises(ChannelError, match="unknown"):
        SocketChannel(Setting({"jwt_key": SECRET, "jwt_method": "none"}))
