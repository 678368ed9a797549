"""The data plane: for each listener of the local AWS's load balancers a real one, that does what the listener says.

Lives here: TLS with and without client certificates, HTTP/1.1, listener rules, a built-in target, and logs.
Must not live here: where a blueprint comes from (see `blueprint`), sockets' whereabouts (see `ground`), and packet
filters: who may connect at all is not asked here.
"""
