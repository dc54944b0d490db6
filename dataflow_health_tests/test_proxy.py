"""deploy/proxy.conf in a real nginx on loopback, before servers that repeat what reaches them."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dataflow_health_tests.factories import NOON
from dataflow_health_tests.waiting import wait_until

CONF = Path(__file__).parents[1] / "deploy" / "proxy.conf"
NAME = "health.example"
SIGNED_IN = {"Cookie": "_oauth2_proxy=good"}

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx on this machine"),
]


class Upstream(BaseHTTPRequestHandler):
    """A server that answers with the headers it got; as the login, 202 for one cookie only."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_login = self.path == "/oauth2/auth"
        is_known = "_oauth2_proxy=good" in self.headers.get("Cookie", "")
        body = b"" if is_login else json.dumps(dict(self.headers.items())).encode()
        self.send_response((202 if is_known else 401) if is_login else 200)
        if is_login and is_known:
            self.send_header("Authorization", "Bearer a.signed.token")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 -- names of http.server

    def log_message(self, *_words: object) -> None:
        """Is silent."""


@dataclass
class Proxy:
    """Where the proxy listens: the UI's port and the API's."""

    ui: int
    api: int

    def ask(self, method: str, path: str, *, port: int = 0, **given) -> httpx.Response:
        headers = {"Host": NAME, **given.pop("headers", {})}
        url = f"https://127.0.0.1:{port or self.ui}{path}"
        return httpx.request(method, url, headers=headers, verify=False, timeout=30, **given)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOON, NOON + timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, secret))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    write_certificate(folder)
    with ExitStack() as running:
        upstream = running.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Upstream))
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        running.callback(upstream.shutdown)
        ports = {"8443": free_port(), "8444": free_port(), "8081": free_port()}
        text = CONF.read_text(encoding="utf-8").replace("${PUBLIC_NAME}", NAME)
        for there in ("webserver:3000", "api:8000", "oauth2-proxy:4180"):
            text = text.replace(f"http://{there}", f"http://127.0.0.1:{upstream.server_port}")
        for there, here in ports.items():
            text = text.replace(f"listen {there} ", f"listen 127.0.0.1:{here} ")
            text = text.replace(f"listen 127.0.0.1:{there};", f"listen 127.0.0.1:{here};")
        text = text.replace("/tmp/", f"{folder}/").replace("/etc/tls/", f"{folder}/")
        text = text.replace("_timeout 10s;", "_timeout 1s;")  # the test waits for these two
        path = folder / "nginx.conf"
        path.write_text(text, encoding="utf-8")
        words = ["nginx", "-p", str(folder), "-c", str(path), "-g", "daemon off;"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(words, stderr=log)
        running.callback(process.wait)
        running.callback(process.terminate)
        where = Proxy(ports["8443"], ports["8444"])

        def is_up() -> bool:
            assert process.poll() is None, (folder / "log").read_text()
            try:
                return httpx.get(f"http://127.0.0.1:{ports['8081']}/health").status_code == 204
            except httpx.TransportError:
                return False

        wait_until(is_up)
        yield where


def test_without_a_login_a_browser_is_led_to_it_and_nothing_is_served(proxy: Proxy) -> None:
    for port in (proxy.ui, proxy.api):
        answer = proxy.ask("GET", "/assets", port=port)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(
            f"https://{NAME}/oauth2/start?rd=https://{NAME}"
        )


def test_a_login_reaches_the_ui_and_its_token_the_api(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/", headers=SIGNED_IN).status_code == 200
    given = {**SIGNED_IN, "Authorization": "Bearer of.an.attacker"}
    found = proxy.ask("GET", "/api/v1/status", port=proxy.api, headers=given).json()
    assert found["Authorization"] == "Bearer a.signed.token"


def test_a_program_with_a_key_reaches_the_api_and_not_the_ui(proxy: Proxy) -> None:
    key = {"X-API-Key": "of a program"}
    found = proxy.ask("GET", "/api/v1/status", port=proxy.api, headers=key)
    assert (found.status_code, found.json()["X-API-Key"]) == (200, "of a program")
    assert "Authorization" not in found.json()
    assert proxy.ask("GET", "/", headers=key).status_code == 302


def test_other_names_are_not_served(proxy: Proxy) -> None:
    given = {**SIGNED_IN, "Host": "rebound.example"}
    assert proxy.ask("GET", "/", headers=given).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"http://{NAME}"])
def test_a_page_of_another_site_may_not_act(proxy: Proxy, origin: str) -> None:
    given = {**SIGNED_IN, "Origin": origin}
    for port, path in ((proxy.ui, "/graphql"), (proxy.api, "/api/v1/incidents/1/ack")):
        assert proxy.ask("POST", path, port=port, headers=given, json={}).status_code == 403
    ours = {**SIGNED_IN, "Origin": f"https://{NAME}"}
    assert proxy.ask("POST", "/graphql", headers=ours, json={}).status_code == 200


def test_a_mutation_is_no_get_and_no_text(proxy: Proxy) -> None:
    path = "/graphql?query=mutation{stopSensor}"
    assert proxy.ask("GET", path, headers=SIGNED_IN).status_code == 405
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        given = {**SIGNED_IN, "Content-Type": kind}
        for port in (proxy.ui, proxy.api):
            answer = proxy.ask("POST", "/graphql", port=port, headers=given, content=b"{}")
            assert answer.status_code == 415


def test_bodies_and_headers_are_limited(proxy: Proxy) -> None:
    given = {**SIGNED_IN, "Content-Type": "application/json"}
    answer = proxy.ask("POST", "/graphql", headers=given, content=b" " * (2 << 20))
    assert answer.status_code == 413
    assert proxy.ask("GET", "/", headers={**SIGNED_IN, "X": "x" * 40_000}).status_code == 400


def test_a_client_says_nothing_of_its_own_address(proxy: Proxy) -> None:
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-User": "admin"}
    for port, path in ((proxy.ui, "/"), (proxy.api, "/"), (proxy.api, "/api/v1/status")):
        found = proxy.ask("GET", path, port=port, headers={**SIGNED_IN, **claimed}).json()
        assert found["X-Forwarded-For"] == "127.0.0.1"
        assert "X-Forwarded-User" not in found


def test_a_slow_connection_is_closed(proxy: Proxy) -> None:
    context = ssl._create_unverified_context()
    with (
        socket.create_connection(("127.0.0.1", proxy.ui), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname=NAME) as slow,
    ):
        slow.sendall(b"GET / HTTP/1.1\r\n")
        assert slow.recv(1000) == b""
