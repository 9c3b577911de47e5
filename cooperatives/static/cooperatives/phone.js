// What a page of the station does with what it enters: keeps it on this phone, shows it until the server has it, sends it.
// A page says how one entry looks (`texts`), how it is told in a sentence (`kept`), and how it is put back (`mend`).
import { deviceKey } from "./device.js";
import { deliveries, drop, keep, onChange } from "./kept.js";
import { heldFor, send } from "./sending.js";

const RETRY = 15_000; // ms between attempts while something waits
const PAGES = "weigh-pages"; // as in the worker
const language = document.documentElement.lang;
export const page = document.querySelector("[data-station]");
export const form = page.querySelector("[data-entry]");
export const fields = form.elements;
export const words = JSON.parse(page.dataset.words);
export const part = (name) => page.querySelector(`[data-${name}]`);
export const clock = (at) => new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const { person } = page.dataset;
const token = () => fields.csrfmiddlewaretoken.value;
export const fill = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (all, name) => facts[name] ?? all);
let told; // what the page says of its entries
let mended = null; // the entry whose place the next one takes
let outcome = "done"; // of the last attempt to send
let timer, ticking;

// Keeps an entry, from now or under a key of its own. Answers false where this phone has no room: then the server must.
export async function enter({ key, ...entry }) {
  const kept = { key: key ?? `phone/${crypto.randomUUID()}`, person, path: page.dataset.path, at: Date.now(), state: "waiting", ...entry };
  try {
    await keep(kept, mended?.key);
  } catch (error) {
    if (await isKept(kept.key)) return true; // another page was quicker
    console.info(`Not kept: ${error?.name}`);
    form.dataset.plain = "yes";
    part("problem").hidden = false;
    return false;
  }
  mended = null;
  navigator.storage?.persist?.();
  return true;
}

export const isKept = async (key) => (await deliveries(person)).some((one) => one.key === key);

// A field that is wrong says so, also where it is folded away.
export function complain(field, why) {
  const hidden = field.closest("details");
  if (hidden) hidden.open = true;
  field.setCustomValidity(why);
  field.reportValidity();
}

function row(entry) {
  const { state, why } = entry;
  const made = page.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
  for (const [name, text] of Object.entries({ ...told.texts(entry), why: why ?? "" })) made.querySelector(`[data-fill=${name}]`).textContent = text;
  for (const one of made.querySelectorAll("[data-state]")) if (one.dataset.state !== state) one.remove();
  for (const button of made.querySelectorAll("button")) {
    if (["waiting", "refused"].includes(state)) button.addEventListener("click", () => act(button.value, entry));
    else button.remove();
  }
  return made;
}

async function act(what, entry) {
  if (what === "mend") {
    mended = entry;
    told.mend(entry);
    form.dispatchEvent(new Event("input"));
    form.scrollIntoView();
    return;
  }
  if (confirm(words.drop) && !(await drop(entry.key, ["waiting", "refused"]))) alert(words.late);
  await show();
}

function count(all, here, onPage) {
  const there = onPage.size + here.filter(({ state, key }) => state === "there" && !onPage.has(key)).length;
  for (const item of part("counter").children) {
    const { count: state } = item.dataset;
    const number = state === "there" ? there : all.filter((one) => one.state === state).length;
    item.firstElementChild.textContent = number.toLocaleString(document.documentElement.lang);
    item.classList.toggle("waiting", state === "waiting" && number > 0);
  }
  part("counter").hidden = false;
}

function showUndo(held) {
  const bar = part("undo");
  clearInterval(ticking);
  bar.hidden = !held;
  if (!held) return;
  bar.dataset.held = held.key;
  bar.querySelector("[data-fill]").textContent = told.kept(held);
  const tick = () => { bar.querySelector("[data-seconds]").textContent = `(${Math.ceil(heldFor(held) / 1000)} s)`; };
  tick();
  ticking = setInterval(tick, 1000);
}

