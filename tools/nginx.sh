#!/bin/sh
# nginx for the tests of several servers: an installed one, else Debian's package (as root). Without it they are
# skipped, and fail where CI is set. The file that is named as argument is written where there is one.
set -eu

PATH="$PATH:/usr/sbin:/usr/local/sbin"
if found=$(command -v nginx); then
  echo "tests of several servers use $found"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "no nginx found: installing Debian's package"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends nginx-light >/dev/null
else
  echo "no nginx found: the tests of several servers are skipped, or fail where CI is set"
  exit 0
fi
touch "$1"
