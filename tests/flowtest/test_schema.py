"""The schema of test files agrees with what the reader takes."""

from __future__ import annotations

from flowhook.flowtest.files.json_schema import test_schema as schema_of_tests


def test_every_key_of_the_reader_is_described() -> None:
    """Making it fails where keys are missing; what refers to definitions finds them."""
    schema = schema_of_tests()
    names = set(schema["definitions"])

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {str(value["$ref"]).rpartition("/")[2]} if "$ref" in value else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(schema) <= names
    steps = schema["definitions"]["step"]["anyOf"][1]["properties"]
    assert all(step["description"] for step in steps.values())
