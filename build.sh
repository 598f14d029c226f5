#!/usr/bin/env bash
# Everything the project needs from a shell. Each command installs what it lacks, and is safe to run again.
#
#   ./build.sh build          make the site in dist/: self-contained, relative URLs, any static host, any sub-path
#   ./build.sh serve [port]   build, then serve dist/ on this machine (port 8000, or the next free one)
#   ./build.sh test           every check: format, lints, native tests, types, the site in a real browser
#
# Expected to be there: Rust (rustup) and Node. CHROMIUM=/path names the browser of the tests, where it is not found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

wasm=wasm32-unknown-unknown
packages=tests/browser                      # where package.json and node_modules live
target=${CARGO_TARGET_DIR:-target}

# The builds of the engine, each compiled for other instructions, into www/wasm/<flavour>/. A name here and a
# line below, with the flags rustc gets, add one.
flavours=(simd)
declare_flavour() {
  case $1 in
    simd) rustc_flags='-C target-feature=+simd128' ;;
    *) die "There is no flavour called $1." ;;
  esac
}

# Flags from the caller's environment would replace the flavour's.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- What the commands need, installed where it is missing -----------------------------------------------------------

need_rust() {
  has cargo || die 'Rust is missing: install it from https://rustup.rs, open a new shell, and run this again.'
  # rustup reads rust-toolchain.toml and fetches that toolchain at its first use, here.
  [ -d "$(rustc --print target-libdir --target $wasm)" ] && return
  has rustup || die "This Rust has no $wasm target: install Rust with rustup (https://rustup.rs), or add the target."
  say "Installing Rust's $wasm target"
  rustup target add $wasm
}

# The command-line half of wasm-bindgen must be exactly the version of the library half.
need_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
  bindgen=target/tools/bin/wasm-bindgen
  [ "$("$bindgen" --version 2>/dev/null)" = "wasm-bindgen $version" ] && return
  say "Installing wasm-bindgen $version (a few minutes, once)"
  cargo install --quiet wasm-bindgen-cli --version "$version" --root target/tools --force
}

need_node() {
  has node && has npm || die 'Node.js is missing: install version 20 or newer from https://nodejs.org, and run this again.'
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || die "Node.js $(node -v) is too old: 20 or newer is needed."
}

# npm packages, unless they are what the lock file says already.
need_packages() {
  need_node
  local stamp=$packages/node_modules/.lock-installed
  cmp -s "$stamp" $packages/package-lock.json && return
  say 'Installing npm packages'
  (cd $packages && npm ci --no-audit --no-fund --loglevel=error)
  cp $packages/package-lock.json "$stamp"
}

need_chromium() {
  need_node
  [ -z "${CHROMIUM:-}" ] || [ -x "$CHROMIUM" ] || die "CHROMIUM is set to $CHROMIUM, which cannot be run."
  if ! CHROMIUM=$(node tools/find-chromium.mjs); then
    if has apt-get && [ "$(id -u)" = 0 ]; then
      say 'Installing Chromium'
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null
    fi
    CHROMIUM=$(node tools/find-chromium.mjs) ||
      die 'The browser tests need Chromium or Chrome: install one, or set CHROMIUM=/path/to/it, and run this again.'
  fi
  export CHROMIUM
}

# --- The site --------------------------------------------------------------------------------------------------------

# Compiles one flavour of a wasm module and binds it to JavaScript. (wasm-opt would save one per cent of what travels.)
#   build_wasm <flavour> <folder to make> <name> <what cargo builds…> <file that cargo made, within its profile's folder>
build_wasm() {
  local flavour=$1 out=$2 name=$3 made=${*: -1} rustc_flags
  declare_flavour "$flavour"
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$rustc_flags \
    cargo build --quiet --locked --release --target $wasm "${@:4:$#-4}"
  "$bindgen" --target web --out-dir "$out" --out-name "$name" "$target/$wasm/release/$made"
}

# Whatever happens, a site is left in dist/, and nothing beside it.
tidy() {
  [ -e dist ] || [ ! -e "$site.old" ] || mv "$site.old" dist
  rm -rf "$site" "$site.old"
}

build() {
  need_rust
  need_node
  need_wasm_bindgen
  # Made aside and swapped in whole, so that an interrupted build leaves the old site and not half a one.
  mkdir -p target
  local flavour
  site=$(mktemp -d target/site.XXXXXX)
  trap tidy EXIT
  chmod 755 "$site"
  for flavour in "${flavours[@]}"; do
    say "Engine ($flavour)"
    build_wasm "$flavour" "$site/www/wasm/$flavour" gradcam --lib gradcam.wasm
  done
  cp index.html "$site/"
  find www -type f ! -name '.*' ! -name '*.md' | while IFS= read -r file; do
    mkdir -p "$site/$(dirname "$file")"
    cp "$file" "$site/$file"
  done
  node tools/manifest.mjs "$site"
  [ ! -e dist ] || mv dist "$site.old"
  mv "$site" dist
  tidy
  say "Built dist/ ($(du -sh dist | cut -f1 | tr -d ' '))"
}

# --- The checks ------------------------------------------------------------------------------------------------------

check_rust() {
  local rustc_flags
  declare_flavour simd
  say 'Rust: format'
  cargo fmt --all --check
  say 'Rust: lints'
  cargo clippy --quiet --locked --all-targets -- -D warnings
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$rustc_flags \
    cargo clippy --quiet --locked --lib --example parity --target $wasm -- -D warnings
  say 'Rust: tests'
  cargo test --quiet --locked
}

check_javascript() {
  local bin=$packages/node_modules/.bin
  say 'JavaScript: format'
  "$bin/prettier" --config $packages/.prettierrc.json --log-level warn --check \
    index.html 'www/**/*.{js,css,ts}' 'tools/*.mjs' "$packages/**/*.{mjs,json}"
  say 'JavaScript: types'
  "$bin/tsc" --project $packages/tsconfig.json
}

# The comparison with PyTorch, compiled as the site is, for the browser tests to run in target/parity/<flavour>/.
build_parity() {
  local flavour
  for flavour in "${flavours[@]}"; do
    say "Parity check ($flavour)"
    build_wasm "$flavour" "target/parity/$flavour" parity --example parity examples/parity.wasm
  done
}

run_tests() {
  need_rust
  need_packages
  need_chromium
  check_rust
  build
  check_javascript
  build_parity
  say 'Browser'
  node --test --test-reporter=spec $packages/*.test.mjs
  say 'All checks passed.'
}

case ${1:-} in
  build) build ;;
  serve)
    build
    exec node tools/serve.mjs dist "${2:-8000}"
    ;;
  test) run_tests ;;
  *)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
