"""Access logs and connection logs, held against AWS's own lines."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.lab.plane.stage import (
    ADDRESS,
    GROUP,
    NAME,
    TLS12,
    TLS13,
    Presents,
    Stage,
    asks,
    blueprint,
    client,
    fixed,
    http,
    https,
    plain,
    request,
    verify,
)

from originlock.lab import authority
from originlock.lab.plane.log_books import CONNECTION, LogBooks, UndeliveredError, key_of
from originlock.lab.plane.s3_sink import Keys, S3Sink
from originlock.lab.process import ACCESS_KEY, SECRET_KEY

if TYPE_CHECKING:
    from originlock.lab.blueprint import Balancer
    from originlock.lab.process import LocalAws

CLIENTS = authority.root("client root")
EDGE = CLIENTS.issue(authority.Leaf("edge", client=True))

#: Lines of real load balancers, names and addresses changed (2026-09); the last but one of each kind of a shape.
REAL_FIXED = (
    "http 2026-09-23T07:15:26.379899Z app/k8s-web-0123456789/0123456789abcdef 198.51.100.224:21790 - -1 -1 -1 404 - 127"
    ' 162 "GET http://k8s-web-0123456789-1111111111.us-east-1.elb.amazonaws.com:80/ HTTP/1.0" "Crawler" - - - '
    '"Root=1-6ab37c8e-5afd1aca560fd3a825162993" "-" "-" 0 2026-09-23T07:15:26.379000Z "fixed-response" "-" "-" "-" "-" '
    '"-" "-" TID_558e26a7adede44b9fdb98006014afcf "-" "-" "-" 192.0.2.60 "-" "-"'
)
REAL_FORWARD = (
    "https 2026-09-23T07:15:47.805298Z app/k8s-web-0123456789/0123456789abcdef 203.0.113.165:5815 10.20.20.37:80 0.001 "
    '0.003 0.000 200 200 153 3860 "GET https://www.example.com:443/data/tiles-z18_v2.json HTTP/1.1" "Dart/3.11 '
    '(dart:io)" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/'
    'k8s-web-8b701414d0/ce5353cc7101de6d "Root=1-6ab37ca3-72b3ccd0353538ac305db394" "www.example.com" '
    '"arn:aws:acm:us-east-1:123456789012:certificate/34ecc395-417d-479a-b9e3-2c03c1047f42" 2 '
    '2026-09-23T07:15:47.801000Z "forward" "-" "-" "10.20.20.37:80" "200" "-" "-" '
    'TID_d7917035eabacb42bea251b01fb60ab4 "-" "-" "-" 192.0.2.60 "-" "-"'
)
REAL_MALFORMED = (
    "http 2026-09-23T07:17:32.454551Z app/k8s-web-0123456789/0123456789abcdef 198.51.100.224:25824 - -1 -1 -1 400 - 0 "
    '272 "- http://k8s-web-0123456789-1111111111.us-east-1.elb.amazonaws.com:80- -" "-" - - - "-" "-" "-" - '
    '2026-09-23T07:17:31.697000Z "-" "-" "-" "-" "-" "-" "-" TID_7d15a1935077a44b91952330c3dc3ed8 "-" "-" "-" '
    '192.0.2.60 "-" "-"'
)
REAL_PLAIN_CONNECTION = (
    '2026-09-23T07:11:32.882572Z 198.51.100.159 61814 80 - - - "-" - - - TID_14bdaac20df9aa4ca3139b3168e4e071 - '
    "app/k8s-web-0123456789/0123456789abcdef 192.0.2.57"
)
REAL_TLS_CONNECTION = (
    '2026-09-23T07:11:27.691358Z 198.51.100.40 64326 443 TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 0.337 "-" - - Success '
    "TID_9f39d9aa6a47774d97089313f949866b secp256r1 app/k8s-web-0123456789/0123456789abcdef 192.0.2.57"
)
#: From 'Connection logs for your Application Load Balancer', which shows twelve fields.
DOCUMENTED_REFUSAL = (
    '2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 - "CN=amazondomains.com,'
    'O=endEntity,L=Seattle,ST=Washington,C=US" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z '
    "FEF257372D5C14D4 Failed:ClientCertUntrusted TID_1c71a68d70587445ad5127ff8b2687d7"
)

#: What a field's value may be replaced by without its shape changing.
_KINDS = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "TIME"),
    (r"NotBefore=[-\dT:]+Z;NotAfter=[-\dT:]+Z", "VALIDITY"),
    (r"TID_[0-9a-f]{32}", "TID"),
    (r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", "TRACE"),
    (r"app/[-\w]+/[0-9a-f]{16}", "BALANCER"),
    (r"arn:aws:\S+?(?=\"|$)", "ARN"),
    (r"[\d.]+:\d+", "ADDRESS"),
    (r"\d+\.\d+\.\d+\.\d+", "IP"),
    (r"(?:GET|-) https?://[-\w.]+:\d+", "REQUEST"),
    (r"TLSv1\.\d", "TLS"),
    (r"(?:ECDHE|TLS_)[-_A-Z0-9]+", "CIPHER"),
    (r"\d+\.\d{3}", "SECONDS"),
    (r"CN=[^\"]+", "SUBJECT"),
    (r"[0-9A-F]{16,40}", "SERIAL"),
    (r"secp256r1|x25519\w*|X25519\w*", "GROUP"),
)


def fields(line: str) -> list[str]:
    """The fields of a line; quotes stay."""
    found = re.findall(r'"[^"]*"|\S+', line)
    assert " ".join(found) == line
    return found


def shape(line: str) -> list[str]:
    """Each field's kind."""
    return [_kind(each) for each in fields(line)]


