"""Does a port take a connection, and say what it should?"""

import socket
import time

from dataflow_health.health.live_check import TcpAnswers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve


def probe(check: TcpAnswers, context: ProbeContext) -> ProbeResult:
    """Connects, sends what is to be sent, and reads as much as is expected."""
    address = resolve(check.address, check.address_from, context.environment)
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return ProbeResult("errored", f"{address!r} is no address, write host:port")
    deadline = time.monotonic() + context.within_s
    try:
        with socket.create_connection((host.strip("[]"), int(port)), context.within_s) as talk:
            return _talked(talk, check, address, deadline)
    except OSError as error:
        return ProbeResult("failed", f"{address}: {redact.message(error, context.environment)}")


def _talked(talk: socket.socket, check: TcpAnswers, address: str, deadline: float) -> ProbeResult:
    if check.sends:
        talk.sendall(check.sends.encode())
    if not check.expects:
        return ProbeResult("passed", f"{address} took a connection")
    wanted = check.expects.encode()
    said = b""
    while len(said) < len(wanted):
        talk.settimeout(max(deadline - time.monotonic(), 0.001))
        more = talk.recv(len(wanted) - len(said))
        if not more:
            break
        said += more
    return passed_if(said == wanted, f"answer ({said!r}) == {wanted!r}")
