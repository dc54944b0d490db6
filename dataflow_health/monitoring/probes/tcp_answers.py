"""Does a port take a connection, and say what it should?"""

import socket
import time

from dataflow_health.health.live_check import TcpAnswers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import Answer, Around, held
from dataflow_health.monitoring.probes.target import place


def ask(check: TcpAnswers, around: Around) -> Answer:
    """Connects, sends what is to be sent, and reads as much as is expected."""
    address = place(check.address, check.address_from, around.environment)
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return Answer("errored", f"{address!r} is no address, write host:port")
    deadline = time.monotonic() + around.within_s
    try:
        with socket.create_connection((host.strip("[]"), int(port)), around.within_s) as talk:
            return _talked(talk, check, address, deadline)
    except OSError as error:
        return Answer("failed", f"{address}: {redact.message(error, around.environment)}")


def _talked(talk: socket.socket, check: TcpAnswers, address: str, deadline: float) -> Answer:
    if check.sends:
        talk.sendall(check.sends.encode())
    if not check.expects:
        return Answer("passed", f"{address} took a connection")
    wanted = check.expects.encode()
    said = b""
    while len(said) < len(wanted):
        talk.settimeout(max(deadline - time.monotonic(), 0.001))
        more = talk.recv(len(wanted) - len(said))
        if not more:
            break
        said += more
    return held(said == wanted, f"answer ({said!r}) == {wanted!r}")
