"""`make run` as a process: it comes up, says where, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent
START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, port: int) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    environment |= {"VAR_DIR": str(var), "PORT": str(port), "DEMO": "false"}
    environment |= {"WORKER_PROCESSES": "1", "WEB_PROCESSES": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "listing_assistant.run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    deadline, said = time.monotonic() + START_SECONDS, ""
    for line in process.stdout:
        said += line
        if "Ctrl-C stops everything" in line:
            found = re.search(r"http://\S+", said)
            assert found
            return found[0]
        assert time.monotonic() < deadline, said
    pytest.fail(f"it ended before it was up:\n{said}")


def processes_using(var: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        command = " ".join(process.info["cmdline"] or [])
        environment = process.info["environ"] or {}
        if process.info["status"] != psutil.STATUS_ZOMBIE and (
            str(var) in command or environment.get("VAR_DIR") == str(var)
        ):
            found.append(command)
    return found


@pytest.mark.worker
def test_it_serves_from_a_path_with_spaces_and_ctrl_c_leaves_no_process(tmp_path):
    var = tmp_path / "my shop"
    process = start(var, free_port())
    try:
        address = wait_for_address(process)
        with urllib.request.urlopen(f"{address}readyz", timeout=10) as answer:
            assert answer.status == 200
        assert len(processes_using(var)) >= 4  # this one, PostgreSQL, Redis, worker, web
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert processes_using(var) == []


def test_a_port_in_use_is_named_with_the_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(tmp_path, port)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {port} is in use" in said
    assert "PORT=8001 make run" in said