def _kind(field: str) -> str:
    quoted, text = field.startswith('"'), field.strip('"')
    for pattern, name in _KINDS:
        if re.match(pattern, text):
            text = name
            break
    else:
        text = text if not re.fullmatch(r"\d+|www\.example\.com|Crawler|Dart.*", text) else "WORD"
    return f'"{text}"' if quoted else text


def test_a_forwards_line_is_shaped_as_aws_has_it(stage: Stage) -> None:
    """Tools for AWS's logs would not read the lab's, or would read them wrongly."""
    stage.follow(https())
    asked = request("/data/x", NAME, "Connection: close", "User-Agent: Dart/3.11 (dart:io)")
    outcome = asks(client(stage.port(), version=TLS12), asked)
    (line,) = stage.logged("access")
    # The real one's rule was the second; the default one is told as 0: both are numbers.
    assert shape(line) == shape(REAL_FORWARD)
    told = fields(line)
    assert told[8:12] == ["200", "200", str(len(asked)), str(len(outcome.said))]
    assert told[12] == f'"GET https://{NAME}:443/data/x HTTP/1.1"'
    assert told[16] == GROUP
    assert told[18] == f'"{NAME}"'
    assert told[33] == ADDRESS


def test_a_fixed_responses_line_is_as_real_ones_to_the_byte(stage: Stage) -> None:
    """A fixed response would have other headers than a load balancer's."""
    stage.follow(http(fixed("", "404")))
    plain(stage.port(80), b"GET / HTTP/1.0\r\nUser-Agent: Crawler\r\n\r\n")
    (line,) = stage.logged("access")
    assert shape(line) == shape(REAL_FIXED)
    assert fields(line)[8:10] == fields(REAL_FIXED)[8:10]
    assert fields(line)[11] == fields(REAL_FIXED)[11] == "162"


def test_a_malformed_requests_line_is_as_real_ones_to_the_byte(stage: Stage) -> None:
    """A scanner's request would be told as somebody's."""
    stage.follow(http())
    plain(stage.port(80), b"garbage\r\n\r\n")
    (line,) = stage.logged("access")
    assert shape(line) == shape(REAL_MALFORMED)
    assert fields(line)[8:12] == fields(REAL_MALFORMED)[8:12] == ["400", "-", "0", "272"]


def test_a_redirects_line_has_its_url(stage: Stage) -> None:
    """Nobody could count who still comes over HTTP."""
    config = {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}
    stage.follow(http({"Type": "redirect", "RedirectConfig": config}))
    plain(stage.port(80), request("/a"))
    told = fields(stage.logged("access")[0])
    assert told[22:24] == ['"redirect"', f'"https://{NAME}:443/a"']


def test_a_connection_without_a_certificate_is_shaped_as_aws_has_it(stage: Stage) -> None:
    """Tools for AWS's logs would not read the lab's."""
    stage.follow(https(), http())
    asks(client(stage.port(), version=TLS12))
    plain(stage.port(80), request())
    secure, insecure = stage.logged()
    assert shape(secure) == shape(REAL_TLS_CONNECTION)
    assert shape(insecure) == shape(REAL_PLAIN_CONNECTION)
    assert len(fields(secure)) == 15


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["tls12", "tls13"])
def test_a_refusal_is_shaped_as_documented(stage: Stage, version: int) -> None:
    """A reader of refusals would find no name, or no reason."""
    stage.follow(https(verify(CLIENTS)))
    stranger = authority.root("other").issue(authority.Leaf("stranger", client=True))
    asks(client(stage.port(), version=version, presents=Presents.of(stranger)))
    (line,) = stage.logged()
    assert shape(line)[:12] == shape(DOCUMENTED_REFUSAL)
    assert fields(line)[7] == '"CN=stranger"'


