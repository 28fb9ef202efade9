#!/usr/bin/env bash
# Installs what `cargo xtask taint` needs: valgrind. Where it cannot be had, that check is skipped.
set -euo pipefail

if command -v valgrind >/dev/null; then
  echo "valgrind is here"
elif [ "$(uname)" != Linux ]; then
  echo "valgrind is used on Linux alone"
elif [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends valgrind; } ||
    echo "valgrind cannot be installed: that check is skipped"
else
  echo "no valgrind: install it with this system's package manager"
fi
