"""Reading the metrics of real roles by their management ports."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from tests.services.modelservice import Service
from tests.services.studio import PLAIN

from talkwright.cli.supervisor.child import Child


@dataclass
class Metrics:
    """What one scrape found."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = field(default_factory=dict)

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of all samples of a name that have these labels; 0 where there is none."""
        wanted = set(labels.items())
        return sum(value for (found, has), value in self.samples.items() if found == name and wanted <= has)

    def names(self) -> set[str]:
        """The names of all samples."""
        return {name for name, _ in self.samples}


@dataclass
class Scraped:
    """A role with a management port."""

    child: Child
    port: int

    async def get(self, path: str) -> httpx2.Response:
        """One of its pages."""
        async with httpx2.AsyncClient(verify=PLAIN, trust_env=False) as http:
            return await http.get(f"http://127.0.0.1:{self.port}{path}")

    async def metrics(self) -> Metrics:
        """What it tells now."""
        text = (await self.get("/metrics")).raise_for_status().text
        return Metrics(
            {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            }
        )

    async def until(self, holds: Callable[[Metrics], bool], seconds: float = 60.0) -> Metrics:
        """Scrape until something holds."""
        found = Metrics()
        try:
            async with asyncio.timeout(seconds):
                while not holds(found := await self.metrics()):  # noqa: ASYNC110 - another process tells nobody
                    await asyncio.sleep(0.3)
        except TimeoutError:
            told = {name: value for name, value in found.samples.items() if "le" not in dict(name[1]) and value}
            raise AssertionError(f"It does not come to hold: {told}") from None
        return found


async def scraped(service: Service, role: str, **environment: str) -> Scraped:
    """Start a role with a management port of its own."""
    before = len(_ports(service, role))
    child = service.start(role, watched=False, TALKWRIGHT_MANAGEMENT_PORT="0", **environment)
    async with asyncio.timeout(60):
        while len(ports := _ports(service, role)) == before:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    return Scraped(child, ports[-1])


def _ports(service: Service, role: str) -> list[int]:
    lines = [json.loads(line) for line in service.journal.path.read_text(encoding="utf-8").splitlines()]
    return [line["port"] for line in lines if line["event"] == "management.listening" and line["role"] == role]
