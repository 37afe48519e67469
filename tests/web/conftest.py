"""The browser code without a browser."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ASSETS = Path(__file__).parents[2] / "web" / "assets"


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str, str], Any]:
    """Run JavaScript with some names of a module; what it comes to."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js to run the browser code without a browser")
    modules = shutil.copytree(ASSETS, tmp_path / "assets")
    (modules / "package.json").write_text('{"type": "module"}')

    def run(imports: str, code: str) -> Any:
        program = f"{imports}\nconst result = (() => {{{code}}})();\nconsole.log(JSON.stringify(result));"
        done = subprocess.run(
            [node, "--input-type=module", "-e", program], cwd=modules, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
