#!/usr/bin/env bash
# Installs what `cargo xtask book` needs: mdbook, into cargo's own folder, once.
# It takes minutes, and lets others go first. Without a network it says so, and the check is skipped.
set -euo pipefail
# Outside the checkout, whose toolchain file and lock file are for the project alone.
cd /

version=0.5.4
if ! mdbook --version >/dev/null 2>&1; then
  # Without search, servers and watching: a book is made, and that is all.
  nice -n 15 cargo install --locked --quiet --no-default-features "mdbook@$version" || echo "mdbook was not installed"
fi
