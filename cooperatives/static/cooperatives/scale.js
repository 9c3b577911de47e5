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
  form.querySelector("[data-net]").textContent = said || "–";
  form.querySelector("[data-says]").textContent = said;
}

// Large keys, for gloves and sun. Where they are, the phone's own keyboard stays away.
const keypad = form.querySelector("[data-keypad]");
keypad.hidden = false;
keypad.querySelector("[data-mark]").textContent = mark;
if (matchMedia("(pointer: coarse)").matches) form.elements.gross.inputMode = "none";
keypad.addEventListener("click", ({ target }) => {
  const key = target.closest("button")?.value;
  const gross = form.elements.gross;
  if (!key) return;
  if (key === "back") gross.value = gross.value.slice(0, -1);
  else gross.value += key === "mark" ? mark : key;
  show();
});

form.addEventListener("input", show);
show();
form.elements.gross.focus();
