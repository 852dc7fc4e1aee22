"""What line-bot-sdk, LINE's own library, says of what a channel took and sent. Runs in an installation of its
own.

Reads ``{"secret", "posts": [[body, signature]], "pushes": [body]}`` from stdin, and writes ``{"posts",
"pushes"}``: of each post whether the signature is right, and its events; of each push what its model makes.
"""

import json
import sys

from linebot.v3 import SignatureValidator, WebhookParser
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import PushMessageRequest


def parsed(parser, body, signature):
    """The events of a post; None where the library refuses it."""
    try:
        events = parser.parse(body, signature)
    except InvalidSignatureError:
        return None
    return [[event.type, event.source.user_id, event.webhook_event_id] for event in events]


asked = json.load(sys.stdin)
parser, validator = WebhookParser(asked["secret"]), SignatureValidator(asked["secret"])
json.dump(
    {
        "posts": [
            {"valid": validator.validate(body, signature), "events": parsed(parser, body, signature)}
            for body, signature in asked["posts"]
        ],
        "pushes": [PushMessageRequest.from_dict(push).to_dict() for push in asked["pushes"]],
    },
    sys.stdout,
)