export async function show() {
  const all = await deliveries(person);
  const onPage = new Set([...page.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
  const here = all.filter((one) => one.path === page.dataset.path && !(one.state === "there" && onPage.has(one.key)));
  told.onShow?.(here);
  part("kept").replaceChildren(...here.filter((one) => !onPage.has(one.key)).reverse().map(row));
  part("table").hidden = !page.querySelector("[data-table] tbody tr");
  const waiting = all.filter((one) => ["waiting", "sending"].includes(one.state));
  const refused = here.filter((one) => one.state === "refused");
  count(all, here, onPage);
  part("send").hidden = !waiting.length;
  part("refused").hidden = !refused.length;
  part("elsewhere").hidden = !all.some((one) => one.state === "refused" && one.path !== page.dataset.path);
  part("refused").querySelector("[data-fill]").textContent = fill(words.refused, { n: refused.length });
  part("sign-in").hidden = !waiting.length || outcome !== "sign-in";
  part("offline").hidden = !waiting.length || outcome !== "offline";
  showUndo(here.filter((one) => one.state === "waiting" && heldFor(one)).at(-1));
  clearTimeout(timer);
  const soonest = Math.min(...waiting.map(heldFor));
  if (waiting.length) timer = setTimeout(deliver, soonest > 0 ? soonest + 50 : RETRY);
}

// Sends what may be sent, and then takes from the server how its page looks now.
async function deliver(more) {
  outcome = await send(person, token(), more);
  const all = await deliveries(person);
  if (all.some((one) => one.state === "there")) await tryRefresh(all);
  await show();
  if (outcome === "busy") timer = setTimeout(deliver, 1000);
}

async function refresh(all) {
  const answer = await fetch(page.dataset.page, { signal: AbortSignal.timeout(20_000) });
  if (!answer.ok || answer.redirected) return;
  await keepPage(answer.clone());
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (fresh.querySelector("[data-station]")?.dataset.person !== person) return;
  for (const name of ["head", "rows"]) part(name).replaceWith(document.adoptNode(fresh.querySelector(`[data-${name}]`)));
  fields.csrfmiddlewaretoken.value = fresh.querySelector("[data-entry] [name=csrfmiddlewaretoken]").value;
  const onPage = new Set([...page.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
  for (const one of all) if (onPage.has(one.key) || Date.now() - one.at > 24 * 3600_000) await drop(one.key, ["there"]);
}

const tryRefresh = (all) => refresh(all).catch((error) => console.info(`Not refreshed: ${error.message}`));

const keepPage = async (answer, at = page.dataset.page) => (await caches.open(PAGES)).put(at, answer);

// Pages that were kept for somebody else are nobody's business here.
async function install() {
  if (!navigator.serviceWorker) return;
  if (localStorage.getItem(PAGES) !== person) await caches.delete(PAGES);
  localStorage.setItem(PAGES, person);
  await navigator.serviceWorker.register(page.dataset.worker, { scope: page.dataset.scope });
  if (navigator.onLine) await deviceKey(person, token()); // while somebody is signed in
  for (const at of [page.dataset.page, ...page.dataset.other.split(" "), page.dataset.names]) { // whoever weighs may log hours later, without a network
    const isThere = await (await caches.open(PAGES)).match(at, { ignoreVary: true });
    if (!navigator.onLine || (isThere && navigator.serviceWorker.controller)) continue;
    const answer = await fetch(at);
    if (answer.ok && !answer.redirected) await keepPage(answer, at);
  }
}

// Field Mode changes at once; the server is told, and remembers it for every device.
function chooseFieldMode(event) {
  event.preventDefault();
  const isOn = document.body.classList.toggle("full-sun");
  const button = event.target.querySelector("button");
  const sent = new FormData(event.target);
  sent.set("on", isOn ? "1" : "0");
  button.setAttribute("aria-checked", isOn);
  fetch(event.target.action, { method: "POST", body: sent, redirect: "manual" }).catch(() => {});
}

// Whether this browser can keep and send by itself; where it cannot, the form is sent as it always was.
export const canKeep = window.isSecureContext && window.indexedDB && crypto.subtle && navigator.locks && window.BroadcastChannel;

// Begins, where the browser can; `says` are texts, kept, mend, and what is to be done whenever the list is shown (onShow)
// and when an entry was taken back (onUndo).
export function begin(says) {
  told = says;
  form.noValidate = true;
  form.addEventListener("input", () => { for (const field of fields) field.setCustomValidity?.(""); });
  part("undo").addEventListener("click", async ({ target }) => {
    if (!target.closest("button")) return;
    const held = (await deliveries(person)).find((one) => one.key === part("undo").dataset.held);
    if (!(await drop(part("undo").dataset.held, ["waiting"]))) alert(words.late);
    else told.onUndo?.(held);
    await show();
  });
  part("send").addEventListener("click", () => deliver());
  onChange(async ({ data }) => {
    if (data === "gone") await tryRefresh([]); // another page put it in its list
    await show();
  });
  addEventListener("online", () => deliver());
  // Whoever puts the phone away takes nothing back any more; and on some phones nothing runs later.
  document.addEventListener("visibilitychange", () => deliver({ isHurried: document.hidden }));
  document.querySelector("[data-field-mode]").addEventListener("submit", chooseFieldMode);
  page.dataset.ready = "yes";
  show().then(() => deliver()).then(install).catch((error) => console.info(`Not installed: ${error.message}`));
}
