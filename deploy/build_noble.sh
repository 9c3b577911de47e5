#!/bin/sh
# Builds ledger/static/noble/bls12-381.js: the one curve of @noble/curves with which a browser checks witnesses' signatures.
# Needs npm. The result is committed, so that nobody else does; run it again to move to another version.
set -eu
curves=${NOBLE_VERSION:-2.4.0}
esbuild=${ESBUILD_VERSION:-0.28.2}
out=$(cd "$(dirname "$0")/../ledger/static/noble" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "@noble/curves@$curves" "esbuild@$esbuild"
hashes=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' node_modules/@noble/hashes/package.json)
echo 'export { bls12_381 } from "@noble/curves/bls12-381.js";' > curve.mjs
npx esbuild curve.mjs --bundle --minify --format=esm --target=es2022 --legal-comments=none \
  --banner:js="/* noble-curves $curves, noble-hashes $hashes (MIT, Paul Miller): BLS12-381 */" \
  --outfile=bls12-381.js --log-level=warning
cp bls12-381.js "$out/bls12-381.js"
cp node_modules/@noble/curves/LICENSE "$out/LICENSE"
{
  echo "noble-curves $curves with noble-hashes $hashes, bundled by esbuild $esbuild (deploy/build_noble.sh)"
  (cd "$out" && sha256sum bls12-381.js)
} > "$out/VERSION"
cat "$out/VERSION"
