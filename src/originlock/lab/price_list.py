"""AWS's price list, which moto lacks: GetProducts of the Query API, and the public offer files by their paths.

Here live filters, pages, and both forms of the same rows. Here must not live: the rows (see `price_rows`).

AWS Price List API reference, GetProducts: `PriceList` is a list of JSON *texts*; MaxResults is 1 to 100; FormatVersion
is aws_v1; errors. AWS Billing user guide: the paths and the form of offer files. Reconstructed: of load balancing no
reply of AWS's was at hand whole. What a filter on an unknown field, or a missing file, is answered with is inferred.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from originlock.lab.fault_errors import AwsError
from originlock.lab.price_rows import PUBLISHED, Row, all_rows
from originlock.lab.wire import error_answer, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_FILES: Final = "/offers/v1.0/aws/"
_TARGET: Final = "AWSPriceListService."
_FORM: Final = "application/x-amz-json-1.1"

#: Where the API has endpoints (botocore's endpoints). Elsewhere there is no host at all; here a refusal stands for it.
_ENDPOINTS: Final = frozenset({"us-east-1", "eu-central-1", "ap-south-1"})

_MOST: Final = 100

_OK: Final = "200 OK"


@dataclass(slots=True)
class PriceListState:
    """What the list holds, and how it is told. Callers hold the lab's one lock.

    Attributes:
        rows: of all services and Regions; a test may put others.
        page: how many products a page has at most, whatever is asked for.
        loops: whether each page's token is that of the page itself.
    """

    rows: list[Row] = field(default_factory=all_rows)
    page: int = _MOST
    loops: bool = False

    def reset(self) -> None:
        """As AWS has it."""
        self.rows, self.page, self.loops = all_rows(), _MOST, False

    def update(self, given: Mapping[str, Any]) -> None:
        """Take what a test says; raises ValueError."""
        unknown = sorted(set(given) - {"rows", "page", "loops"})
        if unknown:
            message = f"a price list has rows, page and loops, and no {unknown[0]}"
            raise ValueError(message)
        self.rows = given.get("rows", self.rows)
        self.page = int(given.get("page", self.page))
        self.loops = bool(given.get("loops", self.loops))


@dataclass(frozen=True, slots=True)
class PriceListRoom:
    """An application that answers for the price list, and hands on all else."""

    other: WSGIApplication
    state: PriceListState

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hand on."""
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(_FILES):
            return self._file(path, start_response)
        target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
        if not target.startswith(_TARGET):
            return self.other(environ, start_response)
        scope = scope_of(environ)
        try:
            if scope is None or scope.region not in _ENDPOINTS:
                place = "nowhere" if scope is None else scope.region
                message = f"There is no endpoint of the price list in {place}"
                raise _refused(_Code.ENDPOINT, message)
            if target != f"{_TARGET}GetProducts":
                raise _refused(_Code.OPERATION, f"The lab does not know {target}")
            answer = self._products(json.loads(environ["wsgi.input"].read() or b"{}"))
        except _RefusalError as refusal:
            told = error_answer("pricing", refusal.error, json_protocol=True)
            start_response(f"{told.status} {HTTPStatus(told.status).phrase}", [("Content-Type", told.content_type)])
            return [told.body]
        start_response(_OK, [("Content-Type", _FORM)])
        return [json.dumps(answer).encode()]

    # --- the API ------------------------------------------------------------------------------

    def _products(self, given: Mapping[str, Any]) -> dict[str, Any]:
        service = given.get("ServiceCode")
        of_service = [row for row in self.state.rows if row["serviceCode"] == service]
        if not of_service:
            raise _refused(_Code.SERVICE, f"No service with code {service} found")
        if given.get("FormatVersion", "aws_v1") != "aws_v1":
            raise _refused(_Code.PARAMETER, "The format version is not supported")
        most = given.get("MaxResults", _MOST)
        if not isinstance(most, int) or not 1 <= most <= _MOST:
            raise _refused(_Code.PARAMETER, f"MaxResults must be between 1 and {_MOST}")
        found = of_service
        for each in given.get("Filters", []):
            found = _filtered(found, of_service, each)
        start = self._start(given.get("NextToken"), len(found))
        end = start + min(most, self.state.page)
        answer: dict[str, Any] = {
            "FormatVersion": "aws_v1",
            "PriceList": [json.dumps(_listed(row)) for row in found[start:end]],
        }
        if end < len(found):
            answer["NextToken"] = _token(start if self.state.loops else end)
        return answer

    @staticmethod
    def _start(token: object, length: int) -> int:
        if token is None:
            return 0
        for start in range(length):
            if token == _token(start):
                return start
        raise _refused(_Code.TOKEN, "The pagination token is invalid")

    # --- the files ----------------------------------------------------------------------------

    def _file(self, path: str, start_response: StartResponse) -> Iterable[bytes]:
        match path.removeprefix(_FILES).split("/"):
            case [service, "current", region, "index.json"]:
                rows = [row for row in self.state.rows if (row["serviceCode"], row["file"]) == (service, region)]
            case _:
                rows = []
        if not rows:
            body = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>'
            start_response("404 Not Found", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        body = json.dumps(_offer(rows[0]["serviceCode"], rows)).encode()
        start_response(_OK, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


class _RefusalError(Exception):
    """An answer that is an error."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.message)
        self.error = error


class _Code(enum.StrEnum):
    """Codes of the price list's errors (API reference), and of two that every service has."""

    ENDPOINT = "UnrecognizedClientException"
    OPERATION = "UnknownOperationException"
    SERVICE = "NotFoundException"
    PARAMETER = "InvalidParameterException"
    TOKEN = "InvalidNextTokenException"  # noqa: S105 - an error's name


def _refused(code: _Code, message: str) -> _RefusalError:
    return _RefusalError(AwsError(400, code, message))


def _token(start: int) -> str:
    return f"lab-price-list-{start}"


def _listed(row: Row) -> dict[str, Any]:
    """A row as GetProducts tells it."""
    published = row.get("published", PUBLISHED.get(row["serviceCode"], "2026-09-01T00:00:00Z"))
    return {
        "product": row["product"],
        "serviceCode": row["serviceCode"],
        "terms": row["terms"],
        "version": "".join(letter for letter in published if letter.isdigit()),
        "publicationDate": published,
    }


def _offer(service: str, rows: list[Row]) -> dict[str, Any]:
    """Rows as an offer file tells them."""
    published = rows[0].get("published", PUBLISHED.get(service, "2026-09-01T00:00:00Z"))
    terms: dict[str, Any] = {}
    for row in rows:
        terms.setdefault(row["product"]["sku"], {}).update(row["terms"].get("OnDemand", {}))
    return {
        "formatVersion": "v1.0",
        "disclaimer": "This pricing list is for informational purposes only.",
        "offerCode": service,
        "version": "".join(letter for letter in published if letter.isdigit()),
        "publicationDate": published,
        "products": {row["product"]["sku"]: row["product"] for row in rows},
        "terms": {"OnDemand": terms},
    }


def _filtered(rows: list[Row], of_service: list[Row], given: Mapping[str, Any]) -> list[Row]:
    name, value, kind = given.get("Field", ""), str(given.get("Value", "")), given.get("Type")
    if not any(name in _attributes(row) for row in of_service):
        raise _refused(_Code.PARAMETER, f"Input Parameters are invalid: {name}")
    told = [(row, _attributes(row).get(name)) for row in rows]
    many = set(value.split(","))
    match kind:
        case "TERM_MATCH" | "EQUALS":
            return [row for row, said in told if said == value]
        case "CONTAINS":
            return [row for row, said in told if said is not None and value in said]
        case "ANY_OF":
            return [row for row, said in told if said in many]
        case "NONE_OF":
            return [row for row, said in told if said not in many]
        case _:
            raise _refused(_Code.PARAMETER, f"Invalid filter type: {kind}")


def _attributes(row: Row) -> dict[str, str]:
    product = row["product"]
    return {**product["attributes"], "productFamily": product.get("productFamily", ""), "sku": product["sku"]}
