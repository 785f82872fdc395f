"""The nginx of this machine, for the tests of several servers."""

import os
import shutil

import pytest

PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{PLACES}")

# Without nginx the tests are skipped on a developer's machine; where CI is set they run, and fail.
needs_nginx = pytest.mark.skipif(NGINX is None and not os.environ.get("CI"), reason="nginx is not installed")
