// Tools and energy that a process took: kept on this phone, network or not, and sent as deliveries and hours are.
import { begin, canKeep, clock, complain, enter, fields, fill, form, page, part, show, words } from "./phone.js";
import { read, type } from "./weight.js";

const language = document.documentElement.lang;
const said = (name) => fields[name].selectedOptions[0]?.text ?? "";
const NEW = "new"; // a tool that has no name here yet
const isTool = (what = fields.what.value) => what === NEW || what.startsWith("tool/");
const kilowattHours = (n) => `${(n / 1000).toLocaleString(language, { maximumFractionDigits: 3 })} kWh`;
const long = (minutes) => [Math.floor(minutes / 60) && `${Math.floor(minutes / 60).toLocaleString(language)} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
const much = ({ body }) => (body.minutes ? long(body.minutes) : kilowattHours(body.watt_hours));

// Only what belongs to what was chosen is asked for.
function ask() {
  const what = fields.what.value;
  for (const one of form.querySelectorAll("[data-of]")) one.hidden = one.dataset.of !== (isTool(what) ? "tool" : "energy") && one.dataset.of !== what;
}

// What the form says as an entry, or the field that is wrong and why.
function readForm() {
  const body = { process: fields.process.value };
  if (!body.process) return { wrong: fields.process, why: words.process };
  if (isTool()) {
    const [hours, rest] = ["hours", "minutes"].map((name) => Number(fields[name].value || 0));
    if (!Number.isInteger(hours) || hours < 0 || hours > 700) return { wrong: fields.hours, why: words.minutes };
    if (!Number.isInteger(rest) || rest < 0 || rest > 59 || !(hours + rest)) return { wrong: fields.minutes, why: words.minutes };
    body.minutes = hours * 60 + rest;
    if (fields.what.value !== NEW) return { body: { ...body, tool: fields.what.value.slice(5) } };
    const named = fields.name.value.trim();
    return named ? { body: { ...body, named } } : { wrong: fields.name, why: words.name };
  }
  const watt_hours = read(fields.quantity.value, 3);
  if (!watt_hours) return { wrong: fields.quantity, why: words.energy };
  const [source, origin = ""] = fields.what.value.split("/");
  if (source === "bought" && !fields.supplier.value.trim()) return { wrong: fields.supplier, why: words.supplier };
  return { body: { ...body, source, origin: origin || (source === "bought" ? fields.supplier.value.trim() : ""), watt_hours } };
}

async function record(event) {
  if (form.dataset.plain) return; // the phone could not keep it: now the server must
  event.preventDefault();
  const { wrong, why, body } = readForm();
  if (wrong) return complain(wrong, why);
  if (!(await enter({ what: body.named ?? said("what"), process: said("process"), body }))) return;
  for (const name of ["hours", "minutes", "quantity"]) fields[name].value = "";
  await show();
}

// Puts what was kept back into the form, to be typed anew; the next one takes its place.
function mend({ body }) {
  const known = (value) => [...fields.what.options].some((one) => one.value === value);
  const made = `${body.source}/${body.origin}`;
  fields.process.value = body.process;
  fields.what.value = body.named ? NEW : body.tool ? `tool/${body.tool}` : known(made) ? made : body.source;
  fields.name.value = body.named ?? "";
  if (body.minutes) {
    fields.hours.value = Math.floor(body.minutes / 60);
    fields.minutes.value = body.minutes % 60;
  } else {
    fields.quantity.value = type(body.watt_hours);
    fields.supplier.value = body.source === "bought" ? body.origin : "";
  }
  ask();
  (body.minutes ? fields.minutes : fields.quantity).focus();
}

form.addEventListener("change", ask);
ask();
if (canKeep) {
  form.addEventListener("submit", record);
  begin({
    mend,
    texts: (one) => ({ what: `${clock(one.at)}, ${one.what}`, process: one.process, much: much(one) }),
    kept: (one) => fill(words.kept, { much: much(one), what: one.what, process: one.process }),
  });
}
