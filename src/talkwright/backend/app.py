"""The studio server's application: features found by their folders, problem documents, documentation, the edge."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import ModuleType
from typing import Any

from fastapi import Depends, FastAPI

import talkwright
from talkwright import backend
from talkwright.backend import errors
from talkwright.backend.context import Services
from talkwright.backend.describing import with_whole_examples
from talkwright.backend.docs import docs_page
from talkwright.backend.edge import Edge
from talkwright.backend.security import public

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def feature_modules() -> list[ModuleType]:
    """The `routes` modules of the feature folders, by name."""
    found = []
    for module in pkgutil.iter_modules(backend.__path__):
        name = f"{backend.__name__}.{module.name}.routes"
        if module.ispkg and importlib.util.find_spec(name) is not None:
            found.append(importlib.import_module(name))
    return found


def create_app(services: Services) -> FastAPI:
    """The API under `/api`, without pages.

    Each feature's `routes` module has a `router` (paths without `/api`) and may have `lifespan(services)`, an async
    context manager that lives as long as the process serves.
    """
    modules = feature_modules()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for module in modules:
                if hasattr(module, "lifespan"):
                    await stack.enter_async_context(module.lifespan(services))
            yield

    app = routed_app(modules, lifespan)
    app.state.services = services
    app.add_middleware(Edge, settings=services.settings)
    return app


class Described(FastAPI):
    """An application whose description is whole."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_whole_examples(super().openapi())
        return self.openapi_schema


def routed_app(modules: Iterable[ModuleType], lifespan: Lifespan | None = None) -> FastAPI:
    """The routes of some features with their documentation; it can be described, but not serve, without services."""
    app = Described(
        title="Talkwright",
        version=talkwright.__version__,
        summary="The studio's API.",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    for module in modules:
        app.include_router(module.router, prefix="/api")
    app.add_api_route("/api/docs", docs_page, methods=["GET"], include_in_schema=False, dependencies=[Depends(public)])
    return app
