#!/usr/bin/env bash
# promtool, which checks the rules for alerts. Without it the rules are only held against the list of
# metrics, by a test.
set -euo pipefail

if command -v promtool >/dev/null; then
  echo "promtool is here"
elif command -v apt-get >/dev/null && apt-get update -qq &&
  apt-get install -y -qq --no-install-recommends prometheus; then
  echo "promtool is installed"
else
  echo "promtool cannot be installed: its check of the alerts is skipped"
fi
