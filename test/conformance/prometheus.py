"""Reads metrics in the text format on stdin with Prometheus's own Python library; prints what it has read as JSON."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families



def text_of(value):
    return str(int(value)) if value == value and abs(value) < 1e15 and value == int(value) else str(value)


def labels_of(labels):
    return {key: text_of(float(value)) if key == "le" and value != "+Inf" else value for key, value in labels.items()}


families = [
    {
        "name": family.name,
        "type": family.type,
        "help": family.documentation,
        "samples": [[one.name, labels_of(one.labels), text_of(one.value)] for one in family.samples],
    }
    for family in text_string_to_metric_families(sys.stdin.read())
]
print(json.dumps(families))
