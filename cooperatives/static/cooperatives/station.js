// Makes the scale work without a network: what is entered is kept on this phone at once, shown until the server has it,
// and sent as soon as it can be. Where a browser cannot do that, the form is sent as it always was.
import { deviceKey } from "./device.js";
import { deliveries, drop, keep, onChange } from "./kept.js";
import { heldFor, send } from "./sending.js";
import { grams, read, say, type } from "./weight.js";

const RETRY = 15_000; // ms between attempts while something waits
const PAGES = "weigh-pages"; // as in the worker
const form = document.querySelector("[data-scale]");
const page = document.querySelector("[data-station]");
const fields = form.elements;
const { person, words: said } = page.dataset;
const words = JSON.parse(said);
const lots = JSON.parse(page.dataset.lots);
const part = (name) => page.querySelector(`[data-${name}]`);
const token = () => fields.csrfmiddlewaretoken.value;
const fill = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (all, name) => facts[name] ?? all);
let mended = null; // the delivery whose place the next one takes
let outcome = "done"; // of the last attempt to send
let timer, ticking;

// What the form says as a delivery, or the field that is wrong and why.
function readForm() {
  const into = fields.into.value;
  const isNew = !into.startsWith("lot/");
  const lot = lots[into.slice(4)];
  const goods = isNew ? into.slice(4).trim() || fields.goods.value.trim() : lot.goods;
  const gross = grams(fields.gross.value);
  const tare = fields.tare.value.trim() ? grams(fields.tare.value) : 0;
  const price = fields.price.value.trim() ? read(fields.price.value, Number(page.dataset.exponent)) : 0;
  if (!goods) return { wrong: fields.goods, why: words.goods };
  if (gross === null) return { wrong: fields.gross, why: words.weight };
  if (tare === null) return { wrong: fields.tare, why: words.weight };
  if (price === null) return { wrong: fields.price, why: words.price };
  if (gross <= tare) return { wrong: fields.gross, why: words.nothing };
  const code = isNew ? newCode(goods) : into.slice(4);
  const body = { giver: fields.giver.value, goods, unit: "g", gross, tare, hub: isNew ? fields.hub.value : lot.hub, lot: code };
  if (price) body.kilo_price = price;
  return { body, who: fields.giver.selectedOptions[0].text };
}

// A lot that was opened here has its code from here, so that what follows goes into the same one, network or not.
function newCode(goods) {
  const stem = goods.normalize("NFKD").replace(/[^\x20-\x7e]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 30).replace(/^-|-$/g, "");
  const letters = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => "abcdefghjkmnpqrstuvwxyz23456789"[byte % 31]);
  return `${stem || "lot"}-${letters.join("")}`;
}

function offer({ lot, goods, hub }) {
  if (lots[lot]) return;
  lots[lot] = { goods, hub };
  fields.into.add(new Option(`${goods}, ${lot}`, `lot/${lot}`), 0);
}

async function enter(event) {
  if (form.dataset.plain) return; // the phone could not keep it: now the server must
  event.preventDefault();
  const { wrong, why, body, who } = readForm();
  if (wrong) {
    const hidden = wrong.closest("details");
    if (hidden) hidden.open = true;
    wrong.setCustomValidity(why);
    wrong.reportValidity();
    return;
  }
  const delivery = { key: `phone/${crypto.randomUUID()}`, person, path: page.dataset.path, at: Date.now(), state: "waiting", who, body };
  try {
    await keep(delivery, mended?.key);
  } catch (error) {
    console.info(`Not kept: ${error?.name}`);
    form.dataset.plain = "yes";
    part("problem").hidden = false;
    return;
  }
  mended = null;
  offer(body);
  fields.into.value = `lot/${body.lot}`;
  for (const name of ["gross", "goods", "price"]) fields[name].value = "";
  form.dispatchEvent(new Event("input"));
  fields.gross.focus();
  navigator.storage?.persist?.();
  await show();
}

// Puts what a kept delivery says back into the form; the next one takes its place.
function mend({ key, body }) {
  mended = { key };
  offer(body);
  fields.giver.value = body.giver;
  fields.into.value = `lot/${body.lot}`;
  fields.gross.value = type(body.gross);
  fields.tare.value = body.tare ? type(body.tare) : "";
  form.dispatchEvent(new Event("input"));
  form.scrollIntoView();
  fields.gross.focus();
}

