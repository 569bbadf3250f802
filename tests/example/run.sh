#!/bin/sh
# Installs the build into a fresh prefix, builds the example outside the tree against it both ways (CMake package, pkg-config), and runs it.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
build=$1 source=$2 flags=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
for file in bin/churn include/churn/churn.h share/man/man1/churn.1 share/bash-completion/completions/churn \
  share/churn/models/features.yaml; do
  [ -f "$work/prefix/$file" ] || { echo "$file is not installed"; exit 1; }
done
cmake -G Ninja -S "$source/tests/example" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_FLAGS="$flags" >"$work/configure.log"
cmake --build "$work/cmake" >"$work/build.log"
"$work/prefix/bin/churn" simulate "$work/world" --customers 400 --truth 10 --quiet >/dev/null
"$work/cmake/example" "$work/world/churn.yaml" "$work/a.json" "$work/a.csv"
package=$(dirname "$(find "$work/prefix" -name churn.pc)")
# shellcheck disable=SC2046
PKG_CONFIG_PATH=$package cc -std=c17 $flags "$source/tests/example/example.c" -o "$work/plain" \
  $(PKG_CONFIG_PATH=$package pkg-config --cflags --libs churn)
"$work/plain" "$work/world/churn.yaml" "$work/b.json" "$work/b.csv"
cmp "$work/a.json" "$work/b.json"
cmp "$work/a.csv" "$work/b.csv"
[ "$(wc -l <"$work/a.csv")" -eq 21 ]
