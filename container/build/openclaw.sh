#!/bin/sh
# openclaw.sh VERSION FOLDER: OpenClaw from npm, without what it never uses on a Linux server.
set -eu
. /build/env.sh
PATH=/opt/node/bin:$PATH

version=$1 folder=$2
package=$folder/node_modules/openclaw

install_package() {
  npm install --prefix "$folder" --omit=dev --ignore-scripts --no-package-lock --loglevel=error \
    "openclaw@$version"
  node "$package/scripts/postinstall-bundled-plugins.mjs"
}

# Development files of every package: nothing at run time opens them.
prune_development_files() {
  find "$folder" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \
    -o -name '*.tsbuildinfo' -o -name '*.flow' -o -name 'CHANGELOG*' -o -name 'README*' \) -delete
  find "$folder/node_modules" -depth -type d \
    \( -name test -o -name tests -o -name __tests__ -o -name '.github' \) \
    -not -path '*/openclaw/dist/*' -exec rm -rf {} +
}

# OpenClaw's documentation; the agent's templates stand inside it and are read at run time.
prune_documentation() {
  find "$package/docs" -type f -not -path '*/docs/reference/templates/*' -delete
  find "$package/docs" -depth -type d -empty -delete
}

# Native binaries of other operating systems and processors.
prune_foreign_binaries() {
  case $(uname -m) in
    x86_64) foreign='arm64\|aarch64\|arm\|armhf\|ia32\|riscv64\|loong64\|loongarch64\|s390x\|ppc64\|ppc64le' ;;
    aarch64) foreign='x64\|x86_64\|ia32\|arm\|armhf\|riscv64\|loong64\|loongarch64\|s390x\|ppc64\|ppc64le' ;;
  esac
  find "$folder" -depth -type d \( -path '*/prebuilds/*' -o -path '*/build/*' -o -path '*/@koromix/*' \
    -o -path '*/binaries/*' \) \
    -regex '.*/[^/]*\(darwin\|win32\|windows\|freebsd\|openbsd\|netbsd\|musl\|android\)[^/]*$' -exec rm -rf {} +
  find "$folder" -depth -type d \( -path '*/prebuilds/*' -o -path '*/koffi/*' \) \
    -regex ".*[-_]\\($foreign\\)\$" -exec rm -rf {} +
  find "$folder" -depth -type d -regex '.*/[^/]*[-_]\(darwin\|win32\|musl\|linuxmusl\)\(-[^/]*\)?$' \
    -path '*node_modules/*' -not -path '*/openclaw/dist/*' -exec rm -rf {} +
}

# What only other machines would run: the bundle that is sent to remote workers, the driver of a desktop. And a second
# compression of the page's files, which browsers ask for over TLS alone; there the first one serves, too.
prune_what_no_container_uses() {
  rm -rf "$package/dist/worker" "$folder"/node_modules/@trycua/cua-driver-*
  find "$package/dist/control-ui" -name '*.br' -delete
}

# After a minute without a question it closes the agent's database, and once a minute it ends the thread that reads it. The
# next question opens it anew, in a process, three threads and five seconds of CPU time. Half an hour is what it keeps other
# databases open for. A release that says it in other words is slower after a pause, not broken.
keep_database_open_between_questions() {
  for minute in IDLE_EXECUTION_MS WORKER_PLACEMENT_RECONCILE_INTERVAL_MS; do
    grep -rlx --include='*.mjs' "const $minute = 6e4;" "$package/dist" >/tmp/said ||
      echo "OpenClaw $version has no $minute of a minute: left as it is"
    xargs -r sed -i "s/^const $minute = 6e4;\$/const $minute = 18e5;/" </tmp/said
  done
}

# Each of these packages is some hundred files, and a start loads them in up to nine threads and processes: a sixth of its
# time. esbuild, which knows how modules share what they hold, makes a few of them. Only packages with a closed list of what
# others may name; one that has none, or is gone, stays as it is.
gather_files_of_packages() {
  npm install --prefix /tmp/esbuild --ignore-scripts --no-package-lock --loglevel=error esbuild@0.28
  for name in typebox @openclaw/fs-safe execa; do
    gather "$folder/node_modules/$name" || echo "$name is not as OpenClaw $version's once was: its files are left as they are"
  done
  rm -rf /tmp/esbuild
}

# Below their old names lie those that others name; what these share lies beside the first, for the paths that they look up.
gather() (
  cd "$1" 2>/dev/null || exit 1
  jq -r 'select(.type == "module" and (.exports | tostring | contains("*") | not)).exports
    | [if has("default") then . else .[] end | objects.default | select(endswith("js"))] | unique[]' package.json >/tmp/named
  first=$(head -n 1 /tmp/named)
  [ "$first" ] || exit 1
  # shellcheck disable=SC2046 # a name of a file in a list of exports has no spaces
  /tmp/esbuild/node_modules/.bin/esbuild $(cat /tmp/named) --bundle --splitting --format=esm --platform=node --packages=external \
    --outbase=. --outdir=gathered --out-extension:.js=".${first##*.}" --chunk-names="${first%/*}/gathered-[hash]" --log-level=warning
  cp -R gathered/. . && rm -rf gathered
)

install_package
gather_files_of_packages
keep_database_open_between_questions
prune_development_files
prune_documentation
prune_foreign_binaries
prune_what_no_container_uses
rm -rf /root/.npm
node "$package/openclaw.mjs" --version
