#!/bin/sh
# Rewrites the generated readers and writers beside the .capnp files. Needs the `capnp` tool on PATH.
set -eu
cd "$(dirname "$0")"
npx capnp-es ./*.capnp -ots:.
# Our compiler options want override written out and imports named as they are on disk.
for file in ./*.ts; do
  sed -e 's/^  toString()/  override toString()/' \
    -e 's/^  static readonly _capnp/  static override readonly _capnp/' \
    -e 's#from "\(\./[a-z0-9]*\)\.js"#from "\1.ts"#' "$file" >"$file.new"
  mv "$file.new" "$file"
done
