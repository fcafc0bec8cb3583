"""The client of the assistant against servers that answer well, badly, slowly, hugely, or not at all."""

import json
import logging
import socket
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from analysis.assist.client import Budget, BudgetSpentError, Client, EndpointError, NoAnswerError
from analysis.config import Assist
from analysis.intranet import is_intranet
from tests.assist_server import OUT, Asked, Behaviour, Handler, answering, failing, hanging, serving, settings_for

MESSAGES = [{"role": "user", "content": "交警乱罚款"}]
SCHEMA = {"type": "object"}


def ask(settings: Assist, budget: Budget | None = None, key: str | None = None) -> str:
    return Client(settings, key).ask(MESSAGES, SCHEMA, budget or Budget.of(settings))


def test_a_good_answer_is_returned_as_it_is() -> None:
    with serving(answering("甲")) as server:
        assert ask(settings_for(server.endpoint), key="secret") == "甲"
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.headers["host"] == f"127.0.0.1:{server.server_port}"
    assert asked.body["model"] == "m"
    assert asked.body["messages"] == MESSAGES
    assert asked.body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert asked.body["temperature"] == 0
    assert asked.body["stream"] is False


def test_without_a_key_none_is_sent() -> None:
    with serving(answering(OUT)) as server:
        ask(settings_for(server.endpoint))
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize("status", [400, 422, 501])
def test_a_server_that_refuses_schemas_is_asked_for_json_and_remembered(status: int) -> None:
    def behave(handler: Handler, asked: Asked) -> None:
        if asked.body["response_format"]["type"] == "json_schema":
            handler.send(status, b"{}")
        else:
            handler.say("乙")

    with serving(behave) as server:
        client, budget = Client(settings_for(server.endpoint)), Budget(10, 1e9, lambda: 0)
        assert [client.ask(MESSAGES, SCHEMA, budget) for _ in range(2)] == ["乙", "乙"]
    forms = [a.body["response_format"]["type"] for a in server.asked]
    assert forms == ["json_schema", "json_object", "json_object"]
    assert budget.request_count == 3


def test_a_text_that_is_refused_in_any_form_does_not_change_the_form_for_the_next() -> None:
    def behave(handler: Handler, asked: Asked) -> None:
        if len(server.asked) <= 2:
            handler.send(400, b"{}")
        else:
            handler.say("丙")

    with serving(behave) as server:
        client, budget = Client(settings_for(server.endpoint)), Budget(10, 1e9, lambda: 0)
        with pytest.raises(NoAnswerError):
            client.ask(MESSAGES, SCHEMA, budget)
        assert client.ask(MESSAGES, SCHEMA, budget) == "丙"
    assert server.asked[-1].body["response_format"]["type"] == "json_schema"


def body(content: bytes, **headers: str) -> Behaviour:
    return lambda handler, _asked: handler.send(200, content, **headers)


@pytest.mark.parametrize(
    "behave",
    [
        body(b""),
        body(b"<html>busy</html>"),
        body(b"[]"),
        body(b"{}"),
        body(b'{"choices": []}'),
        body(b'{"choices": [{"message": {"content": null}}]}'),
        body(b'{"choices": [{"message": {"content": [1]}}]}'),
        body(b"[" * 100_000),
        body(b"9" * 6000),
        body(b"\xff\xfe\x00"),
        body(b"x", Content_Encoding="gzip"),
        failing(402),
        failing(418),
    ],
)
def test_what_is_no_answer_is_not_asked_again(behave: Behaviour) -> None:
    with serving(behave) as server, pytest.raises(NoAnswerError):
        ask(settings_for(server.endpoint, retries=3))
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_passing_fault_is_retried_as_often_as_set(status: int) -> None:
    with serving(failing(status)) as server, pytest.raises(NoAnswerError):
        ask(settings_for(server.endpoint, retries=2))
    assert len(server.asked) == 3


def test_a_retry_may_succeed() -> None:
    def behave(handler: Handler, _asked: Asked) -> None:
        handler.send(503, b"") if len(server.asked) < 3 else handler.say("丁")

    with serving(behave) as server:
        assert ask(settings_for(server.endpoint, retries=2)) == "丁"


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_wrong_key_or_place_ends_the_asking(status: int) -> None:
    with serving(failing(status)) as server, pytest.raises(EndpointError) as raised:
        ask(settings_for(server.endpoint, retries=3))
    assert raised.value.count == "assist_unavailable"
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    with serving(answering(OUT)) as elsewhere:
        location = f"{elsewhere.endpoint}/chat/completions"
        for status in (301, 302, 307, 308):
            with serving(failing(status, Location=location)) as server, pytest.raises(EndpointError):
                ask(settings_for(server.endpoint))
        with serving(failing(307, Location="http://93.184.216.34/")) as server, pytest.raises(EndpointError):
            ask(settings_for(server.endpoint))
    assert elsewhere.asked == []


