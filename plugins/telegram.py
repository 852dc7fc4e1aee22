"""Telegram in, Telegram out.

Set the bot's webhook to the endpoint's URL, name the plugin in the endpoint's ``transformers.use``
and give it ``plugins.settings.telegram.bot_token``. The webhook ``url`` of the endpoint may be empty.
"""

from flowhook import DISCARD, Deliver, Settings, hookimpl


class Settings(Settings):
    bot_token: str


@hookimpl
def transform_input(request):
    message = request.json.get("message")
    if message is None:
        return DISCARD  # an edit, a reaction, …
    return {
        "userId": str(message["from"]["id"]),
        "sessionId": str(message["chat"]["id"]),
        "messageId": str(request.json["update_id"]),
        "text": message.get("text"),
        "data": {"update": request.json},
    }


@hookimpl
def transform_output(output, session_id, settings):  # stored, then sent in order with retries
    return Deliver(
        f"https://api.telegram.org/bot{settings.bot_token}/sendMessage",
        json={"chat_id": session_id, "text": output.text},
    )
