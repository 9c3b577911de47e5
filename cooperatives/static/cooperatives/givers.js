// Who brought it, or worked. Few members stand in a list. Of many, the last ones are a tap away, and everybody is found by a few
// letters of the name or the number; the phone keeps their names, so that this works without a network too.
const MOST = 6; // shown at once
const PAGES = "weigh-pages"; // as in the worker
const form = document.querySelector("[data-entry]");
const field = form.elements[form.dataset.who];
const next = form.elements[form.dataset.next]; // where one goes on
const box = form.querySelector("[data-givers]"); // only where members are many
const list = form.querySelector("[data-found]");
const last = box ? [...box.querySelectorAll("option")].map(({ value, dataset }) => [dataset.address, value]) : [];
let all = last; // address and name of each

export function giver() {
  if (!box) return field.value ? { address: field.value, name: field.selectedOptions[0].text } : null;
  return field.dataset.address ? { address: field.dataset.address, name: field.value } : null;
}

export function chooseGiver(address, name) {
  field.value = box ? name : address;
  if (box) field.dataset.address = address;
  list.hidden = true;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function found() {
  const words = folded(field.value).split(/\s+/).filter(Boolean);
  if (!words.length || field.dataset.address) return last;
  const fits = all.filter(([, name]) => words.every((word) => folded(name).includes(word)));
  // Whose name or number begins so comes first, and a whole number before all that only begin with it.
  const rank = ([, name]) => folded(name).split(", ").reduce((best, part) => Math.max(best, part === words.join(" ") ? 2 : part.startsWith(words[0]) ? 1 : 0), 0);
  return fits.sort((one, other) => rank(other) - rank(one));
}

function show() {
  const fits = found();
  list.replaceChildren(...fits.slice(0, MOST).map(([address, name]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => { chooseGiver(address, name); next.focus(); });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  list.hidden = !fits.length;
  const count = box.querySelector("[data-found-count]");
  count.textContent = count.dataset.counts.replace("{n}", fits.length);
}

// Takes the only one who answers to what was typed; asks nothing where nobody or several do.
function settle() {
  const fits = field.dataset.address || !field.value.trim() ? [] : found();
  const exact = fits.filter(([, name]) => folded(name).split(", ").concat(folded(name)).includes(folded(field.value.trim())));
  const [one] = exact.length === 1 ? exact : fits.length === 1 ? fits : [];
  if (one) chooseGiver(...one);
  list.hidden = true;
}

async function ask() {
  const kept = window.caches && await caches.open(PAGES);
  try {
    const answer = await fetch(box.dataset.givers, { signal: AbortSignal.timeout(20_000) });
    if (!answer.ok || answer.redirected) return;
    await kept?.put(box.dataset.givers, answer.clone());
    await take(answer);
  } catch (error) {
    console.info(`No names from the server: ${error.name}`);
    const names = await kept?.match(box.dataset.givers, { ignoreVary: true });
    if (names) await take(names);
  }
}

async function take(answer) {
  all = (await answer.json()).givers;
  if (document.activeElement === field) show();
}

if (box) {
  ask();
  field.removeAttribute("list"); // one list is enough
  field.addEventListener("focus", () => { field.select(); show(); });
  field.addEventListener("input", () => { delete field.dataset.address; show(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") list.hidden = true;
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [first] = found();
    if (!field.dataset.address && first) chooseGiver(...first);
    next.focus();
  });
  form.addEventListener("focusout", ({ target, relatedTarget }) => {
    if ((target === field || list.contains(target)) && !list.contains(relatedTarget) && relatedTarget !== field) settle();
  });
  // A tap on a name must not take the focus from the field first: on some phones the list would close under the thumb.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}
