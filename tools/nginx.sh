#!/bin/sh
# Says whether there is nginx for the tests of several servers. Without it they are skipped, and fail where CI is set.
# The file that is named as argument is written where there is one.
set -eu

PATH="$PATH:/usr/sbin:/usr/local/sbin"
if found=$(command -v nginx); then
  echo "tests of several servers use $found"
  touch "$1"
else
  echo "no nginx found: the tests of several servers are skipped, or fail where CI is set"
fi
