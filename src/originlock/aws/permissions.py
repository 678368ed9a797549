"""The calls to AWS, and what IAM must allow for each: one table, and which command makes which calls.

Lives here: operations, IAM actions, resource types, condition keys, purposes. Must not live here: statements
(see `policy_statements`), any call, botocore.

Source of every row: AWS Service Authorization Reference, the pages of Amazon EC2, Elastic Load Balancing V2, Amazon S3,
Certificate Manager, Service Quotas, Price List, CloudWatch, Security Token Service, CloudWatch Logs and Amazon SNS
(actions, resource types, condition keys). STS GetCallerIdentity, which tells the account, needs no permission (STS API
reference).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import msgspec


class Resource(enum.StrEnum):
    """A type of resource, named as the Service Authorization Reference names it."""

    SECURITY_GROUP = "security-group"
    RULE = "security-group-rule"
    PREFIX_LIST = "prefix-list"
    VPC = "vpc"
    APPLICATION_BALANCER = "loadbalancer/app/"
    NETWORK_BALANCER = "loadbalancer/net/"
    LISTENER = "listener/app/"
    TRUST_STORE = "truststore"
    CERTIFICATE = "certificate"
    BUCKET = "bucket"
    OBJECT = "object"
    QUOTA = "quota"
    ROLE = "role"
    LOG_GROUP = "log-group"
    LOG_STREAM = "log-stream"
    TOPIC = "topic"


class Permission(msgspec.Struct, frozen=True):
    """One IAM action that a call needs.

    Attributes:
        action: as IAM names it.
        resources: what it can be restricted to; empty if to nothing (``"Resource": "*"``).
        keys: the condition keys that narrow it further here; a tag's key stands as ``${TagKey}``.
    """

    action: str
    resources: tuple[Resource, ...] = ()
    keys: tuple[str, ...] = ()


class Operation(msgspec.Struct, frozen=True):
    """One call.

    Attributes:
        name: service and operation, as botocore names them.
        needs: the actions that IAM looks at, the call's own first.
        mutates: whether it changes anything.
        reason: why its own action cannot be restricted to a resource, if so.
    """

    name: str
    needs: tuple[Permission, ...]
    mutates: bool = False
    reason: str = ""

    @property
    def action(self) -> str:
        """The call's own action."""
        return self.needs[0].action


REQUEST_TAG: Final = "aws:RequestTag/${TagKey}"
RESOURCE_TAG: Final = "aws:ResourceTag/${TagKey}"
TAG_KEYS: Final = "aws:TagKeys"
CREATE_ACTION: Final = "ec2:CreateAction"
ELB_CREATE_ACTION: Final = "elasticloadbalancing:CreateAction"
S3_PREFIX: Final = "s3:prefix"

_DESCRIBES_ALL: Final = "AWS restricts these Describe calls to no resource"


def _describes(service: str, iam: str, *operations: str) -> tuple[Operation, ...]:
    return tuple(
        Operation(f"{service}:{operation}", (Permission(f"{iam}:{operation}"),), reason=_DESCRIBES_ALL)
        for operation in operations
    )


def _ec2(operation: str, *resources: Resource, keys: tuple[str, ...] = (), tagged: Resource | None = None) -> Operation:
    """A call of EC2 that changes something; one that creates with tags needs CreateTags on what it creates."""
    needs = [Permission(f"ec2:{operation}", resources, keys)]
    if tagged is not None:
        needs.append(Permission("ec2:CreateTags", (tagged,), (CREATE_ACTION,)))
    return Operation(f"ec2:{operation}", tuple(needs), mutates=True)


def _elb(operation: str, *resources: Resource, keys: tuple[str, ...] = (), tagged: Resource | None = None) -> Operation:
    """A call of Elastic Load Balancing that changes something; creating with tags needs AddTags on what it creates."""
    needs = [Permission(f"elasticloadbalancing:{operation}", resources, keys)]
    if tagged is not None:
        needs.append(Permission("elasticloadbalancing:AddTags", (tagged,), (ELB_CREATE_ACTION,)))
    return Operation(f"elbv2:{operation}", tuple(needs), mutates=True)


def _s3(operation: str, action: str, resource: Resource, *, keys: tuple[str, ...] = (), mutates: bool) -> Operation:
    """A call of S3, whose actions have names of their own."""
    return Operation(f"s3:{operation}", (Permission(f"s3:{action}", (resource,), keys),), mutates=mutates)


