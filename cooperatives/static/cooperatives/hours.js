// The timer: started and stopped on this phone, network or not. It outlives the page, since only its start is kept; what
// it measured has its key from the start, so that stopping twice counts once.
import { chooseGiver, giver } from "./givers.js";
import { begin, canKeep, clock, complain, enter, fields, fill, form, isKept, page, part, show, words } from "./phone.js";

const TIMER = `rennet-timer/${page.dataset.person}/${page.dataset.path}`;
const language = document.documentElement.lang;
const CHOICES = ["process", "kind"];
let ticking;

const running = () => JSON.parse(localStorage.getItem(TIMER) ?? "null");
const minutesOf = ({ at }) => Math.max(1, Math.round((Date.now() - at) / 60_000));
const long = (minutes) => [Math.floor(minutes / 60) && `${Math.floor(minutes / 60).toLocaleString(language)} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
const chosen = () => ({ worker: giver()?.address, ...Object.fromEntries(CHOICES.map((name) => [name, fields[name].value])) });
const said = (name) => fields[name].selectedOptions[0]?.text ?? "";

function tick() {
  const timer = running();
  const seconds = timer ? Math.max(0, Math.floor((Date.now() - timer.at) / 1000)) : 0;
  const two = (number) => String(number).padStart(2, "0");
  part("clock").textContent = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function showTimer() {
  const timer = running();
  clearInterval(ticking);
  part("start").hidden = Boolean(timer);
  part("stop").hidden = !timer;
  part("discard").hidden = !timer;
  part("since").textContent = timer ? fill(words.since, { time: clock(timer.at), what: timer.what }) : "";
  for (const name of CHOICES) fields[name].disabled = false;
  if (timer) {
    if (timer.who) chooseGiver(timer.worker, timer.who);
    for (const name of CHOICES) if ([...fields[name].options].some((one) => one.value === timer[name])) fields[name].value = timer[name];
    ticking = setInterval(tick, 1000);
  }
  tick();
}

function start() {
  if (!giver()) return complain(fields.worker, words.who);
  if (!fields.process.value) return complain(fields.process, words.process);
  if (!running()) localStorage.setItem(TIMER, JSON.stringify({ key: `phone/${crypto.randomUUID()}`, at: Date.now(), who: giver().name, what: said("process"), ...chosen() }));
  showTimer();
}

async function stop() {
  const timer = running();
  if (!timer) return showTimer();
  if (!giver()) return complain(fields.worker, words.who);
  // What was chosen last counts: one may see only at the end what one worked on.
  const minutes = minutesOf(timer);
  if (!(await enter({ key: timer.key, timer, who: giver().name, what: said("process"), body: { ...chosen(), minutes } }))) {
    fields.hours.value = Math.floor(minutes / 60);
    fields.minutes.value = minutes % 60;
    part("by-hand").open = true;
  }
  localStorage.removeItem(TIMER);
  showTimer();
  await show();
}

async function record(event) {
  if (form.dataset.plain) return; // the phone could not keep it: now the server must
  event.preventDefault();
  const [hours, rest] = ["hours", "minutes"].map((name) => Number(fields[name].value || 0));
  const minutes = hours * 60 + rest;
  if (!giver()) return complain(fields.worker, words.who);
  if (!fields.process.value) return complain(fields.process, words.process);
  if (!Number.isInteger(hours) || hours < 0 || hours > 200) return complain(fields.hours, words.minutes);
  if (!Number.isInteger(rest) || rest < 0 || rest > 59 || !minutes) return complain(fields.minutes, words.minutes);
  if (!(await enter({ who: giver().name, what: said("process"), body: { ...chosen(), minutes } }))) return;
  fields.hours.value = fields.minutes.value = "";
  await show();
}

// Puts what was kept back into the form, to be typed anew; the next one takes its place.
function mend({ who, body }) {
  chooseGiver(body.worker, who);
  for (const name of CHOICES) fields[name].value = body[name];
  fields.hours.value = Math.floor(body.minutes / 60);
  fields.minutes.value = body.minutes % 60;
  part("by-hand").open = true;
  fields.minutes.focus();
}

if (canKeep) {
  part("timer").hidden = false;
  part("by-hand").open = Boolean(form.querySelector(".wrong-text:not([data-problem])"));
  form.addEventListener("submit", record);
  part("start").addEventListener("click", start);
  part("stop").addEventListener("click", stop);
  part("discard").addEventListener("click", () => {
    if (confirm(words.discard)) localStorage.removeItem(TIMER);
    showTimer();
  });
  addEventListener("storage", ({ key }) => { if (key === TIMER || key === null) showTimer(); });
  begin({
    mend,
    texts: ({ at, who, what, body }) => ({ who: `${clock(at)}, ${who}`, what, time: long(body.minutes) }),
    kept: ({ who, what, body }) => fill(words.kept, { time: long(body.minutes), who, what }),
    onUndo: (one) => {
      if (one?.timer && !running()) localStorage.setItem(TIMER, JSON.stringify(one.timer));
      showTimer();
    },
  });
  // Killed between keeping and forgetting: what is kept, or on the page, is no longer running.
  const timer = running();
  if (timer && ((await isKept(timer.key)) || page.querySelector(`[data-key="${timer.key}"]`))) localStorage.removeItem(TIMER);
  showTimer();
}
