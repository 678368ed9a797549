"""Cloudflare's API, as its documentation says it is: the state behind it, and HTTP in front of it.

Here lives what Cloudflare knows and answers. Here must not live: connections to origins (see `lab.edge`), AWS.
"""
