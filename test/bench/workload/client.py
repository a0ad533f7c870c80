"""Submits bursts of tasks that sleep. Prints {"submitted": n} after each burst, and last {"seconds": [...], "results": n}: from each burst to its last result.
Each task writes when it begins and when it ends to a file, so that what was computed twice can be counted."""

import argparse
import json
import time

from scaler import Client


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("--sleep", type=float, required=True)
    parser.add_argument("--bursts", type=int, default=1)
    parser.add_argument("--every", type=float, default=120)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    pause, record = args.sleep, args.record

    def work(n: int) -> int:
        def write(what: str) -> None:
            with open(record, "a") as file:
                file.write(f"{what} {n}\n")

        write("begin")
        time.sleep(pause)
        write("end")
        return n

    seconds, results = [], 0
    with Client(address=args.address) as client:
        first = time.monotonic()
        for burst in range(args.bursts):
            time.sleep(max(0.0, first + burst * args.every - time.monotonic()))
            begun = time.monotonic()
            numbers = range(burst * args.tasks, (burst + 1) * args.tasks)
            futures = [client.submit(work, n) for n in numbers]
            print(json.dumps({"submitted": len(futures)}), flush=True)
            results += sum(future.result() == n for future, n in zip(futures, numbers))
            seconds.append(round(time.monotonic() - begun, 2))
        print(json.dumps({"seconds": seconds, "results": results}), flush=True)


if __name__ == "__main__":
    main()