_ROWS: Final = (
    *_describes(
        "ec2",
        "ec2",
        "DescribeSecurityGroups",
        "DescribeSecurityGroupRules",
        "DescribeManagedPrefixLists",
        "DescribeNetworkInterfaces",
        "DescribeVpcs",
    ),
    *_describes(
        "elbv2",
        "elasticloadbalancing",
        "DescribeLoadBalancers",
        "DescribeListeners",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
        "DescribeTags",
        "DescribeListenerCertificates",
        "DescribeRules",
        "DescribeLoadBalancerAttributes",
        "DescribeTrustStores",
        "DescribeTrustStoreRevocations",
        "DescribeTrustStoreAssociations",
    ),
    Operation(
        "ec2:DescribeSecurityGroupReferences",
        (Permission("ec2:DescribeSecurityGroupReferences", (Resource.SECURITY_GROUP,)),),
    ),
    Operation(
        "ec2:GetManagedPrefixListEntries", (Permission("ec2:GetManagedPrefixListEntries", (Resource.PREFIX_LIST,)),)
    ),
    Operation("service-quotas:GetServiceQuota", (Permission("servicequotas:GetServiceQuota", (Resource.QUOTA,)),)),
    # Where tags come with the call, the new rule is a resource of it as well; its id is not known before.
    _ec2(
        "AuthorizeSecurityGroupIngress",
        Resource.SECURITY_GROUP,
        Resource.RULE,
        keys=(RESOURCE_TAG,),
        tagged=Resource.RULE,
    ),
    _ec2("RevokeSecurityGroupIngress", Resource.SECURITY_GROUP, keys=(RESOURCE_TAG,)),
    # Without tags: the group says whose it is, and egress opens nothing to anybody.
    _ec2("AuthorizeSecurityGroupEgress", Resource.SECURITY_GROUP, Resource.RULE, keys=(RESOURCE_TAG,)),
    _ec2("RevokeSecurityGroupEgress", Resource.SECURITY_GROUP, keys=(RESOURCE_TAG,)),
    _ec2("CreateTags", Resource.RULE, keys=(REQUEST_TAG, RESOURCE_TAG, TAG_KEYS)),
    _ec2("DeleteTags", Resource.RULE, keys=(RESOURCE_TAG, TAG_KEYS)),
    _ec2(
        "CreateSecurityGroup",
        Resource.SECURITY_GROUP,
        Resource.VPC,
        keys=(REQUEST_TAG,),
        tagged=Resource.SECURITY_GROUP,
    ),
    _ec2("DeleteSecurityGroup", Resource.SECURITY_GROUP, keys=(RESOURCE_TAG,)),
    _ec2("CreateManagedPrefixList", Resource.PREFIX_LIST, keys=(REQUEST_TAG,), tagged=Resource.PREFIX_LIST),
    _ec2("ModifyManagedPrefixList", Resource.PREFIX_LIST, keys=(RESOURCE_TAG,)),
    _ec2("DeleteManagedPrefixList", Resource.PREFIX_LIST, keys=(RESOURCE_TAG,)),
    Operation(
        "elbv2:SetSecurityGroups",
        (
            Permission(
                "elasticloadbalancing:SetSecurityGroups", (Resource.APPLICATION_BALANCER, Resource.NETWORK_BALANCER)
            ),
        ),
        mutates=True,
    ),
    Operation(
        "elbv2:GetTrustStoreCaCertificatesBundle",
        (Permission("elasticloadbalancing:GetTrustStoreCaCertificatesBundle", (Resource.TRUST_STORE,)),),
    ),
    Operation(
        "elbv2:GetTrustStoreRevocationContent",
        (Permission("elasticloadbalancing:GetTrustStoreRevocationContent", (Resource.TRUST_STORE,)),),
    ),
    # What it copies the caller must be allowed to read (s3:GetObject): inferred, see docs/aws-behaviour.md.
    _elb("CreateTrustStore", Resource.TRUST_STORE, keys=(REQUEST_TAG,), tagged=Resource.TRUST_STORE),
    _elb("ModifyTrustStore", Resource.TRUST_STORE, keys=(RESOURCE_TAG,)),
    _elb("DeleteTrustStore", Resource.TRUST_STORE, keys=(RESOURCE_TAG,)),
    _elb("AddTrustStoreRevocations", Resource.TRUST_STORE, keys=(RESOURCE_TAG,)),
    _elb("RemoveTrustStoreRevocations", Resource.TRUST_STORE, keys=(RESOURCE_TAG,)),
    # Of application load balancers alone: of no others is a client certificate asked for here.
    _elb("ModifyListener", Resource.LISTENER),
    _elb("CreateListener", Resource.APPLICATION_BALANCER, keys=(REQUEST_TAG,), tagged=Resource.LISTENER),
    _elb("AddListenerCertificates", Resource.LISTENER, keys=(RESOURCE_TAG,)),
    _elb("DeleteListener", Resource.LISTENER, keys=(RESOURCE_TAG,)),
    Operation("acm:DescribeCertificate", (Permission("acm:DescribeCertificate", (Resource.CERTIFICATE,)),)),
    # Amazon S3 API reference, each operation, Permissions; that HeadBucket is s3:ListBucket as well.
    _s3("HeadBucket", "ListBucket", Resource.BUCKET, mutates=False),
    _s3("ListObjectsV2", "ListBucket", Resource.BUCKET, keys=(S3_PREFIX,), mutates=False),
    _s3("GetPublicAccessBlock", "GetBucketPublicAccessBlock", Resource.BUCKET, mutates=False),
    _s3("GetBucketEncryption", "GetEncryptionConfiguration", Resource.BUCKET, mutates=False),
    _s3("GetObject", "GetObject", Resource.OBJECT, mutates=False),
    _s3("CreateBucket", "CreateBucket", Resource.BUCKET, mutates=True),
    _s3("PutPublicAccessBlock", "PutBucketPublicAccessBlock", Resource.BUCKET, mutates=True),
    _s3("PutBucketEncryption", "PutEncryptionConfiguration", Resource.BUCKET, mutates=True),
    _s3("PutBucketTagging", "PutBucketTagging", Resource.BUCKET, mutates=True),
    _s3("PutObject", "PutObject", Resource.OBJECT, mutates=True),
    Operation(
        "pricing:GetProducts",
        (Permission("pricing:GetProducts"),),
        reason="AWS restricts GetProducts to no resource: it tells its public prices",
    ),
    Operation(
        "cloudwatch:GetMetricData",
        (Permission("cloudwatch:GetMetricData"),),
        reason="AWS restricts GetMetricData to no resource: whoever may read one metric may read all",
    ),
    Operation("sns:Publish", (Permission("sns:Publish", (Resource.TOPIC,)),), mutates=True),
    Operation("sts:AssumeRole", (Permission("sts:AssumeRole", (Resource.ROLE,)),)),
    # Not ours: Lambda's own, with the role of the function (Lambda operator guide, "Applying the principles of least
    # privilege": a group in the function's Region and account, streams in it, and events to those).
    Operation("logs:CreateLogGroup", (Permission("logs:CreateLogGroup", (Resource.LOG_GROUP,)),), mutates=True),
    Operation("logs:CreateLogStream", (Permission("logs:CreateLogStream", (Resource.LOG_STREAM,)),), mutates=True),
    Operation("logs:PutLogEvents", (Permission("logs:PutLogEvents", (Resource.LOG_STREAM,)),), mutates=True),
)

