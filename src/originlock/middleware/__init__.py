"""For the backends behind a load balancer: who the client is, by the certificate that it showed there.

Lives here: ASGI and WSGI middlewares and the function under them, which stand alone: of originlock they import nothing,
and beside the standard library only `cryptography`. Must not live here: anything that originlock itself needs.
"""
