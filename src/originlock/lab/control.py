"""The control room: JSON endpoints beside AWS's, by which a test steers the lab.

Here lives the WSGI middleware that answers under `/originlock-lab/` and hands on all else.
Here must not live: the doing of what is asked (see `middleware`).

    GET    calls[?since=N]   the log after call N
    POST   faults            add a fault, or a list of them
    DELETE faults            forget all faults
    POST   settings          change some settings
    GET    state             {"hanging": bool, "calls": n, "faults": n}
    GET    blueprint         what the data plane is to be like (see `blueprint`)
    POST   metrics           plant a metric's minutes (see `metric_state`)
    GET    prices            the rows of the price list
    POST   prices            put other rows, or have them told otherwise (see `price_list.PriceListState`)
    POST   push              tell whoever follows, if it does not know yet; {"anew": true}: in any case
    POST   release           let go what hangs
    POST   reset             forget everything
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec

from originlock.lab.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from originlock.lab.middleware import Lab

PREFIX: Final = "/originlock-lab/"


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """The lab's application with its control endpoints."""

    lab: Lab

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a control request, or hand on."""
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(PREFIX):
            return self.lab(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        asked = f"{environ['REQUEST_METHOD']} {path.removeprefix(PREFIX)}"
        query = parse_qs(str(environ.get("QUERY_STRING", "")))
        try:
            answer = self._answer(asked, query, json.loads(body) if body else {})
            status = "200 OK"
        except LookupError:
            status, answer = "404 Not Found", {"error": f"nothing answers {asked}"}
        except (ValueError, TypeError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _answer(
        self,
        asked: str,
        query: dict[str, list[str]],
        given: Any,  # noqa: ANN401 - JSON
    ) -> object:
        match asked:
            case "GET calls":
                since = int(query.get("since", ["0"])[0])
                return [call.to_json() for call in self.lab.log.since(since)]
            case "GET blueprint":
                return msgspec.to_builtins(self.lab.blueprint())
            case "POST settings":
                return self._set(given)
            case "GET prices":
                with self.lab.lock:
                    return self.lab.prices.rows
            case "GET state":
                pass
            case _:
                self._act(asked, given)
        return {
            "hanging": self.lab.gate.hanging > 0,
            "calls": len(self.lab.log),
            "faults": len(self.lab.faults),
        }

    def _set(self, given: Any) -> object:  # noqa: ANN401 - JSON
        self.lab.settings.update(given)
        self.lab.buckets.clear()
        if "consistency_ms" in given:
            self.lab.history.settle()
        self.lab.push()
        return asdict(self.lab.settings)

    def _act(self, asked: str, given: Any) -> None:  # noqa: ANN401 - JSON
        match asked:
            case "POST faults":
                many = given if isinstance(given, list) else [given]
                for fault in [Fault.from_json(each) for each in many]:
                    self.lab.faults.add(fault)
            case "POST prices":
                with self.lab.lock:
                    self.lab.prices.update(given)
            case "DELETE faults":
                self.lab.faults.clear()
            case "POST metrics":
                self.lab.plant(given)
            case "POST push":
                self.lab.push(anew=bool(given.get("anew")))
            case "POST release":
                self.lab.gate.release()
            case "POST reset":
                self.lab.reset()
            case _:
                raise LookupError(asked)
