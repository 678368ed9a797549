"""For the backends behind a load balancer: who the client is, by the certificate that it showed there.

Lives here: ASGI and WSGI middlewares and the function under them, which stand alone: of originlock they import nothing,
and beside the standard library only `cryptography`, which is imported when the first `Guard` is made. Must not live
here: anything that originlock itself needs.

    guard = Guard(Settings(peers=["10.0.1.0/24"], mode=Passthrough(Trust(anchors=Path("ca.pem")))))
    app = AsgiMiddleware(app, guard)
"""

from originlock.middleware.asgi import AsgiMiddleware
from originlock.middleware.guard import Guard, identity_of
from originlock.middleware.identity import ClientIdentity
from originlock.middleware.refusals import Reason, RefusedError
from originlock.middleware.settings import Passthrough, Settings, Source, Trust, Verify
from originlock.middleware.wsgi import WsgiMiddleware

__all__ = [
    "AsgiMiddleware",
    "ClientIdentity",
    "Guard",
    "Passthrough",
    "Reason",
    "RefusedError",
    "Settings",
    "Source",
    "Trust",
    "Verify",
    "WsgiMiddleware",
    "identity_of",
]
