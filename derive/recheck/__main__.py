"""``python -m optproof.derive.recheck DIR``: check the certificates in a folder, print a line for each.

The exit status is 0 if all are confirmed, 1 if one is rejected, 3 if one is not confirmed, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter

from .directory import NoCertificatesError, exit_status, recheck

WRONG_USAGE = 2


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m optproof.derive.recheck", description="Re-verify certificates.")
    parser.add_argument("directory", metavar="DIR", help="where the certificates are")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else, on standard output")
    arguments = parser.parse_args()
    try:
        checked = recheck(arguments.directory)
    except NoCertificatesError as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    if arguments.json:
        print(json.dumps([one.to_json() for one in checked], indent=2, ensure_ascii=False))
        return exit_status(checked)
    for one in checked:
        by = ", ".join(one.finding.confirmed_by)
        print(f"{one.path}: {one.finding.status}{f' by {by}' if by else ''}")
        if one.finding.reason:
            print(f"    {one.finding.reason}")
    counts = Counter(one.finding.status for one in checked)
    print("; ".join(f"{count} {status}" for status, count in counts.most_common()))
    return exit_status(checked)


if __name__ == "__main__":
    sys.exit(main())