OPERATIONS: Final[Mapping[str, Operation]] = {row.name: row for row in _ROWS}
"""The table, by the operation's name."""


class Purpose(enum.Enum):
    """What calls are made for, in the words that a person is shown."""

    FIND_GROUPS = "find the groups, and read and read back their rules"
    READ_LISTS = "read what a prefix list in a rule lets in, and how many rules it counts for"
    READ_QUOTA = "read how many rules a group may hold, when it gets tight"
    CHANGE_RULES = "add wanted rules, remove unwanted ones"
    TAKE_OVER = "mark rules that somebody else made as this origin's own"
    GIVE_BACK = "take the mark off again when that is undone"
    SEE_LOAD_BALANCERS = "find the load balancer and its listeners"
    FIND_LOAD_BALANCERS = "find its targets and network interfaces"
    SEE_REFERENCES = "see whether rules refer to a group before it is taken off"
    MAKE_GROUPS = "make a group of originlock's own, and let it reach the targets"
    ATTACH_GROUPS = "put groups on the load balancer, or take them off"
    DELETE_GROUPS = "delete a group of originlock's own again"
    MAKE_LISTS = "make prefix lists of originlock's own"
    KEEP_LISTS = "keep the ranges in the prefix lists current"
    READ_LISTENERS = "read what listeners demand of clients, what they serve and answer"
    READ_CERTIFICATES = "read which names listeners' certificates are for, and until when"
    READ_STORES = "find trust stores, their revocation lists and who uses them"
    READ_BUNDLES = "read back which authorities a trust store really trusts"
    SEE_BUCKET = "see whether the bucket of bundles is there, ours and closed"
    READ_OBJECTS = "read back bundles and revocation lists, and have Elastic Load Balancing copy them"
    MAKE_BUCKET = "make the bucket of bundles, closed and encrypted"
    PUT_OBJECTS = "put bundles and revocation lists where Elastic Load Balancing copies them from"
    MAKE_STORES = "make a trust store of originlock's own"
    KEEP_STORES = "replace the bundle and the revocation lists of a trust store of originlock's own"
    DELETE_STORES = "delete a trust store of originlock's own that no listener uses"
    SET_LISTENERS = "set what listeners demand of clients"
    MAKE_PROBE = "make a listener for a moment, to see what the edge presents"
    DELETE_PROBE = "delete that listener again"
    READ_PRICES = "ask AWS for its prices"
    READ_METRICS = "read what load balancers were used for"
    READ_LOGS = "see in connection logs what the edge presents"
    ENTER = "go into the account of an origin"
    TELL = "tell people by a topic of SNS"
    LOG = "let Lambda write the function's log"


