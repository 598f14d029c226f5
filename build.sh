#!/usr/bin/env bash
# Everything the project needs from a shell. Each command installs what it lacks, and is safe to run again.
#
#   ./build.sh build          make the site in dist/: self-contained, relative URLs, any static host, any sub-path
#   ./build.sh serve [port]   build, then serve dist/ on this machine (port 8000, or the next free one)
#   ./build.sh test           every check: format, lints, native tests, types, the site in a real browser
#   ./build.sh bench [...]    compare its speed with other engines, in a real browser: see benches/browser/run.mjs
#   ./build.sh bench --against DIR [--only ROW] [--runs N]
#                             or with the build of another checkout in DIR, where ./build.sh bench --only code made it
#
# Expected to be there: Rust (rustup) and Node. CHROMIUM=/path names the browser of the tests, where it is not found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

wasm=wasm32-unknown-unknown
packages=tests/browser                      # where package.json and node_modules of the checks live
benchmark=benches/browser                   # and those of the benchmark
target=${CARGO_TARGET_DIR:-target}

# The builds of the engine, each compiled for other instructions, into www/wasm/<flavour>/: a visitor's browser takes
# the best it can run (www/engine/flavour.js). A name here and a case below, with the flags for rustc and for cargo, add
# one.
flavours=(simd relaxed threads)
declare_flavour() {
  cargo_flags=()
  case $1 in
    simd) rustc_flags='-C target-feature=+simd128' ;;
    relaxed) rustc_flags='-C target-feature=+simd128,+relaxed-simd' ;;
    threads)
      rustc_flags='-C target-feature=+simd128,+relaxed-simd,+atomics,+bulk-memory,+mutable-globals'
      # One memory for all threads, with what wasm-bindgen needs to give each its own stack and thread-locals. The
      # largest size is asked for at the start; a browser that refuses gets the next flavour.
      local argument
      for argument in shared-memory import-memory max-memory=2147483648 \
        export={__heap_base,__wasm_init_tls,__tls_size,__tls_align,__tls_base}; do
        rustc_flags+=" -C link-arg=--$argument"
      done
      # Rust ships its standard library for this target without threads, so it is compiled along: unstable yet, which
      # the pinned compiler is told not to mind.
      export RUSTC_BOOTSTRAP=1
      cargo_flags=(--features threads -Z build-std=std,panic_abort)
      ;;
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
  if [ ! -d "$(rustc --print target-libdir --target $wasm)" ]; then
    has rustup || die "This Rust has no $wasm target: install Rust with rustup (https://rustup.rs), or add the target."
    say "Installing Rust's $wasm target"
    rustup target add $wasm
  fi
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    has rustup || die 'This Rust lacks the source of its standard library: install Rust with rustup (https://rustup.rs).'
    say "Installing the source of Rust's standard library"
    rustup component add rust-src
  fi
}

# The command-line half of wasm-bindgen must be exactly the version of the library half.
need_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
  bindgen=target/tools/bin/wasm-bindgen
  [ "$("$bindgen" --version 2>/dev/null)" = "wasm-bindgen $version" ] && return
  say "Installing wasm-bindgen $version (a minute or two, once)"
  # It works for less than a second per build: not worth minutes of optimising.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --quiet wasm-bindgen-cli --version "$version" --root target/tools --bin wasm-bindgen --force
}

need_node() {
  has node && has npm || die 'Node.js is missing: install version 20.19 or newer from https://nodejs.org, and run this again.'
  # From there on it takes the page's own modules for what they are.
  node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' ||
    die "Node.js $(node -v) is too old: 20.19 or newer is needed."
}

