"""Design rules as tests (DESIGN §4, §6): what linting cannot say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = [ROOT / "recommender", *sorted((ROOT / "listing_assistant").iterdir())]
MODEL_LIBRARIES = {"ml", "torch", "transformers", "open_clip", "faiss", "lightgbm", "timm"}
MAY_USE_MODELS = {"inference.py", "training.py"}


def app_modules() -> list[Path]:
    return [
        path
        for app in APPS
        if app.is_dir()
        for path in sorted(app.rglob("*.py"))
        if "migrations" not in path.parts
    ]


class WithoutTypes(ast.NodeTransformer):
    """Drops `if TYPE_CHECKING:` blocks: what only mypy reads is never loaded."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def imports_of(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(WithoutTypes().visit(tree)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_only_inference_and_training_import_model_libraries():
    offenders = {
        str(path.relative_to(ROOT))
        for path in app_modules()
        if path.name not in MAY_USE_MODELS
        and imports_of(ast.parse(path.read_text())) & MODEL_LIBRARIES
    }
    assert offenders == set()


def test_inference_imports_models_inside_functions_only():
    for path in app_modules():
        if path.name in MAY_USE_MODELS:
            body = ast.parse(path.read_text()).body
            top = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not imports_of(ast.Module(top, [])) & MODEL_LIBRARIES, path


@pytest.mark.parametrize(
    "folder", ["two_tower", "mismatch", "taclr", "category", "description", "deeprecs", "ranker"]
)
def test_every_model_folder_has_the_same_files(folder):
    names = {path.name for path in (ROOT / "ml" / folder).iterdir()}
    assert {"model.py", "fit.py", "predict.py", "evaluate.py"} <= names


def test_predict_never_imports_fit():
    for path in (ROOT / "ml").rglob("predict.py"):
        assert not re.search(r"import.*\bfit\b|from \.fit|from ml\.\w+\.fit", path.read_text()), (
            path
        )


def test_model_folders_do_not_import_each_other():
    folders = {path.parent.name for path in (ROOT / "ml").glob("*/model.py")}
    for folder in folders:
        for path in (ROOT / "ml" / folder).glob("*.py"):
            used = set(re.findall(r"^\s*(?:from|import) ml\.(\w+)", path.read_text(), re.MULTILINE))
            assert not used & (folders - {folder}), path


def test_bundled_weights_stay_lean():
    files = [path for path in (ROOT / "ml" / "weights").rglob("*") if path.is_file()]
    assert files
    assert max(path.stat().st_size for path in files) <= 25 * 2**20
    assert sum(path.stat().st_size for path in files) <= 80 * 2**20


def test_every_path_in_the_readme_exists():
    mentioned = re.findall(
        r"`((?:ml|listing_assistant|recommender|templates|benchmarks|tests)/[\w./-]+)`",
        (ROOT / "README.md").read_text(),
    )
    assert mentioned
    assert [path for path in mentioned if not (ROOT / path).exists()] == []


def test_no_file_is_called_utils():
    banned = {"utils.py", "helpers.py", "common.py"}
    found = [path for path in ROOT.glob("[lmrt]*/**/*.py") if path.name in banned]
    assert found == []
