"""Lets only callers in who sign what they send.

The caller puts the HMAC of the raw body, in hexadecimal, into a header; ``sha256=`` before it is
allowed. That is what GitHub, Twilio Flex, Shopify and many others do. Name the plugin in an
endpoint's ``transformers.use``; each endpoint may have a secret of its own there:
``use: [{hmac_auth: {secret: "${PARTNER_SECRET}"}}]``.
"""

import hmac
from typing import Literal

from flowhook import Endpoint, Field, Reject, Request, Settings, hookimpl


class Settings(Settings):
    secret: str = Field(min_length=8, repr=False)
    header: str = "X-Signature"
    algorithm: Literal["sha256", "sha512"] = "sha256"


@hookimpl
async def authenticate(request: Request, settings: Settings, endpoint: Endpoint) -> None:
    presented = request.headers.get(settings.header, "").strip().lower()
    presented = presented.removeprefix(f"{settings.algorithm}=")
    expected = hmac.new(settings.secret.encode(), request.body, settings.algorithm).hexdigest()
    if not hmac.compare_digest(presented.encode(), expected.encode()):
        raise Reject(401, f"{settings.header} does not sign this body for endpoint {endpoint.name}.")
