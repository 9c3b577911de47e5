// Shows the net weight while it is typed. The server computes it again; without this script nothing is missing.
import { giver } from "./givers.js";
import { grams, mark, say } from "./weight.js";

const form = document.querySelector("[data-scale]");

function show() {
  const gross = grams(form.elements.gross.value);
  const tare = form.elements.tare.value.trim() ? grams(form.elements.tare.value) : 0;
  const who = giver()?.name ?? "";
  const said = gross !== null && tare !== null && gross > tare ? say(gross - tare) : "";
  form.querySelector("[data-net]").textContent = said || "–";
  const says = form.querySelector("[data-says]");
  says.textContent = said && says.dataset.says.replace("{net}", said).replace("{who}", who);
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
  gross.dispatchEvent(new Event("input", { bubbles: true }));
});

form.addEventListener("input", show);
form.addEventListener("reset", () => setTimeout(show));
show();
form.elements.gross.focus();