CALLS: Final[Mapping[Purpose, tuple[str, ...]]] = {
    Purpose.FIND_GROUPS: ("ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"),
    Purpose.READ_LISTS: ("ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"),
    Purpose.READ_QUOTA: ("service-quotas:GetServiceQuota",),
    Purpose.CHANGE_RULES: ("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"),
    Purpose.TAKE_OVER: ("ec2:CreateTags",),
    Purpose.GIVE_BACK: ("ec2:DeleteTags",),
    Purpose.SEE_LOAD_BALANCERS: ("elbv2:DescribeLoadBalancers", "elbv2:DescribeListeners"),
    Purpose.FIND_LOAD_BALANCERS: (
        "elbv2:DescribeTargetGroups",
        "elbv2:DescribeTargetHealth",
        "elbv2:DescribeTags",
        "ec2:DescribeNetworkInterfaces",
    ),
    Purpose.SEE_REFERENCES: ("ec2:DescribeSecurityGroupReferences",),
    Purpose.MAKE_GROUPS: ("ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupEgress"),
    Purpose.ATTACH_GROUPS: ("elbv2:SetSecurityGroups",),
    Purpose.DELETE_GROUPS: ("ec2:DeleteSecurityGroup",),
    Purpose.MAKE_LISTS: ("ec2:CreateManagedPrefixList",),
    Purpose.KEEP_LISTS: ("ec2:ModifyManagedPrefixList",),
    Purpose.READ_LISTENERS: (
        "elbv2:DescribeListenerCertificates",
        "elbv2:DescribeRules",
        "elbv2:DescribeLoadBalancerAttributes",
    ),
    Purpose.READ_CERTIFICATES: ("acm:DescribeCertificate",),
    Purpose.READ_STORES: (
        "elbv2:DescribeTrustStores",
        "elbv2:DescribeTrustStoreRevocations",
        "elbv2:DescribeTrustStoreAssociations",
    ),
    Purpose.READ_BUNDLES: ("elbv2:GetTrustStoreCaCertificatesBundle", "elbv2:GetTrustStoreRevocationContent"),
    Purpose.SEE_BUCKET: ("s3:HeadBucket", "s3:GetPublicAccessBlock", "s3:GetBucketEncryption"),
    Purpose.READ_OBJECTS: ("s3:GetObject",),
    Purpose.MAKE_BUCKET: (
        "s3:CreateBucket",
        "s3:PutPublicAccessBlock",
        "s3:PutBucketEncryption",
        "s3:PutBucketTagging",
    ),
    Purpose.PUT_OBJECTS: ("s3:PutObject",),
    Purpose.MAKE_STORES: ("elbv2:CreateTrustStore",),
    Purpose.KEEP_STORES: (
        "elbv2:ModifyTrustStore",
        "elbv2:AddTrustStoreRevocations",
        "elbv2:RemoveTrustStoreRevocations",
    ),
    Purpose.DELETE_STORES: ("elbv2:DeleteTrustStore",),
    Purpose.SET_LISTENERS: ("elbv2:ModifyListener",),
    Purpose.MAKE_PROBE: ("elbv2:CreateListener", "elbv2:AddListenerCertificates"),
    Purpose.DELETE_PROBE: ("elbv2:DeleteListener",),
    Purpose.READ_PRICES: ("pricing:GetProducts",),
    Purpose.READ_METRICS: ("cloudwatch:GetMetricData",),
    Purpose.READ_LOGS: ("s3:ListObjectsV2", "s3:GetObject"),
    Purpose.ENTER: ("sts:AssumeRole",),
    Purpose.TELL: ("sns:Publish",),
    Purpose.LOG: ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
}
"""Which calls are made for what. An operation that stands nowhere here is made by no plan, and is in no policy."""

