#!/usr/bin/env bash
# Installs what `cargo xtask mutants` needs: cargo-mutants, into cargo's own folder, once.
# It takes minutes, and lets others go first. Without a network it says so, and the check is skipped.
set -euo pipefail
# Outside the checkout, whose toolchain file and lock file are for the project alone.
cd /

version=27.1.0
if ! cargo mutants --version >/dev/null 2>&1; then
  nice -n 15 cargo install --locked --quiet "cargo-mutants@$version" || echo "cargo-mutants was not installed"
fi
