"""Imported first where test processes are forked from: there is no pytest with a path.

`tests` is a package of the service as well, so that one must not come first.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "templates/service"))
