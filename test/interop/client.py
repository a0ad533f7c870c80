"""Submits COUNT short tasks and prints {"results": [...], "fargate": [...]} as one line: what each came to and whether it
ran in a Fargate task. With --connect-only just says hello."""

import argparse
import json
import os
import time

from scaler import Client


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--sleep", type=float, default=0.2)
    parser.add_argument("--first", type=float, default=None, help="the first task sleeps so long instead")
    parser.add_argument("--capabilities", default="", help="comma-separated; the tasks need one of them each, in turn")
    parser.add_argument("--connect-only", action="store_true")
    args = parser.parse_args()
    pause = args.sleep

    first = pause if args.first is None else args.first

    def square(x: int) -> "tuple[int, bool]":
        time.sleep(first if x == 0 else pause)
        return x**2, "ECS_CONTAINER_METADATA_URI_V4" in os.environ

    needed = [name for name in args.capabilities.split(",") if name]

    # Connecting is a question and an answer, so a scheduler whose main loop hangs is found out here.
    with Client(address=args.address) as client:
        if args.connect_only:
            print(json.dumps({"connected": True}), flush=True)
            return
        # Not client.map: its arguments and its result changed between releases.
        if needed:
            futures = [
                client.submit_verbose(square, (x,), {}, capabilities={needed[x % len(needed)]: -1})
                for x in range(args.count)
            ]
        else:
            futures = [client.submit(square, x) for x in range(args.count)]
        done = [future.result() for future in futures]
        print(json.dumps({"results": [one[0] for one in done], "fargate": [one[1] for one in done]}), flush=True)


if __name__ == "__main__":
    main()
