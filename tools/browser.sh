#!/bin/sh
# Chromium for the browser tests: an installed one, else Debian's package (as root), else Playwright's download.
set -eu

if found=$("$BIN/python" -m tools.browser 2>/dev/null); then
  echo "browser tests use $found"
  exit 0
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "no Chromium found: installing Debian's package"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || true
  for package in chromium-headless-shell chromium; do
    if apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then
      exit 0
    fi
  done
  echo "Debian's packages could not be installed"
fi

echo "downloading Playwright's Chromium"
"$BIN/python" -m playwright install --with-deps chromium || "$BIN/python" -m playwright install chromium || {
  echo "no browser for the tests: install Chromium, or set DGM_CHROMIUM to one" >&2
  exit 1
}
