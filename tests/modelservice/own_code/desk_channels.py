"""A channel of a project whose code the operator allows."""

from starlette.responses import PlainTextResponse
from starlette.routing import Route


class Desk:
    name = "desk"

    def __init__(self, setting):
        self.greeting = setting.text("greeting", "")

    def routes(self, host):
        return [Route("/webhooks/desk/", lambda _: PlainTextResponse(self.greeting))]

    async def send(self, recipient, messages):
        pass

    async def close(self):
        pass