_LOOK_FIRST: Final = frozenset(
    {
        Purpose.ENTER,
        Purpose.FIND_GROUPS,
        Purpose.READ_LISTS,
        Purpose.READ_QUOTA,
        Purpose.SEE_LOAD_BALANCERS,
        Purpose.FIND_LOAD_BALANCERS,
        Purpose.READ_LISTENERS,
        Purpose.READ_CERTIFICATES,
        Purpose.READ_STORES,
        Purpose.READ_BUNDLES,
        Purpose.SEE_BUCKET,
    }
)
_LOOK: Final = _LOOK_FIRST | {Purpose.SEE_REFERENCES}
_CHANGE: Final = _LOOK | {
    Purpose.CHANGE_RULES,
    Purpose.MAKE_GROUPS,
    Purpose.ATTACH_GROUPS,
    Purpose.MAKE_LISTS,
    Purpose.KEEP_LISTS,
    Purpose.READ_OBJECTS,
    Purpose.MAKE_BUCKET,
    Purpose.PUT_OBJECTS,
    Purpose.MAKE_STORES,
    Purpose.KEEP_STORES,
    Purpose.DELETE_STORES,
    Purpose.SET_LISTENERS,
    Purpose.MAKE_PROBE,
    Purpose.DELETE_PROBE,
    Purpose.READ_LOGS,
}
_RENEW: Final = frozenset(
    {
        Purpose.ENTER,
        Purpose.FIND_GROUPS,
        Purpose.SEE_LOAD_BALANCERS,
        Purpose.FIND_LOAD_BALANCERS,
        Purpose.READ_LISTENERS,
        Purpose.READ_CERTIFICATES,
        Purpose.READ_STORES,
        Purpose.READ_BUNDLES,
        Purpose.SEE_BUCKET,
        Purpose.READ_OBJECTS,
        Purpose.MAKE_BUCKET,
        Purpose.PUT_OBJECTS,
        Purpose.KEEP_STORES,
        Purpose.SET_LISTENERS,
        Purpose.MAKE_PROBE,
        Purpose.DELETE_PROBE,
        Purpose.READ_LOGS,
    }
)
"""No group is changed, and no store made: a first lock is for a person (`originlock apply`)."""

_GO_BACK: Final = _LOOK_FIRST | {
    Purpose.CHANGE_RULES,
    Purpose.TAKE_OVER,
    Purpose.GIVE_BACK,
    Purpose.ATTACH_GROUPS,
    Purpose.DELETE_GROUPS,
    Purpose.KEEP_LISTS,
    Purpose.READ_OBJECTS,
    Purpose.KEEP_STORES,
    Purpose.DELETE_STORES,
    Purpose.SET_LISTENERS,
    Purpose.DELETE_PROBE,
    Purpose.READ_LOGS,
}

PURPOSES: Final[Mapping[str, frozenset[Purpose]]] = {
    "plan": _LOOK,
    # It plans, and connects; it changes nothing.
    "verify": _LOOK | {Purpose.READ_LOGS},
    # It reads what a plan reads, and says when it ends.
    "expiry": _LOOK,
    "apply": _CHANGE,
    "renew": _RENEW,
    # It renews, applies, and verifies.
    "run": _CHANGE | _RENEW | {Purpose.READ_LOGS, Purpose.TELL},
    # What was taken over may go back to nobody, or to the origin of the options alone.
    "rollback": _GO_BACK,
    # Tags alone.
    "adopt": _LOOK | {Purpose.TAKE_OVER},
    # Neither prices nor metrics can be restricted to an origin, so that none needs to be named.
    "cost": frozenset({Purpose.ENTER, Purpose.READ_PRICES, Purpose.READ_METRICS, Purpose.SEE_LOAD_BALANCERS}),
    # It sends a message, and asks nothing of AWS beside.
    "notify": frozenset({Purpose.TELL}),
}
"""What each command that calls AWS calls it for, as far as its target asks for that."""
