"""The money: what a load balancer costs, what each lock adds, and what a flood costs with the door open and shut.

Lives here: capacity units, prices applied to usage, scenarios, reservations; every constant with its source.
Must not live here: how usage or prices are asked for, or any word on how to show them.
"""
