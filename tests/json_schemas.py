"""As much of JSON Schema as the schema of a plan makes use of."""

import re

TYPES = {
    "string": str,
    "number": int | float,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
KNOWN = {
    "$schema",
    "title",
    "description",
    "format",
    "type",
    "enum",
    "anyOf",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "items",
    "properties",
    "required",
    "additionalProperties",
}


def fits(schema, value):
    """Whether a value passes a schema."""
    assert set(schema) <= KNOWN
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(fits(option, value) for option in schema["anyOf"]):
        return False
    return "type" not in schema or (_is(schema["type"], value) and _within(schema, value))


def _is(name, value):
    if name == "integer":
        return _is("number", value) and value == value // 1
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _within(schema, value):
    if isinstance(value, str):
        least, most = schema.get("minLength", 0), schema.get("maxLength", 99)
        return least <= len(value) <= most and bool(re.search(schema.get("pattern", ""), value))
    if isinstance(value, list):
        least, most = schema.get("minItems", 0), schema["maxItems"]
        return least <= len(value) <= most and all(fits(schema["items"], x) for x in value)
    if isinstance(value, dict):
        assert schema["additionalProperties"] is False
        return set(schema["required"]) <= set(value) <= set(schema["properties"]) and all(
            fits(schema["properties"][key], entry) for key, entry in value.items()
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return True
