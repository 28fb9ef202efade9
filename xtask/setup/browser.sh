#!/usr/bin/env bash
# A browser without a screen, which prints the recovery sheet for the tests. Without it they say that
# they are skipped.
set -euo pipefail

if command -v chromium >/dev/null; then
  echo "chromium is here"
elif command -v apt-get >/dev/null && apt-get update -qq &&
  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; then
  echo "chromium is installed"
else
  echo "chromium cannot be installed: the tests with it are skipped"
fi
