"""Django behind an Application Load Balancer with mutual TLS; a project has the last lines in its `wsgi.py`.

ALB_SUBNETS=10.0.1.0/24,10.0.2.0/24 ALB_MODE=passthrough CLIENT_CA=ca.pem gunicorn django_app:application
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from originlock.middleware import ClientIdentity, Guard, Passthrough, Settings, Trust, Verify, WsgiMiddleware

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[])


def hello(request: HttpRequest) -> HttpResponse:
    """Say who asks."""
    client: ClientIdentity = request.META["originlock.client"]
    return JsonResponse({"subject": client.subject, "sha256": client.sha256, "names": client.dns_names})


def health(_request: HttpRequest) -> HttpResponse:
    """For the load balancer's own health checks, which have no certificate."""
    return HttpResponse("ok\n")


urlpatterns = [path("", hello), path("healthz", health)]

mode = Passthrough(Trust(Path(os.environ["CLIENT_CA"]))) if os.environ["ALB_MODE"] == "passthrough" else Verify()
guard = Guard(
    Settings(
        peers=os.environ["ALB_SUBNETS"].split(","),
        mode=mode,
        health_paths=["/healthz"],
        echo_path="/.well-known/originlock-certificate",
    )
)
application = WsgiMiddleware(get_wsgi_application(), guard)
