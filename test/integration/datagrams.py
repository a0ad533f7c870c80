"""Prints each datagram that arrives at a socket of the Unix domain as one line of JSON, after a first line: ready."""

import json
import socket
import sys

server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
path = sys.argv[1]
server.bind("\0" + path[1:] if path.startswith("@") else path)
print("ready", flush=True)
while True:
    print(json.dumps(server.recv(65536).decode()), flush=True)
