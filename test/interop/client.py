"""Submits COUNT short tasks and prints {"results": [...]} as one line; with --connect-only just says hello."""

import argparse
import json
import time

from scaler import Client


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--sleep", type=float, default=0.2)
    parser.add_argument("--first", type=float, default=None, help="the first task sleeps so long instead")
    parser.add_argument("--connect-only", action="store_true")
    args = parser.parse_args()
    pause = args.sleep

    first = pause if args.first is None else args.first

    def square(x: int) -> int:
        time.sleep(first if x == 0 else pause)
        return x**2

    # Connecting is a question and an answer, so a scheduler whose main loop hangs is found out here.
    with Client(address=args.address) as client:
        if args.connect_only:
            print(json.dumps({"connected": True}), flush=True)
            return
        # Not client.map: its arguments and its result changed between releases.
        futures = [client.submit(square, x) for x in range(args.count)]
        print(json.dumps({"results": [future.result() for future in futures]}), flush=True)


if __name__ == "__main__":
    main()
