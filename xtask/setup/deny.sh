#!/usr/bin/env bash
# Installs what `cargo xtask deny` needs: cargo-deny, into cargo's own folder, once.
# Without a network it says so, and the check is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=0.20.2
if ! cargo deny --version >/dev/null 2>&1; then
  cargo install --locked --quiet "cargo-deny@$version" || echo "cargo-deny was not installed"
fi
