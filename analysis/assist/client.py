"""Asks an OpenAI-compatible endpoint of the intranet: within a budget, with retries, never anywhere else."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from analysis.config import Assist
from analysis.intranet import is_intranet

Messages = list[dict[str, str]]

_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
_REFUSES_SCHEMA = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED}
_WRONG_PLACE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
_KILOBYTE = 1024


class NoAnswerError(Exception):
    """One question got no answer; the next one may."""


class _PassingError(NoAnswerError):
    """The same question may be answered a moment later."""


class _RefusedError(NoAnswerError):
    """The server refuses the form of the request."""


class EndpointError(Exception):
    """Nobody is to be asked there tonight; `count` names why."""

    def __init__(self, count: str) -> None:
        super().__init__(count)
        self.count = count


class BudgetSpentError(Exception):
    """The night's requests or seconds are used up."""


@dataclass
class Budget:
    """How many requests and how much time are left tonight."""

    requests_left: int
    deadline: float
    clock: Callable[[], float] = time.monotonic
    request_count: int = 0

    @classmethod
    def of(cls, settings: Assist) -> "Budget":
        """Return the whole budget of a night that begins now."""
        return cls(settings.max_requests_per_night, time.monotonic() + settings.max_seconds_per_night)

    def seconds_left(self) -> float:
        """Return how much time is left.

        Raises:
            BudgetSpentError: none.
        """
        left = self.deadline - self.clock()
        if left <= 0:
            raise BudgetSpentError
        return left

    def take_request(self) -> None:
        """Count one more request.

        Raises:
            BudgetSpentError: there may be no more.
        """
        if self.requests_left <= 0:
            raise BudgetSpentError
        self.requests_left -= 1
        self.request_count += 1


class Client:
    """One endpoint, with the address that it had when it was first asked."""

    def __init__(self, settings: Assist, api_key: str | None = None) -> None:
        self.settings = settings
        self._api_key = api_key
        parts = urlsplit(settings.endpoint)
        self.host = str(parts.hostname)
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._is_https = parts.scheme == "https"
        self._has_schemas = True

    def ask(self, messages: Messages, schema: dict[str, Any], budget: Budget) -> str:
        """Return the answer's text.

        A server that cannot hold its model to a schema is asked for any JSON object instead.

        Raises:
            NoAnswerError: there was none, after all retries.
            EndpointError: the endpoint is outside the intranet, or is no such service.
            BudgetSpentError: the budget does not allow another request.
        """
        forms: list[dict[str, Any]] = [{"type": "json_object"}]
        if self._has_schemas:
            held = {"type": "json_schema", "json_schema": {"name": "opinion", "strict": True, "schema": schema}}
            forms.insert(0, held)
        for form in forms:
            try:
                answer = self._with_retries(messages, form, budget)
            except _RefusedError:
                if form is forms[-1]:
                    raise
                continue
            self._has_schemas = form["type"] == "json_schema"
            return answer
        raise NoAnswerError

    def _with_retries(self, messages: Messages, form: dict[str, Any], budget: Budget) -> str:
        payload = {
            "model": self.settings.model,
            "messages": messages,
            "response_format": form,
            "temperature": 0,
            "max_tokens": self.settings.max_answer_tokens,
            "stream": False,
        }
        for attempt in range(self.settings.retries + 1):
            if attempt:
                wait = self.settings.retry_wait_seconds * 2 ** (attempt - 1)
                time.sleep(min(wait, budget.seconds_left()))
            address = self._address
            seconds = min(self.settings.timeout_seconds, budget.seconds_left())
            budget.take_request()
            try:
                return _content(self._post_in_thread(payload, address, seconds))
            except _PassingError:
                if attempt == self.settings.retries:
                    raise
        raise NoAnswerError

    @property
    def _address(self) -> str:
        """Return the endpoint's address, the same for the whole night.

        Raises:
            EndpointError: it is not of the intranet.
            NoAnswerError: the name is unknown, for now.
        """
        try:
            return self._resolved
        except (OSError, UnicodeError) as error:
            raise _PassingError from error

    @cached_property
    def _resolved(self) -> str:
        # Asked for once: a name that is answered otherwise a moment later cannot lead the request astray.
        found = socket.getaddrinfo(self.host, self._port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self.settings.allow_public and not all(is_intranet(ip_address(a)) for a in addresses):
            raise EndpointError("assist_endpoint_refused")
        return addresses[0]

    def _post_in_thread(self, payload: dict[str, Any], address: str, seconds: float) -> bytes:
        """Run the request in an event loop of its own.

        Only a loop can time out an answer that drips in byte by byte; and a notebook's thread has one already.
        """
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._post(payload, address, seconds)).result()

    async def _post(self, payload: dict[str, Any], address: str, seconds: float) -> bytes:
        import httpx  # only a site with an assistant needs it

        url = httpx.URL(f"{self.settings.endpoint}/chat/completions")
        headers = {"Host": url.netloc.decode(), "Accept-Encoding": "identity"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        extensions = {"sni_hostname": self.host} if self._is_https else {}
        try:
            async with (
                asyncio.timeout(seconds),
                # No proxy, no password file: nothing but the address that was checked.
                httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=seconds) as client,
                client.stream(
                    "POST", url.copy_with(host=address), json=payload, headers=headers, extensions=extensions
                ) as response,
            ):
                _check_status(response.status_code)
                return await self._body(response)
        except (TimeoutError, httpx.TransportError) as error:
            raise _PassingError from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoAnswerError from error

    async def _body(self, response: Any) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise NoAnswerError
        body = b""
        async for part in response.aiter_raw():
            body += part
            if len(body) > self.settings.max_answer_kb * _KILOBYTE:
                raise NoAnswerError
        return body


def _check_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED) or status in _PASSING:
        raise _PassingError
    if status in _REFUSES_SCHEMA:
        raise _RefusedError
    if status in _WRONG_PLACE or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise EndpointError("assist_unavailable")
    raise NoAnswerError


def _content(body: bytes) -> str:
    """Return the text of the first choice.

    Raises:
        NoAnswerError: the body is not what such a service answers.
    """
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise NoAnswerError from error
    if not isinstance(content, str):
        raise NoAnswerError
    return content
