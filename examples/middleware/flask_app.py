"""Flask behind an Application Load Balancer with mutual TLS.

ALB_SUBNETS=10.0.1.0/24,10.0.2.0/24 ALB_MODE=passthrough CLIENT_CA=ca.pem gunicorn flask_app:app
"""

import os
from pathlib import Path

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from originlock.middleware import ClientIdentity, Guard, Passthrough, Settings, Trust, Verify, WsgiMiddleware

app = Flask(__name__)


@app.get("/")
def hello() -> ResponseReturnValue:
    """Say who asks."""
    client: ClientIdentity = request.environ["originlock.client"]
    return jsonify(subject=client.subject, sha256=client.sha256, names=client.dns_names)


@app.get("/healthz")
def health() -> ResponseReturnValue:
    """For the load balancer's own health checks, which have no certificate."""
    return "ok\n"


mode = Passthrough(Trust(Path(os.environ["CLIENT_CA"]))) if os.environ["ALB_MODE"] == "passthrough" else Verify()
guard = Guard(
    Settings(
        peers=os.environ["ALB_SUBNETS"].split(","),
        mode=mode,
        health_paths=["/healthz"],
        echo_path="/.well-known/originlock-certificate",
    )
)
# Outermost: beneath Werkzeug's ProxyFix, which would write an address of a header's choice into REMOTE_ADDR.
app.wsgi_app = WsgiMiddleware(app.wsgi_app, guard)  # type: ignore[method-assign]
