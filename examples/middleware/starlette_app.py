"""Starlette (or FastAPI) behind an Application Load Balancer with mutual TLS.

ALB_SUBNETS=10.0.1.0/24,10.0.2.0/24 ALB_MODE=verify uvicorn --no-proxy-headers starlette_app:app
"""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from originlock.middleware import AsgiMiddleware, ClientIdentity, Guard, Passthrough, Settings, Trust, Verify


async def hello(request: Request) -> Response:
    """Say who asks."""
    client: ClientIdentity = request.scope["originlock.client"]
    return JSONResponse({"subject": client.subject, "sha256": client.sha256, "names": client.dns_names})


async def health(_request: Request) -> Response:
    """For the load balancer's own health checks, which have no certificate."""
    return PlainTextResponse("ok\n")


mode = Passthrough(Trust(Path(os.environ["CLIENT_CA"]))) if os.environ["ALB_MODE"] == "passthrough" else Verify()
guard = Guard(
    Settings(
        peers=os.environ["ALB_SUBNETS"].split(","),
        mode=mode,
        health_paths=["/healthz"],
        echo_path="/.well-known/originlock-certificate",
    )
)
# Outermost: nothing around it may change scope["client"].
app = AsgiMiddleware(Starlette(routes=[Route("/", hello), Route("/healthz", health)]), guard)
