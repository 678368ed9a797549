"""Options that several commands share, and what they come to.

Lives here: each option once, and from options to a configuration and policies. Must not live here: any command.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from originlock.errors import ConfigError, UsageError
from originlock.intent.options import ad_hoc_policy, override_policy
from originlock.intent.policy import Configuration, Overrides, Policy
from originlock.wiring.settings import Loaded, descriptions, load

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Decorator = Callable[[_Command], _Command]


def _all(*decorators: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    def decorate(command: _Command) -> _Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


output_options = _all(
    click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="text for people, json for machines (on stdout; talk goes to stderr)",
    ),
    click.option("--debug", is_flag=True, help="show a traceback where something fails"),
)

config_option = click.option(
    "--config",
    metavar="FILE",
    help="the configuration [default: ./originlock.toml, else the user's, else /etc's]",
)

place_options = _all(
    click.option("--region", metavar="REGION", help="the AWS Region [default: as the AWS CLI finds it]"),
    click.option("--profile", metavar="NAME", help="the AWS profile [default: as the AWS CLI finds it]"),
    click.option("--assume-role", "role", metavar="ARN", help="assume this role, with what the profile gives"),
)

target_options = _all(
    click.option(
        "--security-group",
        "security_groups",
        multiple=True,
        metavar="ID",
        help="lock this group (repeatable)",
    ),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="KEY=VALUE",
        help="lock the groups with these tags (repeatable)",
    ),
    click.option("--load-balancer", metavar="NAME|ARN", help="lock this load balancer"),
    click.option(
        "--origin",
        "origins",
        multiple=True,
        metavar="NAME",
        help="this origin of the configuration (repeatable)",
    ),
    click.option("--port", "ports", multiple=True, metavar="N", help="a port to lock (repeatable) [default: 443]"),
    click.option(
        "--hostname",
        "hostnames",
        multiple=True,
        metavar="NAME",
        help="what the edge serves from there: proved by connections (repeatable)",
    ),
    click.option("--protocol", metavar="tcp|udp", help="[default: tcp]"),
    click.option(
        "--foreign",
        metavar="report|remove",
        help="what to do about others' rules that are holes [default: report]",
    ),
    click.option(
        "--foreign-rule",
        "foreign_rules",
        multiple=True,
        metavar="ID",
        help="with --foreign remove: also this one, by its id",
    ),
    click.option("--via", metavar="rules|prefix-list", help="how the groups hold the ranges [default: rules]"),
    click.option(
        "--create-group",
        is_flag=True,
        help="with a load balancer: make a group of our own beside those that it has",
    ),
)


def _digest(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """A digest is what a refusal printed: 64 hex digits, with or without ``sha256:``."""
    if said is not None and re.fullmatch(r"(sha256:)?[0-9a-fA-F]{64}", said.strip()) is None:
        message = "give the digest that the refusal printed: sha256: and 64 hex digits"
        raise click.BadParameter(message)
    return said


accept_list_option = click.option(
    "--accept-list",
    metavar="DIGEST",
    callback=_digest,
    help="act on the list with this digest although a guard refused it",
)

override_options = _all(
    click.option("--adopt", is_flag=True, help="take over rules for wanted ranges that somebody else made"),
    accept_list_option,
    click.option("--no-prove", is_flag=True, help="narrow also where a proof cannot be had (it is journalled)"),
)


def _finite(_context: click.Context, _option: click.Parameter, seconds: float) -> float:
    """Nobody means to wait for ever, or for no number at all."""
    if not math.isfinite(seconds):
        message = "give a number of seconds"
        raise click.BadParameter(message)
    return seconds


wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    callback=_finite,
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="how long to wait for another run to end",
)

yes_option = click.option("--yes", is_flag=True, help="do not ask")


@dataclasses.dataclass(frozen=True)
class Said:
    """What was said of the target on the command line; None and empty where nothing was."""

    config: str | None = None
    security_groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    protocol: str | None = None
    foreign: str | None = None
    foreign_rules: tuple[str, ...] = ()
    region: str | None = None
    profile: str | None = None
    role: str | None = None
    load_balancer: str | None = None
    via: str | None = None
    create_group: bool = False
    hostnames: tuple[str, ...] = ()

    def any_target(self) -> bool:
        """Whether anything was said that a saved plan says already."""
        return self != Said(config=self.config)

    @property
    def security_group(self) -> str | None:
        """What was said of the group, as the policy has it."""
        return "create" if self.create_group else None


def configuration_of(loaded: Loaded) -> Configuration:
    """The configuration, if there is nothing wrong with it; warnings go to stderr.

    Raises:
        ConfigError: it has problems; all of them are listed.
    """
    decoded = loaded.decoded
    for warning in decoded.warnings:
        click.echo(f"warning: {warning.place}: {warning.message}", err=True)
    if decoded.configuration is None:
        raise ConfigError(loaded.name, tuple((problem.place, problem.message) for problem in decoded.problems))
    return decoded.configuration


def policies_of(said: Said, loaded: Loaded) -> tuple[Configuration, tuple[Policy, ...]]:
    """The configuration, and the policies that the options choose.

    Raises:
        ConfigError: the configuration has problems.
        UsageError: an option is wrong, or nothing is named to be locked.
    """
    configuration = configuration_of(loaded)
    if said.security_groups or said.tags or said.load_balancer is not None:
        if said.origins:
            message = (
                "--origin names an origin of the configuration; --security-group, --tag and --load-balancer one"
                " without it"
            )
            raise UsageError(message, "give one or the other")
        policy = ad_hoc_policy(
            said.security_groups,
            said.tags,
            said.ports or None,
            said.protocol,
            said.foreign,
            said.region,
            said.profile,
            edges=descriptions(),
            foreign_rules=said.foreign_rules or None,
            role=said.role,
            load_balancer=said.load_balancer,
            via=said.via,
            security_group=said.security_group,
            hostnames=said.hostnames or None,
        )
        return configuration, (policy,)
    return configuration, tuple(_overridden(policy, said) for policy in _chosen(said, configuration, loaded))


def _chosen(said: Said, configuration: Configuration, loaded: Loaded) -> tuple[Policy, ...]:
    if not said.origins:
        if not configuration.origins:
            nowhere = "there is no originlock.toml in this folder, in ~/.config/originlock or in /etc/originlock"
            why = nowhere if loaded.path is None else f"{loaded.path} has no origins"
            message = f"nothing is named to be locked: {why}"
            raise UsageError(
                message,
                "give --load-balancer NAME, --security-group ID or --tag KEY=VALUE, or write an originlock.toml",
            )
        return configuration.origins
    chosen = []
    for name in dict.fromkeys(said.origins):
        policy = configuration.origin(name)
        if policy is None:
            known = ", ".join(origin.origin for origin in configuration.origins) or "none"
            message = f"{loaded.name} has no origin {name!r} (it has: {known})"
            raise UsageError(message, "name one of those with --origin")
        chosen.append(policy)
    return tuple(chosen)


def _overridden(policy: Policy, said: Said) -> Policy:
    return override_policy(
        policy,
        said.ports or None,
        said.protocol,
        said.foreign,
        said.region,
        said.profile,
        foreign_rules=said.foreign_rules or None,
        role=said.role,
        via=said.via,
        security_group=said.security_group,
        hostnames=said.hostnames or None,
    )


def overrides_of(*, adopt: bool, accept_list: str | None, no_prove: bool, reopen: bool = False) -> Overrides:
    """What a person says knowing better."""
    return Overrides(accept_list=accept_list, no_prove=no_prove, adopt=adopt, reopen=reopen)


def loaded_configuration(said: Said) -> Loaded:
    """The configuration that the options point to."""
    return load(said.config)
