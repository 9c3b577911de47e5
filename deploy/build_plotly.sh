#!/bin/sh
# Builds config/static/plotly/plotly.min.js: plotly.js with only the traces that our figures use.
# Needs npm. The result is committed, so that nobody else does; run it again to move to another version.
set -eu
plotly=${PLOTLY_VERSION:-4.1.1}
esbuild=${ESBUILD_VERSION:-0.28.2}
out=$(cd "$(dirname "$0")/../config/static/plotly" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "plotly.js@$plotly" "esbuild@$esbuild"
cat > figures.mjs <<'END'
import Plotly from "plotly.js/lib/core";
import bar from "plotly.js/lib/bar";
import sankey from "plotly.js/lib/sankey";
import treemap from "plotly.js/lib/treemap";
import french from "plotly.js/lib/locales/fr";
Plotly.register([bar, sankey, treemap, french]);
export default Plotly;
END
npx esbuild figures.mjs --bundle --minify --format=esm --target=es2020 --define:global=globalThis \
  --legal-comments=none --banner:js="/* plotly.js $plotly (MIT): core with bar, sankey, treemap and scatter */" \
  --outfile=plotly.min.js --log-level=warning
cp plotly.min.js "$out/plotly.min.js"
cp node_modules/plotly.js/LICENSE "$out/LICENSE"
{
  echo "plotly.js $plotly, bundled by esbuild $esbuild (deploy/build_plotly.sh)"
  (cd "$out" && sha256sum plotly.min.js)
} > "$out/VERSION"
cat "$out/VERSION"
