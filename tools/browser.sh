#!/bin/sh
# Chromium for the browser tests: the one that is installed, else Playwright's download.
set -eu

if found=$("$BIN/python" -m tools.browser 2>/dev/null); then
  echo "browser tests use $found"
  exit 0
fi
echo "no Chromium found: downloading Playwright's"
"$BIN/python" -m playwright install --with-deps chromium || "$BIN/python" -m playwright install chromium || {
  echo "no browser for the tests: install Chromium, or set DGM_CHROMIUM to one" >&2
  exit 1
}
