"""`notify test` as a person runs it: every kind of channel, what came of each, and no word of any secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.channels.receivers import free_port, receiving
from tests.cli.groups import Watched, group
from tests.cli.product import Product
from tests.cli.restricted import Bench, allowed_by, asked_for

from originlock.lab.lists import ListServer
from originlock.lab.process import AwsClient, LocalAws

TOKEN = "T0KEN-7f3c9b2e"


@pytest.fixture
def offline(tmp_path: Path) -> Product:
    """The product without any cloud."""
    return Product(tmp_path, {"HOOK_SECRET": "a secret to sign with"})


def webhook(port: int, name: str = "ops") -> str:
    """A channel by a webhook on this machine."""
    return f'[notify.{name}]\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/{TOKEN}"\nsecret_env = "HOOK_SECRET"\n'


def test_every_channel_is_tried(offline: Product) -> None:
    """One that works and one that does not: each is told of, and the exit code says that not all is well."""
    with receiving() as up:
        offline.write("originlock.toml", webhook(up.port) + webhook(free_port(), "night"))
        ended = offline.run("notify", "test")
    assert ended.code == 1
    assert "ops (webhook): sent\n" in ended.out
    assert "night (webhook): not sent: http://127.0.0.1:" in ended.out
    assert "Connection refused (3 tries)" in ended.out
    assert TOKEN not in ended.said
    (received,) = up.received
    assert json.loads(received.body)["subject"] == "originlock: this is a test, and nothing happened"
    assert "Originlock-Signature" in received.headers


def test_one_channel_alone(offline: Product) -> None:
    """A person mends one without waking all others; a monitor hears a beginning and an end."""
    with receiving() as ping:
        monitor = '[notify.mon]\nkind = "ping"\nurl_env = "PING"\non = ["hole"]\n[run]\ntell_seconds = 5\n'
        offline.write("originlock.toml", webhook(free_port()) + monitor)
        ended = offline.with_variables(PING=ping.url(f"/{TOKEN}")).run("notify", "test", "mon", "-o", "json")
    assert ended.code == 0
    assert ended.json == {"channels": [{"name": "mon", "kind": "ping", "sent": True, "reason": None}]}
    assert [each.path for each in ping.received] == [f"/{TOKEN}/start", f"/{TOKEN}/0"]


@pytest.mark.parametrize(
    "configuration,arguments,said",
    [
        ("", (), "the configuration names no channel"),
        (webhook(1), ("opps",), "did you mean ops?"),
        ('[notify.ops]\nkind = "webhook"\n', (), "notify.ops: does not say its url"),
    ],
    ids=["no channel", "misspelt", "wrong"],
)
def test_wrong_usage(offline: Product, configuration: str, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is sent where it is not clear to whom."""
    offline.write("originlock.toml", configuration)
    ended = offline.run("notify", "test", *arguments)
    assert ended.code == 2
    assert said in ended.said
    assert TOKEN not in ended.said


def test_debugging_tells_no_secret(offline: Product) -> None:
    """A person who pastes what --debug says into a ticket gives nothing away; nor does `config show`."""
    offline.write("originlock.toml", webhook(free_port()) + '[notify.chat]\nkind = "slack"\nurl_env = "CHAT"\n')
    product = offline.with_variables(CHAT=f"nonsense {TOKEN}")
    for arguments in (("notify", "test", "--debug"), ("config", "show"), ("config", "show", "-o", "json")):
        assert TOKEN not in product.run(*arguments).said


# --- a topic in the local AWS -------------------------------------------------------------------------------------


@pytest.fixture
def sns(aws: LocalAws) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """A client of SNS."""
    return aws.client("sns")


def topic(arn: str, *more: str) -> str:
    """A channel by a topic."""
    return "\n".join(("[notify.topic]", 'kind = "sns"', f'topic_arn = "{arn}"', *more, ""))


def test_a_topic_is_published_to(product: Product, aws: LocalAws, sns: Any) -> None:  # noqa: ANN401  ditto
    """What SNS gets is what it takes: a short subject, the text, and a weight to filter by."""
    arn = sns.create_topic(Name="ops")["TopicArn"]
    product.write("originlock.toml", topic(arn))
    watched = Watched(aws)
    ended = product.run("notify", "test")
    assert ended.said == "topic (sns): sent\n"
    assert ended.code == 0
    (call,) = watched.calls()
    assert (call.service, call.action, call.parameters["TopicArn"]) == ("sns", "Publish", arn)
    assert call.parameters["Subject"] == "originlock: this is a test, and nothing happened"
    assert call.parameters["Message"].startswith("this is a test, and nothing happened.\n")
    assert call.parameters["MessageAttributes.entry.1.Value.StringValue"] == "news"


