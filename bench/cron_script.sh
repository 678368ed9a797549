#!/bin/bash
# The script that people put into cron, for `python bench/run.py --only cron`: one call of the AWS CLI for each range.
#
#     cron_script.sh GROUP
#     cron_script.sh --tag KEY=VALUE
#
# Never use it: when the list cannot be fetched it takes out every rule and ends with 0.
set -u

ranges=$(curl -s "$ORIGINLOCK_EDGES_CLOUDFLARE_IPV4_URL"; echo; curl -s "$ORIGINLOCK_EDGES_CLOUDFLARE_IPV6_URL")

permission() {
	case $1 in
	*:*) echo "IpProtocol=tcp,FromPort=443,ToPort=443,Ipv6Ranges=[{CidrIpv6=$1}]" ;;
	*) echo "IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[{CidrIp=$1}]" ;;
	esac
}

has() { # whether a list of words ($1) has a word ($2)
	[[ " ${1//[$'\t\n']/ } " == *" $2 "* ]]
}

update() {
	local held
	held=$(aws ec2 describe-security-groups --group-ids "$1" --output text \
		--query 'SecurityGroups[0].IpPermissions[?FromPort==`443`].[IpRanges[].CidrIp, Ipv6Ranges[].CidrIpv6][][]')
	for cidr in $ranges; do
		has "$held" "$cidr" ||
			aws ec2 authorize-security-group-ingress --group-id "$1" --ip-permissions "$(permission "$cidr")"
	done
	for cidr in $held; do
		has "$ranges" "$cidr" ||
			aws ec2 revoke-security-group-ingress --group-id "$1" --ip-permissions "$(permission "$cidr")"
	done
}

groups=$1
if [ "$1" = --tag ]; then
	groups=$(aws ec2 describe-security-groups --filters "Name=tag:${2%%=*},Values=${2#*=}" \
		--output text --query 'SecurityGroups[].GroupId')
fi
for group in $groups; do
	update "$group"
done
