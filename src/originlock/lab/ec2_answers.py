"""EC2's security groups and their rules, answered as AWS answers.

Here lives what moto's own actions do otherwise: it authorises one permission after the other,
counts both families together, keeps CIDRs as typed, and knows no pages. Each action says what it
corrects; it reads requests with `ec2_rules`, stores in moto's own objects and answers from
`ec2_state` views. Here must not live: HTTP, faults, or rules of EC2 that can be said without
moto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from originlock.lab import ec2_describe, ec2_paging, ec2_wire
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_quota import refuse_over_quota
from originlock.lab.ec2_references import ReferenceAnswers
from originlock.lab.ec2_rules import RequestedRule, SourceKind, items, requested_rules, text, texts, valid_description
from originlock.lab.ec2_seam import refusing
from originlock.lab.ec2_state import RuleView, rule_view
from originlock.lab.ec2_tags import refuse_bad_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class SecurityGroupAnswers(ReferenceAnswers):
    """EC2's actions on security groups and their rules."""

    # --- reads ------------------------------------------------------------------------------

    @refusing
    def describe_security_groups(self) -> ActionResult:
        """Filters as AWS has them, pages, and NotFound that names the absent group alone."""
        self.error_on_dryrun()
        found, token = ec2_paging.page(
            ec2_describe.select_groups(self.seen("groups").groups, self.parameters),
            self.parameters,
            limits=ec2_paging.GROUP_PAGES,
            key=lambda group: group.group_id,
            excludes=("GroupIds",),
        )
        groups = [ec2_wire.security_group(group) for group in found]
        return self.answer({"securityGroupInfo": groups, "nextToken": token})

    @refusing
    def describe_security_group_rules(self) -> ActionResult:
        """Filters as AWS has them, and pages."""
        self.error_on_dryrun()
        found, token = ec2_paging.page(
            ec2_describe.select_rules(self.seen("groups").groups, self.parameters),
            self.parameters,
            limits=ec2_paging.GROUP_PAGES,
            key=lambda rule: rule.rule_id,
            excludes=("SecurityGroupRuleIds",),
        )
        rules = [ec2_wire.security_group_rule(rule) for rule in found]
        return self.answer({"securityGroupRuleSet": rules, "nextToken": token})

    # --- authorize ----------------------------------------------------------------------------

    @refusing
    def authorize_security_group_ingress(self) -> ActionResult:
        """All or nothing, canonical, weighed by family; moto goes one by one."""
        return self._authorize(egress=False)

    @refusing
    def authorize_security_group_egress(self) -> ActionResult:
        """As for ingress."""
        return self._authorize(egress=True)

    def _authorize(self, *, egress: bool) -> ActionResult:
        self.error_on_dryrun()
        group = self.named_group()
        wanted = requested_rules(self.parameters, lambda named: self.named_in_rule_of(group, named))
        tags = self._rule_tags()
        self._refuse_unknown_prefix_lists(wanted)
        held = self.views(group, egress=egress)
        known = {rule.key for rule in held}
        for rule in wanted:
            if rule.key in known:
                raise Refusal(Code.DUPLICATE, f'the specified rule "{rule.key}" already exists')
        refuse_over_quota(
            [rule.key.source for rule in held] + [rule.key.source for rule in wanted],
            {list_id: each.weight for list_id, each in self.held_prefix_lists().items()},
            self.settings.quota_rules,
        )
        # Nothing below refuses: the batch is added as a whole.
        added = [self._store(group, rule, tags, egress=egress) for rule in wanted]
        views = [rule_view(self.ec2_backend, rule) for rule in added]
        return self.answer(
            {
                "return": True,
                "securityGroupRuleSet": [ec2_wire.security_group_rule(view) for view in views],
            }
        )

    def _store(
        self,
        group: SecurityGroup,
        wanted: RequestedRule,
        tags: Mapping[str, str],
        *,
        egress: bool,
    ) -> SecurityGroupRule:
        source = wanted.key.source
        # moto shows a description only from here, also for groups and prefix lists.
        ip_range = {} if wanted.description is None else {"Description": wanted.description}
        if source.kind is SourceKind.IPV4:
            ip_range["CidrIp"] = source.value
        elif source.kind is SourceKind.IPV6:
            ip_range["CidrIpv6"] = source.value
        rule = SecurityGroupRule(
            self.ec2_backend,
            # All traffic, so that moto does not read ports that other protocols lack.
            "-1",
            group.id,
            None,
            None,
            ip_range,
            {"GroupId": source.value} if source.kind is SourceKind.GROUP else None,
            {"PrefixListId": source.value} if source.kind is SourceKind.PREFIX_LIST else None,
            is_egress=egress,
            tags=dict(tags),
        )
        rule.ip_protocol = wanted.key.protocol
        rule.from_port, rule.to_port = wanted.key.from_port, wanted.key.to_port
        (group.egress_rules if egress else group.ingress_rules).append(rule)
        return rule

    def _rule_tags(self) -> Mapping[str, str]:
        specified = self._parse_tag_specification()
        for resource_type, tags in specified.items():
            if resource_type != "security-group-rule":
                raise Refusal(
                    Code.INVALID_VALUE,
                    f"'{resource_type}' is not a valid taggable resource type for this operation.",
                )
            refuse_bad_tags(tags)
        return specified.get("security-group-rule", {})

    def _refuse_unknown_prefix_lists(self, wanted: Iterable[RequestedRule]) -> None:
        """Refuse a list that does not exist; moto takes any id."""
        held = self.held_prefix_lists()
        for rule in wanted:
            source = rule.key.source
            if source.kind is SourceKind.PREFIX_LIST and source.value not in held:
                raise ec2_describe.no_prefix_list(source.value)

    # --- revoke ---------------------------------------------------------------------------------

    @refusing
    def revoke_security_group_ingress(self) -> ActionResult:
        """All or nothing by id; by permission as the group's VPC has it."""
        return self._revoke(egress=False)

    @refusing
    def revoke_security_group_egress(self) -> ActionResult:
        """As for ingress."""
        return self._revoke(egress=True)

    def _revoke(self, *, egress: bool) -> ActionResult:
        self.error_on_dryrun()
        group = self.named_group()
        held = self.views(group, egress=egress)
        rule_ids = texts(self.parameters, "SecurityGroupRuleIds")
        if rule_ids and items(self.parameters, "IpPermissions"):
            raise Refusal(
                Code.INVALID_COMBINATION,
                "The parameter securityGroupRuleIds cannot be used with ipPermissions",
            )
        unknown: Sequence[RequestedRule] = []
        if rule_ids:
            gone = self._revoked_by_id(held, rule_ids)
        else:
            gone, unknown = self._revoked_by_permission(group, held)
        self._forget(group, {rule.rule_id for rule in gone})
        return self.answer(
            {
                "return": True,
                "unknownIpPermissionSet": ec2_wire.ip_permissions(unknown, group.owner_id),
                "revokedSecurityGroupRuleSet": [ec2_wire.revoked_security_group_rule(rule) for rule in gone],
            }
        )

    def _revoked_by_id(self, held: Sequence[RuleView], rule_ids: Sequence[str]) -> Sequence[RuleView]:
        by_id = {rule.rule_id: rule for rule in held}
        for rule_id in rule_ids:
            if rule_id not in by_id:
                raise ec2_describe.no_rule(rule_id)
        return [by_id[rule_id] for rule_id in dict.fromkeys(rule_ids)]

    def _revoked_by_permission(
        self, group: SecurityGroup, held: Sequence[RuleView]
    ) -> tuple[Sequence[RuleView], Sequence[RequestedRule]]:
        by_key = {rule.key: rule for rule in held}
        named = requested_rules(self.parameters, self.group_id)
        unknown = [rule for rule in named if rule.key not in by_key]
        # 'EC2 API reference', RevokeSecurityGroupIngress: no error for a default VPC.
        if unknown and not self._in_default_vpc(group):
            raise Refusal(
                Code.NO_PERMISSION,
                "The specified rule does not exist in this security group.",
            )
        return [by_key[rule.key] for rule in named if rule.key in by_key], unknown

    def _in_default_vpc(self, group: SecurityGroup) -> bool:
        vpc = self.ec2_backend.vpcs.get(group.vpc_id)
        return vpc is not None and bool(vpc.is_default)

    def _forget(self, group: SecurityGroup, rule_ids: set[str]) -> None:
        group.ingress_rules = [rule for rule in group.ingress_rules if rule.id not in rule_ids]
        group.egress_rules = [rule for rule in group.egress_rules if rule.id not in rule_ids]
        for rule_id in rule_ids:
            # moto keeps the tags of what is gone.
            self.ec2_backend.tags.pop(rule_id, None)

    # --- descriptions -----------------------------------------------------------------------------

    @refusing
    def update_security_group_rule_descriptions_ingress(self) -> ActionResult:
        """All or nothing, by permission or by rule id; moto skips what is absent."""
        return self._describe_rules(egress=False)

    @refusing
    def update_security_group_rule_descriptions_egress(self) -> ActionResult:
        """As for ingress."""
        return self._describe_rules(egress=True)

    def _describe_rules(self, *, egress: bool) -> ActionResult:
        self.error_on_dryrun()
        group = self.named_group()
        held = self.views(group, egress=egress)
        by_id = {rule.rule_id for rule in held}
        new: dict[str, str | None] = {}
        for item in items(self.parameters, "SecurityGroupRuleDescriptions"):
            rule_id = text(item, "SecurityGroupRuleId") or ""
            if rule_id not in by_id:
                raise ec2_describe.no_rule(rule_id)
            new[rule_id] = valid_description(text(item, "Description"))
        if not new:
            ids = {rule.key: rule.rule_id for rule in held}
            for rule in requested_rules(self.parameters, self.group_id):
                if rule.key not in ids:
                    raise Refusal(
                        Code.NO_PERMISSION,
                        "The specified rule does not exist in this security group.",
                    )
                new[ids[rule.key]] = rule.description
        for held_rule in (*group.ingress_rules, *group.egress_rules):
            if held_rule.id in new:
                held_rule.ip_range.pop("Description", None)
                description = new[held_rule.id]
                if description is not None:
                    held_rule.ip_range["Description"] = description
        return self.answer({"return": True})
