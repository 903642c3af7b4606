"""What the answer to a beginning leads to, as OpenAPI's links: where what was entered is recorded and asked about."""

from typing import Any

Schema = dict[str, Any]
CODES = {
    "/projects": "$response.body#/stream",
    "/units": "$request.body#/code",
    "/people": "$request.body#/ref",
    "/periods": "$request.body#/code",
    "/targets": "$request.body#/code",
}
"""Where the code of what has begun stands."""


def link(paths: Schema) -> None:
    """Adds links to each beginning's 201: every operation that wants nothing but the code, and the entries of its stream."""
    for path, code in CODES.items():
        links = {"stream_entries": {"label": "$response.body#/stream"}}
        for other, operations in paths.items():
            wanted = "{code}" if path != "/people" or "{ref}" not in other else "{ref}"
            if other.startswith(f"{path}/{wanted}") and other.count("{") == 1:
                links |= {operation["operationId"]: {wanted.strip("{}"): code} for operation in operations.values()}
        paths[path]["post"]["responses"]["201"]["links"] = {
            operation: {"operationId": operation, "parameters": parameters} for operation, parameters in links.items()
        }