def drip_headers(handler: Handler, _asked: Asked) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.gate.wait(0.02):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def drip_body(handler: Handler, _asked: Asked) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.gate.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


@pytest.mark.parametrize("behave", [hanging, drip_headers, drip_body])
def test_a_server_that_hangs_or_drips_is_left_at_the_time_limit(behave: Behaviour) -> None:
    with serving(behave) as server, pytest.raises(NoAnswerError):
        ask(settings_for(server.endpoint, timeout_seconds=0.3))
    assert len(server.asked) == 1


def test_a_huge_answer_is_cut_off_unread() -> None:
    sent = 0

    def behave(handler: Handler, _asked: Asked) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(b"x" * 65536)
            sent += 1

    with serving(behave) as server, pytest.raises(NoAnswerError):
        ask(settings_for(server.endpoint, max_answer_kb=8))
    assert sent < 2000


def test_a_connection_that_breaks_off_is_no_answer() -> None:
    def behave(handler: Handler, _asked: Asked) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with serving(behave) as server, pytest.raises(NoAnswerError):
        ask(settings_for(server.endpoint))


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_nobody_listening_is_no_answer() -> None:
    budget = Budget(10, 1e9, lambda: 0)
    with pytest.raises(NoAnswerError):
        ask(settings_for(f"http://127.0.0.1:{closed_port()}/v1", retries=1), budget)
    assert budget.request_count == 2


def resolves_to(*addresses: str) -> Callable[..., object]:
    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


@pytest.mark.parametrize("addresses", [["93.184.216.34"], ["10.0.0.1", "8.8.8.8"], ["169.254.169.254"], ["0.0.0.0"]])
def test_a_name_that_leads_out_of_the_intranet_is_refused_unasked(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    monkeypatch.setattr("analysis.assist.client.socket.getaddrinfo", resolves_to(*addresses))
    budget = Budget(10, 1e9, lambda: 0)
    with pytest.raises(EndpointError) as raised:
        ask(settings_for("http://model.example/v1"), budget)
    assert raised.value.count == "assist_endpoint_refused"
    assert budget.request_count == 0


def test_a_name_is_looked_up_once_and_the_request_goes_where_it_led(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["127.0.0.1"], ["93.184.216.34"]]
    monkeypatch.setattr(
        "analysis.assist.client.socket.getaddrinfo", lambda *a, **k: resolves_to(*answers.pop(0))(*a, **k)
    )
    with serving(answering(OUT)) as server:
        client = Client(settings_for(f"http://model.intra:{server.server_port}/v1"))
        for _ in range(2):
            client.ask(MESSAGES, SCHEMA, Budget(10, 1e9, lambda: 0))
    assert [a.headers["host"] for a in server.asked] == [f"model.intra:{server.server_port}"] * 2
    assert len(answers) == 1


def test_an_unknown_name_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr("analysis.assist.client.socket.getaddrinfo", resolve)
    with pytest.raises(NoAnswerError):
        ask(settings_for("http://model.intra/v1"))


def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering("不应到此")) as proxy, serving(answering("戊")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        assert ask(settings_for(server.endpoint)) == "戊"
    assert proxy.asked == []


def test_the_number_of_requests_is_bounded_retries_included() -> None:
    with serving(failing(500)) as server, pytest.raises(BudgetSpentError):
        ask(settings_for(server.endpoint, retries=9), Budget(2, 1e9, lambda: 0))
    assert len(server.asked) == 2


def test_nothing_is_asked_when_the_time_is_up() -> None:
    with serving(answering(OUT)) as server, pytest.raises(BudgetSpentError):
        ask(settings_for(server.endpoint), Budget(9, 5.0, lambda: 5.0))
    assert server.asked == []


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("127.0.0.1", True),
        ("10.255.0.1", True),
        ("172.16.0.1", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("8.8.8.8", False),
        ("::1", True),
        ("fd00::1", True),
        ("fe80::1", False),
        ("2001:db8::1", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:8.8.8.8", False),
    ],
)
def test_the_intranet_is_loopback_and_private_use(address: str, is_inside: bool) -> None:
    assert is_intranet(ip_address(address)) is is_inside


def test_nothing_of_a_complaint_an_answer_or_a_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(answering({"机密": "答复"})) as server:
        ask(settings_for(server.endpoint), key="secret-key")
        with pytest.raises(NoAnswerError):
            ask(settings_for(f"http://127.0.0.1:{closed_port()}/v1"), key="secret-key")
    logged = caplog.text + "".join(str(r.__dict__) for r in caplog.records)
    for words in ("交警乱罚款", "\\u4ea4", json.dumps("交警")[1:-1], "机密", "secret-key"):
        assert words not in logged
