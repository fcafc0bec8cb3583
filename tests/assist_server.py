"""A language model's server on loopback that behaves as badly as a test wants, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from analysis.config import Assist, load_settings

GOOD = {
    "decision": "in_scope",
    "codes": ["irregular.procedure"],
    "unit_kind": "交警",
    "evidence": [{"code": "irregular.procedure", "quote": "没有任何告知"}],
}
OUT = {"decision": "out_of_scope", "codes": [], "unit_kind": None, "evidence": []}


@dataclass
class Asked:
    """One request: path, headers, body, and the complaint in it."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        loaded: dict[str, Any] = json.loads(self.raw)
        return loaded

    @property
    def complaint(self) -> dict[str, str]:
        """What the user's message holds."""
        loaded: dict[str, str] = json.loads(self.body["messages"][1]["content"])
        return loaded


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the server's behaviour."""

    server: "Model"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, raw)
        self.server.asked.append(asked)
        try:
            self.server.behave(self, asked)
        except (BrokenPipeError, ConnectionResetError):
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole response."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, content: object) -> None:
        """Send an answer as such servers do; anything but text is sent as JSON."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        message = {"role": "assistant", "content": text}
        self.send(200, json.dumps({"choices": [{"index": 0, "message": message}]}).encode())


Behaviour = Callable[[Handler, Asked], None]


class Model(ThreadingHTTPServer):
    """The server; `gate` is opened at the end, so that nothing hangs longer than the test."""

    daemon_threads = True

    def __init__(self, behave: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.asked: list[Asked] = []
        self.gate = threading.Event()

    @property
    def endpoint(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_: object) -> None:
        """A client that goes away is what some tests are about."""


@contextmanager
def serving(behave: Behaviour) -> Iterator[Model]:
    """Run a server in a thread of its own."""
    server = Model(behave)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answering(*answers: object) -> Behaviour:
    """Give these answers one after the other, the last one for ever."""
    left = list(answers)

    def behave(handler: Handler, _asked: Asked) -> None:
        handler.say(left.pop(0) if len(left) > 1 else left[0])

    return behave


def failing(status: int, **headers: str) -> Behaviour:
    """Answer every request with a status."""
    return lambda handler, _asked: handler.send(status, b"{}", **headers)


def hanging(handler: Handler, _asked: Asked) -> None:
    """Say nothing until the test is over."""
    handler.server.gate.wait()


def settings_for(endpoint: str, **more: Any) -> Assist:
    """Return settings for a test: quick to give up."""
    changes = {
        "enabled": True,
        "endpoint": endpoint,
        "model": "m",
        "retries": 0,
        "retry_wait_seconds": 0.0,
        "timeout_seconds": 20.0,
    }
    return Assist.model_validate(load_settings().assist.model_dump() | changes | more)
