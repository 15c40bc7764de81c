import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def start(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import listing_assistant.settings as s; print(s.DEBUG, s.DATABASE_URL)",
        ],
        env=keep | {"VAR_DIR": str(tmp_path)} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_nothing_needs_to_be_set_on_a_fresh_machine(tmp_path):
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("True postgresql://postgres@/listing_assistant?host=")


def test_production_without_a_secret_key_does_not_start(tmp_path):
    done = start(tmp_path, DEBUG="false", ALLOWED_HOSTS="shop.example")
    assert done.returncode != 0
    assert "SECRET_KEY must be set when DEBUG is false" in done.stderr


def test_production_without_hosts_does_not_start(tmp_path):
    done = start(tmp_path, DEBUG="false", SECRET_KEY="x" * 50)
    assert "ALLOWED_HOSTS must name" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEBUG", "perhaps", "DEBUG='perhaps': expected true or false"),
        ("DATABASE_POOL", "many", "DATABASE_POOL='many': expected a whole number from 1"),
        ("TASK_REDELIVERY_SECONDS", "1", "expected a whole number from 5"),
        ("ENCODER_ENGINE", "onnx", "expected one of auto, openvino, torch"),
        ("DESCRIPTION_ENGINE", "oracle", "expected one of endpoint, multimodal, realiser"),
        ("DESCRIPTION_ENGINE", "endpoint", "DESCRIPTION_MODEL must be set"),
        ("DESCRIPTION_URL", "host:8000/v1", "DESCRIPTION_URL: expected an address"),
        ("DESCRIPTION_URL", "https://me:secret@host/v1", "DESCRIPTION_URL: expected an address"),
        ("DESCRIPTION_TOTAL_SECONDS", "0", "expected a whole number from 1"),
    ],
)
def test_a_bad_value_names_itself(tmp_path, name, value, says):
    done = start(tmp_path, **{name: value})
    assert done.returncode != 0
    assert says in done.stderr


def test_an_engine_elsewhere_needs_its_address(tmp_path):
    done = start(tmp_path, DESCRIPTION_ENGINE="endpoint", DESCRIPTION_MODEL="qwen")
    assert "DESCRIPTION_URL must be set when DESCRIPTION_ENGINE is endpoint" in done.stderr


def test_a_bad_key_is_named_and_not_shown(tmp_path):
    done = start(tmp_path, DESCRIPTION_API_KEY="sk-priväte")
    assert "DESCRIPTION_API_KEY: expected printable ASCII" in done.stderr
    assert "priv" not in done.stderr


def test_the_development_secret_is_made_once_and_kept_private(tmp_path):
    start(tmp_path)
    secret = tmp_path / "secret-key"
    before = secret.read_text()
    start(tmp_path)
    assert secret.read_text() == before
    assert secret.stat().st_mode & 0o077 == 0
