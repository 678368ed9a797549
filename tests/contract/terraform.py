"""Terraform, where it is at hand: found, set up offline, and pointed at a local AWS.

Here lives the looking for it and the running of it. Here must not live: what it applies.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

#: Where a folder of providers may be named, laid out as `terraform providers mirror` and its plugin folders have it.
PLUGINS: Final = "ORIGINLOCK_TERRAFORM_PLUGINS"

_PROVIDER: Final = Path("registry.terraform.io/hashicorp/aws")

#: Services that the lab has and that the configuration uses.
_SERVICES: Final = ("acm", "ec2", "elbv2", "iam", "s3", "sts")

#: The provider itself waits 60 s for a load balancer and 30 s for a trust store.
_SECONDS: Final = 420


@dataclass(frozen=True, slots=True)
class Terraform:
    """A Terraform with its provider, in a folder of its own."""

    program: str
    plugins: Path
    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command; what it says. Fails the test with that where it ends otherwise than expected."""
        ended = subprocess.run(
            [self.program, f"-chdir={self.folder}", *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert ended.returncode in codes, ended.stdout
        return ended.stdout


def at_hand(folder: Path, endpoint: str, configuration: str) -> Terraform:
    """Return a Terraform that is set up with a configuration, or skip the test and say why."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not on the PATH")
    plugins = next(_folders(), None)
    if plugins is None:
        pytest.skip(f"no folder with the provider hashicorp/aws was found; {PLUGINS} may name one")
    endpoints = "\n".join(f'    {each} = "{endpoint}"' for each in _SERVICES)
    (folder / "provider.tf").write_text(_BEGINNING.replace("ENDPOINTS", endpoints))
    (folder / "main.tf").write_text(configuration)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    environment = {**kept, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "NO_PROXY": "127.0.0.1"}
    found = Terraform(program, plugins, folder, environment)
    found.run("init", "-input=false", "-no-color", f"-plugin-dir={plugins}")
    return found


def _folders() -> Iterator[Path]:
    """Folders that hold the provider: the one that is named, and where Terraform itself looks."""
    named = os.environ.get(PLUGINS)
    home = Path.home()
    usual = (
        home / ".terraform.d/plugins",
        home / ".local/share/terraform/plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    )
    for each in [Path(named)] if named else usual:
        if (each / _PROVIDER).is_dir():
            yield each


_BEGINNING: Final = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "lab"
  secret_key                  = "lab"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = false
  s3_use_path_style           = true
  endpoints {
ENDPOINTS
  }
}
"""


def quoted(text: str) -> str:
    """A text as a literal of its language."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
