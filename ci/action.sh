#!/usr/bin/env bash
# Gets the suite, runs it, and writes its verdict to the outputs of action.yml. Exits as the run does.
# macOS has bash 3.2: so there is no mapfile here, and no array is ever empty.
set -euo pipefail

report=${INPUT_OUT:=tachyon-report}/report.json

fail() {
  echo "::error title=tachyon-conformance::$1"
  exit 2
}

# Writes the outputs, however this script ends.
finish() {
  local code=$? verdict=error
  if [[ $code -eq 3 ]]; then verdict=unreachable; fi
  if [[ -f $report ]]; then
    verdict=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).verdict' "$report")
  else
    report=
  fi
  printf '%s=%s\n' report "$report" verdict "$verdict" >>"$GITHUB_OUTPUT"
}

# Sets `suite` to the command.
get_suite() {
  local package=$INPUT_VERSION folder
  if [[ -z $package ]]; then
    suite=(node "$GITHUB_ACTION_PATH/dist/cli.js")
    if [[ -f ${suite[1]} ]]; then return; fi
    (cd "$GITHUB_ACTION_PATH" && npm ci --include=dev --ignore-scripts --no-audit --no-fund && node build.js)
    return
  fi
  # npm looks a bare name or version up in a public registry. Nobody has published the suite there: what it finds is somebody else's.
  [[ $package == */* || $package == *.tgz ]] ||
    fail "The input version is \"$package\". Give the path or url of a tarball (./suite.tgz), or a git url, or leave it out."
  # Not npx: it caches what it installs from a path, also when the file changes.
  folder=$(mktemp -d "$RUNNER_TEMP/tachyon-conformance-XXXXXX")
  npm install --prefix "$folder" --no-audit --no-fund --loglevel=error -- "$package"
  suite=("$folder/node_modules/.bin/tachyon-conformance")
}

# Sets `arguments` to those of the suite.
get_arguments() {
  local words word
  arguments=(run "$INPUT_URL" "--out=$INPUT_OUT")
  if [[ -n $INPUT_START ]]; then arguments+=("--start=$INPUT_START"); fi
  if [[ -n $INPUT_EXPECTED_FAILURES ]]; then arguments+=("--expected-failures=$INPUT_EXPECTED_FAILURES"); fi
  if [[ $INPUT_STRICT == true ]]; then arguments+=(--strict); fi
  # xargs reads quotes as a shell does, and expands nothing.
  words=$(xargs printf '%s\n' <<<"$INPUT_ARGS") || fail "The input args has a quote without an end: $INPUT_ARGS"
  while IFS= read -r word; do
    if [[ -n $word ]]; then arguments+=("$word"); fi
  done <<<"$words"
}

rm -f -- "$report" # An earlier run may have left it.
trap finish EXIT

node -e 'process.exitCode = Number.parseInt(process.versions.node) < 20 ? 1 : 0' ||
  fail "Node.js 20 or newer is needed: run actions/setup-node first."
# Without a url the suite would test its own reference server, and pass.
[[ $INPUT_URL =~ ^[A-Za-z]+: ]] || fail "The input url names no server. Give one like ws://localhost:8080."
[[ $INPUT_STRICT =~ ^(true|false|)$ ]] || fail "The input strict is \"$INPUT_STRICT\". Give true or false."
get_arguments

echo "::group::Get tachyon-conformance"
get_suite
echo "::endgroup::"
"${suite[@]}" "${arguments[@]}"
