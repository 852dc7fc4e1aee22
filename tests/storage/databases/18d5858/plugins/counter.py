"""Counts the messages of a user, and knows the first one."""

from flowhook import hookimpl


@hookimpl
async def transform_input(message, storage):
    """Puts the count behind the text."""
    if message is None:
        return None
    user, session = message["userId"], message["sessionId"]
    async with storage.open(user, session, namespace="counter", owner=(user, session)) as data:
        data["count"] = data.get("count", 0) + 1
        data.setdefault("first", message["text"])
        return {"text": f"{message['text']} (no. {data['count']} since {data['first']})"}
