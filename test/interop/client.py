"""Submits COUNT short tasks and prints {"results": [...], "fargate": [...]} as one line: the result of each task and
whether it ran in a Fargate task. With --connect-only it only connects."""

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
    parser.add_argument("--first", type=float, default=None, help="sleep of the first task, seconds")
    parser.add_argument("--capabilities", default="", help="comma-separated; task n needs capability n modulo their number")
    parser.add_argument("--connect-only", action="store_true")
    args = parser.parse_args()
    pause = args.sleep

    first = pause if args.first is None else args.first

    def square(x: int) -> "tuple[int, bool]":
        time.sleep(first if x == 0 else pause)
        return x**2, "ECS_CONTAINER_METADATA_URI_V4" in os.environ

    needed = [name for name in args.capabilities.split(",") if name]

    # A client waits for an answer while connecting, which a scheduler with a blocked main loop does not send.
    with Client(address=args.address) as client:
        if args.connect_only:
            print(json.dumps({"connected": True}), flush=True)
            return
        # client.map is not used: its arguments and its result changed between releases.
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
