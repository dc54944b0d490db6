"""Real servers on loopback that archives come from: SFTP, and object storage."""

import asyncio
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh

USER, PASSWORD = "ground", "s3cret"
KEYS = {"AWS_ACCESS_KEY_ID": "ground", "AWS_SECRET_ACCESS_KEY": "ground-secret"}
"""Keys of object storage, as the AWS libraries read them."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def ended(process: subprocess.Popen[bytes], within_s: float = 20.0) -> None:
    """Ends a process, at last by force."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _OneUser(asyncssh.SSHServer):
    def __init__(self, open_ones: list[asyncssh.SSHServerConnection]) -> None:
        self._open_ones = open_ones

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._open_ones.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@contextmanager
def sftp(folder: Path, port: int = 0) -> Iterator[int]:
    """Serves a folder over SSH; gives the port."""
    loop, open_ones = asyncio.new_event_loop(), []
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            port,
            server_factory=lambda: _OneUser(open_ones),
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
            reuse_address=True,
        )

    async def end(server: asyncssh.SSHAcceptor) -> None:
        server.close()
        for connection in open_ones:
            connection.abort()
        await server.wait_closed()

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    try:
        yield server.get_port()
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def object_storage() -> Iterator[str]:
    """Serves the interface of S3; gives its URL."""
    from moto.server import ThreadedMotoServer  # here: it imports seven hundred modules

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
