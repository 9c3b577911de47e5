// Shows the net weight while it is typed. The server computes it again; without this script nothing is missing.
const form = document.querySelector("[data-scale]");
const mark = (1.5).toLocaleString(document.documentElement.lang).charAt(1);

function grams(text) {
  const plain = text.trim().replace(mark, ".");
  return /^\d+(\.\d{1,3})?$/.test(plain) ? Math.round(Number(plain) * 1000) : null;
}

function show() {
  const gross = grams(form.elements.gross.value);
  const tare = form.elements.tare.value.trim() ? grams(form.elements.tare.value) : 0;
  const isKnown = gross !== null && tare !== null && gross > tare;
  const said = isKnown ? `${((gross - tare) / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 3 })} kg` : "";
  form.querySelector("[data-net]").textContent = said;
  form.querySelector("[data-says]").textContent = said;
}

form.addEventListener("input", show);
show();
form.elements.gross.focus();
