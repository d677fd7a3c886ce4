"""`python -m talkwright.backend.openapi` prints the API's description, which the web client's calls are made from."""

from __future__ import annotations

import json
import sys

from talkwright.backend.app import feature_modules, routed_app


def main() -> None:
    """Print the OpenAPI document, the same for the same code."""
    document = routed_app(feature_modules()).openapi()
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