def test_both_logs_meet_in_the_connections_trace(stage: Stage) -> None:
    """Nobody could tell whose certificate a request came with."""
    stage.follow(https(verify(CLIENTS)))
    asks(client(stage.port(), presents=Presents.of(EDGE)))
    (connection,) = stage.logged()
    (access,) = stage.logged("access")
    assert fields(connection)[11] == fields(access)[29]


def test_quotes_and_controls_do_not_break_a_line(stage: Stage) -> None:
    """A client could forge fields of the log."""
    stage.follow(http())
    plain(stage.port(80), request("/", NAME, "Connection: close", 'User-Agent: a" 200 "b\xe9\x80'))
    (line,) = stage.logged("access")
    assert len(fields(line)) == 36
    assert "\\x22" in line
    assert "\\x80" in line


def test_lines_are_kept_only_if_the_attributes_say_so(stage: Stage) -> None:
    """Logs would come that nobody asked for, and tests of their absence would pass wrongly."""
    off = {"access_logs__s3__enabled": "false", "connection_logs__s3__enabled": "false"}
    stage.follow(https(), **off)
    asks(client(stage.port()))
    assert stage.logged() == []
    assert stage.logged("access") == []


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_files_key_is_laid_out_as_awss(stage: Stage) -> None:
    """A reader by AWS's layout would find nothing."""
    stage.follow(https(), connection_logs__s3__prefix="conn")
    asks(client(stage.port()))
    stage.run(stage.plane.deliver())
    keys = {kind: key for kind, key, _ in stage.sink.files}
    front = r"AWSLogs/123456789012/elasticloadbalancing/eu-west-1/\d{4}/\d\d/\d\d/"
    when = r"\d{8}T\d{4}Z"
    balancer = r"app\.one\.0123456789abcdef"
    name = rf"123456789012_elasticloadbalancing_eu-west-1_{balancer}_{when}_{ADDRESS}_\w+\.log\.gz"
    assert re.fullmatch(front + name, keys["access"])
    assert re.fullmatch(f"conn/{front}conn_log_{name}", keys["connection"])


def test_what_a_sink_does_not_take_is_told_and_tried_again(stage: Stage) -> None:
    """Lines would be lost while a bucket is missing, without a word."""

    class Full:
        def put(self, balancer: Balancer, kind: str, body: bytes, key: str) -> None:
            text = f"{balancer.name} {kind} {len(body)} {key}"
            raise UndeliveredError(text)

    stage.follow(http())
    stage.plane._sink, kept = Full(), stage.plane._sink  # noqa: SLF001 - a bucket that goes and comes back
    plain(stage.port(80), request())
    stage.run(stage.plane.deliver())
    assert len(stage.plane.undelivered) == 2
    stage.plane._sink = kept  # noqa: SLF001 - ditto
    assert len(stage.logged("access")) == 1
    assert not stage.plane.undelivered


def test_logs_come_by_themselves_and_at_the_end() -> None:
    """Only those who ask would get logs."""
    stage = Stage(log_seconds=0.01)
    stage.follow(http())
    plain(stage.port(80), request())
    while not stage.sink.files:
        pass
    stage.follow(http())
    plain(stage.port(80), request())
    stage.close()
    assert len(stage.sink.lines("access")) == 2


def test_books_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sink that is away for long would fill the memory."""
    monkeypatch.setattr("originlock.lab.plane.log_books.MOST_LINES", 3)
    books = LogBooks()
    balancer = blueprint().balancers[0]
    for number in range(5):
        books.note(balancer, CONNECTION, ADDRESS, str(number))
    (file,) = books.take(0.0)
    assert (file.lines, books.lost) == (("0", "1", "2"), 2)
    books.give_back([file])
    (again,) = books.take(60.0)
    assert again.lines == file.lines
    assert f"_19700101T0001Z_{ADDRESS}_" in again.key


def test_files_go_to_the_local_s3(aws: LocalAws) -> None:
    """Logs would be written by nobody whom boto3 can ask."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    balancer = blueprint(access_logs__s3__bucket="logs").balancers[0]
    sink = S3Sink(aws.url, Keys(ACCESS_KEY, SECRET_KEY))
    key = key_of(balancer, "access", ADDRESS, 0.0)
    sink.put(balancer, "access", gzip.compress(b"line\n"), key)
    assert gzip.decompress(s3.get_object(Bucket="logs", Key=key)["Body"].read()) == b"line\n"
    with pytest.raises(UndeliveredError, match="no bucket"):
        sink.put(balancer, CONNECTION, b"", key)
    elsewhere = msgspec.structs.replace(balancer, attributes={"access_logs.s3.bucket": "not-there"})
    with pytest.raises(UndeliveredError, match="NoSuchBucket"):
        sink.put(elsewhere, "access", b"", key)
