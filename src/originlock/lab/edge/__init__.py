"""Cloudflare's servers between visitors and origins: a proxy that does what the zone's settings say.

Here lives what is done to connections. Here must not live: what the settings are (see `lab.cloudflare`), namespaces.
"""