function row(delivery) {
  const { state, at, who, body, why } = delivery;
  const made = page.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
  const clock = new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const texts = { who: `${clock}, ${who}`, lot: body.lot, gross: say(body.gross), tare: say(body.tare), net: say(body.gross - body.tare), why: why ?? "" };
  for (const [name, text] of Object.entries(texts)) made.querySelector(`[data-fill=${name}]`).textContent = text;
  for (const one of made.querySelectorAll("[data-state]")) if (one.dataset.state !== state) one.remove();
  for (const button of made.querySelectorAll("button")) {
    if (["waiting", "refused"].includes(state)) button.addEventListener("click", () => act(button.value, delivery));
    else button.remove();
  }
  return made;
}

async function act(what, delivery) {
  if (what === "mend") return mend(delivery);
  if (confirm(words.drop) && !(await drop(delivery.key, ["waiting", "refused"]))) alert(words.late);
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
  bar.querySelector("[data-fill]").textContent = fill(words.kept, { net: say(held.body.gross - held.body.tare), who: held.who, lot: held.body.lot });
  const tick = () => { bar.querySelector("[data-seconds]").textContent = `(${Math.ceil(heldFor(held) / 1000)} s)`; };
  tick();
  ticking = setInterval(tick, 1000);
}

async function show() {
  const all = await deliveries(person);
  const onPage = new Set([...page.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
  const here = all.filter((one) => one.path === page.dataset.path && !(one.state === "there" && onPage.has(one.key)));
  for (const one of here) if (one.state !== "refused") offer(one.body);
  part("kept").replaceChildren(...here.filter((one) => !onPage.has(one.key)).reverse().map(row));
  part("table").hidden = !page.querySelector("[data-table] tbody tr");
  const waiting = all.filter((one) => ["waiting", "sending"].includes(one.state));
  const refused = all.filter((one) => one.state === "refused");
  count(all, here, onPage);
  part("send").hidden = !waiting.length;
  part("refused").hidden = !refused.length;
  part("refused").querySelector("[data-fill]").textContent = fill(words.refused, { n: refused.length });
  part("sign-in").hidden = !waiting.length || outcome !== "sign-in";
  part("offline").hidden = !waiting.length || outcome !== "offline";
  showUndo(waiting.filter((one) => one.state === "waiting" && heldFor(one)).at(-1));
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
  fields.csrfmiddlewaretoken.value = fresh.querySelector("[data-scale] [name=csrfmiddlewaretoken]").value;
  const onPage = new Set([...page.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
  for (const one of all) if (onPage.has(one.key) || Date.now() - one.at > 24 * 3600_000) await drop(one.key, ["there"]);
}

const tryRefresh = (all) => refresh(all).catch((error) => console.info(`Not refreshed: ${error.message}`));

const keepPage = async (answer) => (await caches.open(PAGES)).put(page.dataset.page, answer);

// Pages that were kept for somebody else are nobody's business here.
async function install() {
  if (!navigator.serviceWorker) return;
  if (localStorage.getItem(PAGES) !== person) await caches.delete(PAGES);
  localStorage.setItem(PAGES, person);
  await navigator.serviceWorker.register(page.dataset.worker, { scope: page.dataset.scope });
  if (navigator.onLine) await deviceKey(person, token()); // while somebody is signed in
  const isKept = await (await caches.open(PAGES)).match(page.dataset.page, { ignoreVary: true });
  if (navigator.onLine && !(isKept && navigator.serviceWorker.controller)) {
    const answer = await fetch(page.dataset.page);
    if (answer.ok && !answer.redirected) await keepPage(answer);
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

const canKeep = window.isSecureContext && window.indexedDB && crypto.subtle && navigator.locks && window.BroadcastChannel;

if (canKeep) {
  form.noValidate = true;
  form.addEventListener("submit", enter);
  form.addEventListener("input", () => { for (const field of fields) field.setCustomValidity?.(""); });
  part("undo").addEventListener("click", async ({ target }) => {
    if (target.closest("button") && !(await drop(part("undo").dataset.held, ["waiting"]))) alert(words.late);
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
