#!/bin/sh
# Finds a Chromium for the browser tests, or installs one; without one, those tests fail and say so.
set -u
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
ls "${PLAYWRIGHT_BROWSERS_PATH:-${HOME:-/nonexistent}/.cache/ms-playwright}"/chromium-*/*/chrome >/dev/null 2>&1 && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium from the system's packages …" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null 2>&1
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1 && exit 0
fi
echo "Fetching Playwright's own Chromium …" >&2
.venv/bin/python -m playwright install chromium >/dev/null 2>&1 && exit 0

echo "There is no Chromium and none could be fetched; install the package chromium for the browser tests." >&2
exit 0