# The npm packages of a folder, unless they are what the lock file says already.
need_packages() {
  need_node
  local folder=$1 stamp=$1/node_modules/.lock-installed
  cmp -s "$stamp" "$folder/package-lock.json" && return
  say "Installing npm packages ($folder)"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  cp "$folder/package-lock.json" "$stamp"
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

# The tests of the GPU engine run on any adapter; Mesa has one in software.
need_adapter() {
  [ "$(uname)" = Linux ] || return 0
  adapters() { compgen -G '/usr/share/vulkan/icd.d/*.json' || compgen -G '/etc/vulkan/icd.d/*.json'; }
  if ! adapters >/dev/null && has apt-get && [ "$(id -u)" = 0 ]; then
    say 'Installing a Vulkan adapter in software'
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends mesa-vulkan-drivers >/dev/null
  fi
  adapters >/dev/null ||
    die 'The tests need a Vulkan driver: install one (Mesa has one in software, lavapipe), and run this again.'
}

# --- The site --------------------------------------------------------------------------------------------------------

# Runs cargo for one flavour, in a folder of its own: in a common one they would undo each other's work. (The parentheses
# keep what the flavour exports from the next one.)
#   cargo_wasm <flavour> <command> <arguments…>
cargo_wasm() (
  declare_flavour "$1"
  export CARGO_TARGET_DIR=$target/$1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$rustc_flags
  cargo "$2" --quiet --locked --target $wasm "${cargo_flags[@]}" "${@:3}"
)

# Calls a function with each flavour as its last argument, all at the same time: for most of a build a single thread links.
each_flavour() {
  local flavour job jobs=() failed=
  # Each a group of processes of its own, so that an interruption reaches all of them.
  set -m
  for flavour in "${flavours[@]}"; do
    "$@" "$flavour" &
    jobs+=($!)
  done
  set +m
  trap 'kill -- "${jobs[@]/#/-}" 2>/dev/null; exit 130' INT TERM
  for job in "${jobs[@]}"; do
    wait "$job" || failed=1
  done
  trap - INT TERM
  [ -z "$failed" ]
}

# Compiles one flavour of a wasm module and binds it to JavaScript. (wasm-opt would save one per cent of what travels.)
#   build_wasm <folder to make one of for each flavour> <name> <file that cargo makes, within its profile's folder>
#     <what cargo builds…> <flavour>
build_wasm() {
  local out=$1 name=$2 made=$3 flavour=${*: -1}
  cargo_wasm "$flavour" rustc --release "${@:4:$#-4}" || return
  "$bindgen" --target web --remove-name-section --remove-producers-section --out-dir "$out/$flavour" --out-name "$name" "$target/$flavour/$wasm/release/$made"
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
  site=$(mktemp -d target/site.XXXXXX)
  trap tidy EXIT
  chmod 755 "$site"
  say "Engine (${flavours[*]})"
  each_flavour build_wasm "$site/www/wasm" gradcam gradcam.wasm --lib --crate-type cdylib
  cp index.html "$site/"
  find www -type f ! -name '.*' ! -name '*.md' | while IFS= read -r file; do
    mkdir -p "$site/$(dirname "$file")"
    cp "$file" "$site/$file"
  done
  # A service worker answers for the folder it lies in, and those below; hosts look for their headers at the top.
  mv "$site/www/service-worker.js" "$site/www/_headers" "$site/"
  node tools/manifest.mjs "$site"
  [ ! -e dist ] || mv dist "$site.old"
  mv "$site" dist
  tidy
  say "Built dist/ ($(du -sh dist | cut -f1 | tr -d ' '))"
}

# --- The checks ------------------------------------------------------------------------------------------------------

check_rust() {
  local flavour
  say 'Rust: format'
  cargo fmt --all --check
  say 'Rust: lints'
  cargo clippy --quiet --locked --all-targets --all-features -- -D warnings
  # What is in the code for relaxed SIMD is in that for threads.
  for flavour in simd threads; do
    cargo_wasm "$flavour" clippy --lib --example parity --example benchmark -- -D warnings
  done
  say 'Rust: documentation'
  RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps --all-features
  say 'Rust: tests'
  cargo test --quiet --locked --all-features
}

check_javascript() {
  local bin=$packages/node_modules/.bin
  say 'JavaScript: format'
  "$bin/prettier" --config $packages/.prettierrc.json --log-level warn --check \
    index.html 'www/**/*.{html,js,css,ts,webmanifest}' 'tools/*.mjs' '.github/**/*.yml' \
    "$packages/**/*.{mjs,json,ts}" \
    "$benchmark/**/*.{html,js,json,mjs,ts}"
  say 'JavaScript: types'
  "$bin/tsc" --project $packages/tsconfig.json
  "$bin/tsc" --project $benchmark/tsconfig.json
}

# An example, compiled as the site is, for a browser to run in target/<example>/<flavour>/.
build_example() {
  say "Example $1 (${flavours[*]})"
  each_flavour build_wasm "target/$1" "$1" "examples/$1.wasm" --example "$1"
}

run_tests() {
  need_rust
  need_packages $packages
  need_chromium
  need_adapter
  check_rust
  build
  check_javascript
  build_example parity
  say 'Browser'
  # Most tests wait for one thread of the engine: two files at a time fill two cores.
  node --test --test-concurrency=2 --test-reporter=spec $packages/*.test.mjs
  say 'All checks passed.'
}

# --- The benchmark ---------------------------------------------------------------------------------------------------

bench() {
  need_packages $benchmark
  need_chromium
  build
  build_example benchmark
  node $benchmark/run.mjs "$@"
}

case ${1:-} in
  build) build ;;
  serve)
    build
    exec node tools/serve.mjs dist "${2:-8000}"
    ;;
  test) run_tests ;;
  bench) bench "${@:2}" ;;
  *)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
