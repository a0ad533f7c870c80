"""Runs the scenarios' calls with boto3: one JSON call per line on stdin, one JSON answer per line on stdout."""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
clients = {}


def client(service, endpoint):
    key = (service, endpoint)
    if key not in clients:
        clients[key] = boto3.client(service, endpoint_url=endpoint, config=config)
    return clients[key]


for line in sys.stdin:
    request = json.loads(line)
    try:
        method = getattr(client(request["service"], request["endpoint"]), xform_name(request["call"]))
        answer = {"answer": method(**request["with"])}
    except ClientError as error:
        answer = {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}}
    except Exception as error:
        answer = {"error": {"code": type(error).__name__, "message": str(error)}}
    print(json.dumps(answer, default=lambda value: value.isoformat()), flush=True)
