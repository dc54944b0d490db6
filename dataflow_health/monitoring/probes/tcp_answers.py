"""Kind ``tcp_answers``: a port accepts a connection and returns the expected text."""

import socket
import time

from dataflow_health.health.live_check import TcpAnswers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve


def probe(check: TcpAnswers, context: ProbeContext) -> ProbeResult:
    """Connects, sends the text of the check and compares the reply."""
    address = resolve(check.address, check.address_from, context.environment)
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return ProbeResult("errored", f"{address!r} is not an address; write host:port")
    deadline = time.monotonic() + context.within_s
    try:
        with socket.create_connection(
            (host.strip("[]"), int(port)), context.within_s
        ) as connection:
            return _compare_reply(connection, check, address, deadline)
    except OSError as error:
        return ProbeResult("failed", f"{address}: {redact.message(error, context.environment)}")


def _compare_reply(
    connection: socket.socket, check: TcpAnswers, address: str, deadline: float
) -> ProbeResult:
    if check.sends:
        connection.sendall(check.sends.encode())
    if not check.expects:
        return ProbeResult("passed", f"{address} accepted a connection")
    expected = check.expects.encode()
    reply = b""
    while len(reply) < len(expected):
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        more = connection.recv(len(expected) - len(reply))
        if not more:
            break
        reply += more
    return passed_if(reply == expected, f"answer ({reply!r}) == {expected!r}")
