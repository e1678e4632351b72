"""The hostile server, one for each test process, and the bot before it. What a test asked of the server is noted."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from bot.adapters.workers import ProcessWorkers
from tests.fakes.hostile_server import HostileServer
from tests.threats.world import Web, World


@pytest.fixture(scope="session")
def _server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def hostile(_server: HostileServer, request: pytest.FixtureRequest) -> Iterator[HostileServer]:
    """The server, its logs empty. No test may reach the canary."""
    _server.forget()
    yield _server
    request.node.user_properties.append(("routes", sorted({asked["path"] for asked in _server.log})))
    assert _server.canary_log == [], "somebody reached the inner service"


@pytest.fixture
def web(hostile: HostileServer) -> Iterator[Web]:
    made = Web(hostile)
    yield made
    made.close()


@pytest.fixture(scope="session")
def workers() -> Iterator[ProcessWorkers]:
    made = ProcessWorkers(2)
    yield made
    made.close()


@pytest.fixture
def make_world(hostile: HostileServer, tmp_path) -> Iterator[Callable[..., World]]:
    """A maker of bots, which are taken down at the end."""
    made: list[World] = []

    def make(**named: object) -> World:
        made.append(World(hostile, tmp_path / f"{len(made)}.db", **named))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def connects(hostile: HostileServer, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address beside the server's that a connection is tried to; none of those is opened."""
    tried: list[object] = []
    real = socket.create_connection

    def note(address: tuple[str, int], *rest: object, **named: object) -> socket.socket:
        if address == ("127.0.0.1", hostile.port):
            return real(address, *rest, **named)  # type: ignore[arg-type]
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", note)
    return tried
