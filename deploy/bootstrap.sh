#!/bin/sh
# Makes .venv with everything the program needs, on a machine that may have neither uv nor a fitting Python.
# Usage: sh deploy/bootstrap.sh [dev]      (dev: what tests and checks need as well)
set -eu
# Folders may have spaces in their names: only a line's end parts two of them.
IFS='
'
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
log=.data/bootstrap.log
lacks() { say "$* (Details: $log)"; exit 1; }

want=run
[ "${1:-}" = dev ] && want=dev
stamp=.venv/made-for

sum() { cksum deploy/requirements.txt "$@" | cksum | cut -d' ' -f1; }
run_sum="run $(sum)"
dev_sum="dev $(sum deploy/requirements-dev.txt)"
made_for() { [ -x .venv/bin/python ] && cat "$stamp" 2>/dev/null || true; }

is_made() { # the development environment holds the other one too
    case "$(made_for)" in
        "$dev_sum") return 0 ;;
        "$run_sum") [ "$want" = run ] ;;
        *) return 1 ;;
    esac
}

# A folder that was moved, or a Python that was removed, leaves an environment that no longer runs.
runs() { "$1" -c 'import sys, ssl, zlib, ctypes; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' >/dev/null 2>&1; }
if runs .venv/bin/python && is_made; then exit 0; fi

# Two makes at once in one clone: the second waits for the first.
if [ -z "${RENNET_BOOTSTRAP_ALONE:-}" ] && command -v flock >/dev/null 2>&1; then
    mkdir -p .data && chmod 700 .data
    RENNET_BOOTSTRAP_ALONE=yes exec flock .data/bootstrap.lock sh deploy/bootstrap.sh "$@"
fi

# Whatever the person's shell has set up must not leak into this environment.
unset PYTHONHOME PYTHONPATH UV_PYTHON VIRTUAL_ENV UV_PROJECT_ENVIRONMENT || true
export UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1
# A home that is missing or not ours cannot hold a cache.
[ -w "${HOME:-/nonexistent}" ] || export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.data/uv-cache}"

# Every Python that may be here: all on PATH, also behind the first; then pyenv's and uv's own.
pythons() {
    printf '%s\n' "$PATH" | tr : '\n' | while read -r folder; do
        for name in python3 python3.14 python3.13 python3.12; do
            printf '%s\n' "$folder/$name"
        done
        case "$folder" in */shims) printf '%s\n' "${folder%/shims}"/versions/3.1[234]*/bin/python3 ;; esac
    done
    # HOME may point elsewhere than the home where a person's Pythons are.
    for home in "${HOME:-/nonexistent}" $(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6); do
        printf '%s\n' "${PYENV_ROOT:-$home/.pyenv}"/versions/3.1[234]*/bin/python3
        printf '%s\n' "${UV_PYTHON_INSTALL_DIR:-$home/.local/share/uv/python}"/cpython-3.1[234]*/bin/python3
    done
}

# Names on PATH may be dead shims, so each one is tried, not looked up.
find_python() {
    pythons | while read -r candidate; do
        if runs "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            break
        fi
    done
}

find_uv() {
    for candidate in uv "${HOME:-/nonexistent}/.local/bin/uv" .data/uv/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then printf '%s\n' "$candidate"; return; fi
    done
}

# Without uv, a Python of any age fetches it into a folder of this clone.
fetch_uv() {
    for candidate in ${python:+"$python"} $(pythons); do
        "$candidate" -c '' || continue
        rm -rf .data/uv
        if "$candidate" -m venv .data/uv; then
            .data/uv/bin/python -m pip install --quiet uv
            return
        fi
        rm -rf .data/uv
        # Debian keeps venv in a package of its own; pip alone is enough.
        if "$candidate" -m pip --version; then
            "$candidate" -m pip install --quiet --target .data/uv uv
            return
        fi
    done
    return 1
}

# uv does not read pip's settings; a mirror that is set for pip alone is handed on.
hand_on_index() {
    [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || return 0
    index=${PIP_INDEX_URL:-}
    for candidate in ${python:+"$python"} python3 .data/uv/bin/python; do
        [ -n "$index" ] && break
        index=$("$candidate" -m pip config get global.index-url 2>/dev/null) || index=
    done
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
}

mkdir -p .data && chmod 700 .data
: >"$log"
python=$(find_python)
uv=$(find_uv)
if [ -z "$uv" ]; then
    say "Fetching uv …"
    fetch_uv >>"$log" 2>&1 || lacks "uv is missing and could not be fetched; install it, or a Python with pip and venv (Debian: apt install python3-pip python3-venv)."
    uv=$(find_uv)
    [ -n "$uv" ] || lacks "uv was fetched but does not run here; install uv by hand."
fi
hand_on_index

if ! runs .venv/bin/python; then
    rm -rf .venv
    [ -n "$python" ] || say "No Python from 3.12 to 3.14 is here; uv fetches one …"
    "$uv" venv --quiet --python "${python:-3.13}" .venv >>"$log" 2>&1 ||
        lacks "A Python from 3.12 to 3.14 is missing and could not be fetched; install one (Debian 13: apt install python3; elsewhere pyenv or uv)."
fi

# The development file holds both, with the same pins.
file=deploy/requirements.txt
[ "$want" = dev ] && file=deploy/requirements-dev.txt
say "Installing what $file names …"
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes "$file" >>"$log" 2>&1 ||
    lacks "The packages could not be fetched; check the connection to your package index, then run this again."
if [ "$want" = dev ]; then echo "$dev_sum" >"$stamp"; else echo "$run_sum" >"$stamp"; fi
