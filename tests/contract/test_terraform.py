"""Terraform, which nobody here wrote, finds the lab to be what it made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.contract.places import ROOT, SERVER
from tests.contract.terraform import at_hand, quoted

from originlock.lab.process import LocalAws

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """
resource "aws_vpc" "shop" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "shop" {
  count             = 2
  vpc_id            = aws_vpc.shop.id
  cidr_block        = "10.0.${count.index}.0/24"
  availability_zone = ["eu-west-1a", "eu-west-1b"][count.index]
}

resource "aws_ec2_managed_prefix_list" "edge" {
  name           = "edge"
  address_family = "IPv4"
  max_entries    = 5
  entry {
    cidr        = "192.0.2.0/24"
    description = "edge"
  }
}

resource "aws_security_group" "shop" {
  name        = "shop"
  description = "the edge alone"
  vpc_id      = aws_vpc.shop.id
}

resource "aws_vpc_security_group_ingress_rule" "edge" {
  security_group_id = aws_security_group.shop.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_ec2_managed_prefix_list.edge.id
}

resource "aws_lb" "shop" {
  name               = "shop"
  load_balancer_type = "application"
  subnets            = aws_subnet.shop[*].id
  security_groups    = [aws_security_group.shop.id]
  client_keep_alive  = 120
}

resource "aws_s3_bucket" "authorities" {
  bucket = "authorities"
}

resource "aws_s3_object" "bundle" {
  bucket  = aws_s3_bucket.authorities.id
  key     = "ca.pem"
  content = BUNDLE
}

resource "aws_s3_object" "revocations" {
  bucket  = aws_s3_bucket.authorities.id
  key     = "crl.pem"
  content = REVOCATIONS
}

resource "aws_lb_trust_store" "edge" {
  name                             = "edge"
  ca_certificates_bundle_s3_bucket = aws_s3_bucket.authorities.id
  ca_certificates_bundle_s3_key    = aws_s3_object.bundle.key
  tags                             = { team = "edge" }
}

resource "aws_lb_trust_store_revocation" "edge" {
  trust_store_arn       = aws_lb_trust_store.edge.arn
  revocations_s3_bucket = aws_s3_bucket.authorities.id
  revocations_s3_key    = aws_s3_object.revocations.key
}

resource "aws_acm_certificate" "shop" {
  certificate_body = CERTIFICATE
  private_key      = KEY
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate.shop.arn
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "403"
    }
  }
  mutual_authentication {
    mode                             = "verify"
    trust_store_arn                  = aws_lb_trust_store.edge.arn
    ignore_client_certificate_expiry = false
    advertise_trust_store_ca_names   = "on"
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener_rule" "shop" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10
  action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "shop"
      status_code  = "200"
    }
  }
  condition {
    host_header {
      values = ["shop.test"]
    }
  }
  condition {
    http_header {
      http_header_name = "X-Secret"
      values           = ["a", "b"]
    }
  }
}
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_it_applies_a_locked_origin_and_then_finds_no_changes(tmp_path: Path) -> None:
    """A load balancer, a trust store and a listener with mutual TLS; then it takes all of it away again."""
    values = {
        "BUNDLE": ROOT.pem,
        "REVOCATIONS": ROOT.revocation_list_pem(),
        "CERTIFICATE": SERVER.chain_pem,
        "KEY": SERVER.key_pem,
    }
    configuration = CONFIGURATION
    for name, value in values.items():
        configuration = configuration.replace(f"= {name}\n", f"= {quoted(value)}\n")
    with LocalAws() as aws:
        terraform = at_hand(tmp_path, aws.url, configuration)
        terraform.run("apply", "-auto-approve", "-input=false", "-no-color")
        (balancer,) = aws.blueprint().balancers
        verifying = [each for each in balancer.listeners if each.mutual_tls.mode == "verify"]
        assert [(each.port, each.mutual_tls.advertise_trust_store_ca_names) for each in verifying] == [(443, True)]
        assert balancer.attributes["client_keep_alive.seconds"] == "120"
        # 0: no changes; 2 would be changes.
        said = terraform.run("plan", "-detailed-exitcode", "-input=false", "-no-color")
        assert "No changes" in said
        terraform.run("destroy", "-auto-approve", "-input=false", "-no-color")
        assert aws.blueprint().balancers == ()
        assert aws.client("elbv2").describe_trust_stores()["TrustStores"] == []
