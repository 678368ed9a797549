"""The middleware for WSGI applications: Flask, Django, Bottle, Pyramid.

Lives here: environs. Must not live here: anything about certificates.

Source: PEP 3333.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from originlock.middleware.answers import FORBIDDEN, NOT_ALLOWED, Answer, echoed
from originlock.middleware.guard import Guard, log_refusal
from originlock.middleware.refusals import RefusedError

if TYPE_CHECKING:  # `wsgiref.types` holds nothing but types
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: Where the application finds who it is: ``environ["originlock.client"]``.
ENVIRON_KEY: Final = "originlock.client"


class WsgiMiddleware:
    """Refuses requests whose client cannot be told, and tells the application who the others are.

    It has to be the outermost: a middleware around it that rewrites ``REMOTE_ADDR`` by X-Forwarded-For would have it
    believe whom that header names.
    """

    def __init__(self, app: WSGIApplication, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        try:
            answer = self._decided(environ)
        except RefusedError as error:
            log_refusal(error, environ.get("REMOTE_ADDR"), _path(environ))
            answer = FORBIDDEN
        if answer is None:
            return self._app(environ, start_response)
        start_response(f"{int(answer.status)} {answer.status.phrase}", list(answer.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _decided(self, environ: WSGIEnvironment) -> Answer | None:
        """An answer of our own; None leaves it to the application. Raises `RefusedError`."""
        guard = self._guard
        environ[ENVIRON_KEY] = None
        guard.check_peer(environ.get("REMOTE_ADDR"))
        method, path = environ["REQUEST_METHOD"], _path(environ)
        if guard.is_health_check(method, path):
            guard.names.drop_from_wsgi(environ)
            return None
        came = guard.names.taken_from_wsgi(environ)
        if path == guard.settings.echo_path:
            return echoed(guard.echo(came)) if method in {"GET", "HEAD"} else NOT_ALLOWED
        environ[ENVIRON_KEY] = guard.identity(came)
        return None


def _path(environ: WSGIEnvironment) -> str:
    return f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
