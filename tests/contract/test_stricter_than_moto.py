"""The lab is no kinder than AWS where moto alone is: named here, and tried against an unmodified moto."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.contract.places import CONSENT, MOTO, REAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent

#: Statements that plain moto does not keep, and what it does instead: a program that hangs on one of them would have
#: passed its tests there, and failed at AWS.
NOT_KEPT: Mapping[str, str] = {
    # Security groups.
    "test_ec2_groups::test_host_bits_are_cleared": "keeps a range as it was typed",
    "test_ec2_groups::test_another_spelling_is_a_duplicate": "takes one range twice",
    "test_ec2_groups::test_a_batch_is_taken_whole_or_not_at_all": "takes the permissions before the bad one",
    "test_ec2_groups::test_one_permission_twice_in_a_call_is_refused": "takes it",
    "test_ec2_groups::test_each_family_has_the_whole_quota": "counts both families together",
    "test_ec2_groups::test_a_prefix_list_counts_by_its_size": "counts it as one rule",
    "test_ec2_groups::test_one_forbidden_character_fails_the_batch": "takes any description",
    "test_ec2_groups::test_a_rule_does_not_name_a_group_of_another_network": "lets it",
    "test_ec2_groups::test_a_rule_does_not_name_a_prefix_list_that_is_not_there": "lets it",
    "test_ec2_groups::test_a_group_that_another_refers_to_is_not_deleted": "deletes it",
    "test_ec2_groups::test_a_name_is_one_groups_whatever_its_case": "makes both",
    "test_ec2_groups::test_rules_come_in_pages": "gives all in one",
    # Managed prefix lists.
    "test_ec2_prefix_lists::test_entries_are_canonical": "keeps a range as it was typed",
    "test_ec2_prefix_lists::test_a_stale_version_changes_nothing": "changes the list",
    "test_ec2_prefix_lists::test_a_list_keeps_its_name": "forgets it",
    "test_ec2_prefix_lists::test_a_list_holds_no_more_than_its_size": "takes any number",
    "test_ec2_prefix_lists::test_a_list_has_one_family": "takes both",
    "test_ec2_prefix_lists::test_an_entry_is_added_and_removed_once": "says nothing",
    "test_ec2_prefix_lists::test_a_list_that_a_rule_names_is_not_deleted": "deletes it",
    "test_ec2_prefix_lists::test_a_call_adds_at_most_100": "adds all",
    "test_ec2_prefix_lists::test_entries_come_in_pages": "gives all in one",
    # Listeners, their certificates and rules.
    "test_elbv2_listeners::test_https_needs_a_certificate": "makes a listener without, or with one that is not there",
    "test_elbv2_listeners::test_http_has_no_policy": "leaves the policy of TLS",
    "test_elbv2_listeners::test_a_port_is_one_listeners": "lets two share it",
    "test_elbv2_listeners::test_absent_listeners_are_not_found": "leaves them out",
    "test_elbv2_listeners::test_another_default_leaves_those_for_sni": "forgets those for SNI",
    "test_elbv2_listeners::test_a_certificate_is_added_once": "adds it again",
    "test_elbv2_listeners::test_the_default_certificate_is_not_removed": "removes it",
    "test_elbv2_listeners::test_a_priority_is_one_rules": "takes one beyond the last",
    "test_elbv2_listeners::test_rules_change_places": "refuses it",
    "test_elbv2_listeners::test_bad_conditions_are_refused": "takes what could never match",
    "test_elbv2_listeners::test_a_rule_has_one_host_condition": "takes two",
    "test_elbv2_listeners::test_the_default_rule_stays": "fails in itself, and forgives one that is not there",
    "test_elbv2_listeners::test_a_host_may_be_a_pattern": "fails in itself",
    # Attributes.
    "test_elbv2_listeners::test_attributes_have_their_defaults": "knows few, and some otherwise",
    "test_elbv2_listeners::test_values_out_of_range_are_refused": "takes any value",
    "test_elbv2_listeners::test_unknown_keys_are_refused": "takes those of other kinds of load balancers",
    "test_elbv2_listeners::test_logs_go_to_buckets_that_take_them": "asks no bucket",
    "test_elbv2_listeners::test_listeners_have_attributes_of_their_own": "takes any key",
    # Mutual TLS: accepted, and dropped without a word.
    "test_elbv2_mutual_tls::test_a_plain_listener_has_it_off": "tells nothing of it",
    "test_elbv2_mutual_tls::test_a_listener_is_made_with_it": "drops it",
    "test_elbv2_mutual_tls::test_what_is_not_named_stays": "drops it",
    "test_elbv2_mutual_tls::test_passthrough_does_not_ignore_expiry": "says nothing",
    "test_elbv2_mutual_tls::test_off_has_nothing_beside_it": "says nothing",
    "test_elbv2_mutual_tls::test_other_modes_are_refused": "says nothing",
    "test_elbv2_mutual_tls::test_verify_needs_a_trust_store": "says nothing",
    "test_elbv2_mutual_tls::test_http_has_none": "says nothing",
    "test_elbv2_mutual_tls::test_a_refused_change_changes_nothing": "changes the port",
    # Metrics.
    "test_cloudwatch::test_a_call_has_500_queries_at_most": "takes any number",
    "test_cloudwatch::test_a_page_has_100800_points_at_most": "takes any number",
    "test_cloudwatch::test_minutes_are_told_of_the_last_15_days": "keeps minutes for ever",
    "test_cloudwatch::test_pages_go_on_by_their_token": "gives all in one",
    "test_cloudwatch::test_a_token_of_nobodys_is_refused": "begins again",
    "test_cloudwatch::test_names_of_queries_are_unique": "takes one name twice",
    "test_cloudwatch::test_periods_are_whole_minutes": "takes any period",
    # Buckets.
    "test_s3::test_a_bucket_is_of_the_account_that_is_expected": "asks nobody",
    "test_s3::test_a_new_bucket_is_closed_and_encrypted": "makes it open, and encrypts nothing",
}

#: What moto does not have at all: it fails there, but for that reason. All other statements on trust stores, and on the
#: price list, likewise.
ABSENT = ("test_elbv2_trust_stores::test_a_store_is_described", "test_pricing::test_rows_are_texts")

#: These it keeps: so whatever fails fails by itself.
KEPT = (
    "test_ec2_groups::test_a_rule_that_is_not_there_is_not_revoked",
    "test_ec2_groups::test_a_rule_that_is_changed_keeps_its_id",
    "test_ec2_groups::test_a_dry_run_changes_nothing",
    "test_s3::test_what_is_not_there_is_not_found",
    "test_cloudwatch::test_what_was_not_reported_is_not_there",
    "test_s3::test_a_bucket_is_asked_for",
    "test_s3::test_a_bucket_is_made_once",
)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """An unmodified moto, in a process of its own; its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    # Half of its start-up time; it is data that no statement is about.
    environment["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 60
    while True:
        try:
            opener.open(f"{address}/moto-api/data.json", timeout=10).close()
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, "moto has ended"
            assert time.monotonic() < deadline, "moto does not answer"
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def kept_by_moto(moto: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bool]:
    """Whether plain moto keeps each statement that is named here, in all its forms."""
    report = tmp_path_factory.mktemp("moto") / "report.xml"
    chosen = [f"{HERE / each.replace('::', '.py::')}" for each in (*NOT_KEPT, *ABSENT, *KEPT)]
    without = {name: value for name, value in os.environ.items() if name not in {REAL, CONSENT}}
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            f"--junitxml={report}",
            *chosen,
        ],
        env={**without, MOTO: moto},
        cwd=HERE.parent.parent,
        stdout=subprocess.DEVNULL,
        check=False,
        timeout=240,
    )
    found: dict[str, bool] = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest has just written it
        statement = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name', '').partition('[')[0]}"
        said = [each.get("message", "") for each in (*case.iter("failure"), *case.iter("error"))]
        assert not any("EndpointConnectionError" in each for each in said), said
        found[statement] = found.get(statement, True) and not said
    return found


@pytest.mark.parametrize("statement", NOT_KEPT)
def test_moto_does_not_keep_it(kept_by_moto: Mapping[str, bool], statement: str) -> None:
    """And the lab does, as its own run shows: there plain moto would have passed what AWS refuses."""
    assert kept_by_moto[statement] is False


@pytest.mark.parametrize("statement", ABSENT)
def test_moto_does_not_have_it(kept_by_moto: Mapping[str, bool], statement: str) -> None:
    """So the lab's own is all there is."""
    assert kept_by_moto[statement] is False


@pytest.mark.parametrize("statement", KEPT)
def test_moto_keeps_it(kept_by_moto: Mapping[str, bool], statement: str) -> None:
    """So that a failure there is moto's, and not that of how it is asked."""
    assert kept_by_moto[statement] is True
