#!/usr/bin/env bash
# Installs what `cargo xtask coverage` needs: llvm-tools of the pinned toolchain, and cargo-llvm-cov,
# into cargo's own folder, once. Without a network it says so, and coverage is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=0.9.1
if ! cargo llvm-cov --version >/dev/null 2>&1; then
  cargo install --locked --quiet "cargo-llvm-cov@$version" || echo "cargo-llvm-cov was not installed"
fi
if command -v rustup >/dev/null; then
  rustup component add llvm-tools >/dev/null 2>&1 || echo "llvm-tools were not installed"
fi