def test_a_topic_that_is_not_there(product: Product, sns: Any) -> None:  # noqa: ANN401, ARG001  ditto
    """AWS's own words say which."""
    product.write("originlock.toml", topic("arn:aws:sns:us-east-1:123456789012:nosuch"))
    ended = product.run("notify", "test")
    assert ended.code == 1
    assert "not sent: arn:aws:sns:us-east-1:123456789012:nosuch: Publish: NotFound" in ended.said


def test_aws_is_not_there(product: Product) -> None:
    """It is given up in time."""
    product.write("originlock.toml", topic("arn:aws:sns:us-east-1:123456789012:ops") + "[run]\ntell_seconds = 3\n")
    ended = product.with_variables(AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}").run("notify", "test")
    assert ended.code == 1
    assert "not sent" in ended.said


def test_the_printed_policy_is_what_it_needs(
    aws: LocalAws,
    ec2: AwsClient,
    product: Product,
    lists: ListServer,
    sns: Any,  # noqa: ANN401  ditto
) -> None:
    """Under it the topic of the configuration can be published to, and no other."""
    bench = Bench(aws, ec2, product, lists)
    named, other = (sns.create_topic(Name=name)["TopicArn"] for name in ("ops", "other"))
    product.write("originlock.toml", topic(named))
    assert bench.runs("notify", (), "notify", "test").code == 0
    assert asked_for(bench.calls) == allowed_by(bench.printed("notify")) == {"sns:Publish"}
    keys = bench.keys("notify", name="again")
    product.write("originlock.toml", topic(other))
    denied = product.with_variables(**keys).run("notify", "test")
    assert denied.code == 1
    assert "not authorized to perform: sns:Publish on resource" in denied.said


def test_a_run_may_publish_too(product: Product, ec2: AwsClient) -> None:
    """What `run` needs holds what it tells by."""
    arn = "arn:aws:sns:us-east-1:123456789012:ops"
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{group(ec2)}"]\n' + topic(arn))
    made = product.run("iam-policy", "run", "-o", "json").json
    (tell,) = (each for each in made["Statement"] if each["Sid"] == "Tell")
    assert (tell["Action"], tell["Resource"]) == ("sns:Publish", arn)
    alone = product.run("iam-policy", "notify", "-o", "json").json
    assert alone["Statement"] == [tell]


def test_without_a_topic_no_policy_is_needed(product: Product) -> None:
    """A policy without a statement is one that IAM refuses."""
    product.write("originlock.toml", webhook(1))
    ended = product.run("iam-policy", "notify")
    assert ended.code == 2
    assert "needs no policy" in ended.said


def test_a_topic_by_a_role(product: Product) -> None:
    """Whoever starts it becomes the role, and the role publishes."""
    role, arn = "arn:aws:iam::210987654321:role/telling", "arn:aws:sns:us-east-1:210987654321:ops"
    product.write("originlock.toml", topic(arn, f'role = "{role}"'))
    (enter,) = product.run("iam-policy", "notify", "-o", "json").json["Statement"]
    assert (enter["Action"], enter["Resource"]) == ("sts:AssumeRole", role)
    (tell,) = product.run("iam-policy", "notify", "--inside", role, "-o", "json").json["Statement"]
    assert (tell["Action"], tell["Resource"]) == ("sns:Publish", arn)


class _Picky:
    """A mail server that does not know one of the addresses."""

    async def handle_RCPT(  # noqa: N802  as aiosmtpd has it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient."""
        if address.startswith("night"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def test_mail_that_some_do_not_get(offline: Product) -> None:
    """It is sent, and a person is told whose address is to be mended."""
    port = free_port()
    people = 'to = ["ops@example.org", "night@example.org"]\n'
    text = f'[notify.mail]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nfrom = "o@example.org"\n'
    offline.write("originlock.toml", text + people)
    controller = Controller(_Picky(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        said, data = offline.run("notify", "test"), offline.run("notify", "test", "-o", "json")
    finally:
        controller.stop()
    assert f"mail (email): sent, but 127.0.0.1:{port} did not take it for night@example.org (550)" in said.out
    assert said.code == data.code == 1
    (channel,) = data.json["channels"]
    assert channel["sent"] is True
    assert channel["reason"].endswith("night@example.org (550)")
