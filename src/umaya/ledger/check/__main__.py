"""The checker as a program: `python -m umaya.ledger.check HUB`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from umaya.ledger.check.proof import check_hub


def main(arguments: list[str] | None = None) -> int:
    """Check the hub named on the command line; return 0 when its ledger is whole, 2 when it is not."""
    parser = argparse.ArgumentParser(prog="python -m umaya.ledger.check", description="Check a hub's ledger.")
    parser.add_argument("hub", type=Path, help="the hub's directory")
    parser.add_argument("--key", help="verifier key, or a file of it (default: the hub's own keys/ledger.vkey)")
    parser.add_argument("--against", type=Path, help="a checkpoint that was kept elsewhere")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        result = check_hub(options.hub, options.key, options.against)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    sys.stdout.write((result.to_json() if options.json else result.describe()) + "\n")
    return 0 if result.ok else 2


if __name__ == "__main__":
    sys.exit(main())
