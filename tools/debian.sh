#!/bin/sh
# Chromium and nginx for the tests, from Debian's packages: as root, and only what the machine does not have.
set -eu

PATH="$PATH:/usr/sbin:/usr/local/sbin"
has() {
  for name; do
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

install() {
  echo "installing Debian's $1"
  apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

if [ "$(id -u)" != 0 ] || ! has apt-get; then
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
browsers="chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable"    # of tools/browser.py
browser=$(has ${DGM_CHROMIUM:-$browsers} || echo missing)
proxy=$(has nginx || echo missing)
if [ "$browser$proxy" ]; then
  apt-get update -qq || true        # with what it has found before, where there is no network
fi
if [ "$proxy" ]; then
  install nginx-light || echo "Debian's package of nginx could not be installed"
fi
if [ "$browser" ]; then
  install chromium-headless-shell || install chromium || echo "Debian's packages of Chromium could not be installed"
fi
