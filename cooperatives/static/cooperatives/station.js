// Makes the scale work without a network: what is entered is kept on this phone at once, shown until the server has it,
// and sent as soon as it can be. Where a browser cannot do that, the form is sent as it always was.
import { chooseGiver, giver } from "./givers.js";
import { begin, canKeep, clock, complain, enter, fields, fill, form, page, part, show, words } from "./phone.js";
import { grams, read, say, type } from "./weight.js";

const lots = JSON.parse(page.dataset.lots);
let place = null; // where this phone is, while somebody wants it kept
let watched;

// Asked only once somebody ticks it; a delivery never waits for it.
function watch() {
  navigator.geolocation.clearWatch(watched);
  place = null;
  part("lost").hidden = true;
  if (!fields.here.checked) return;
  watched = navigator.geolocation.watchPosition(
    ({ coords }) => {
      place = [coords.longitude, coords.latitude].map((degrees) => Number(degrees.toFixed(6)));
      part("lost").hidden = true;
    },
    () => { part("lost").hidden = Boolean(place); },
    { enableHighAccuracy: true, maximumAge: 60_000 },
  );
}

// What the form says as a delivery, or the field that is wrong and why.
function readForm() {
  const into = fields.into.value;
  const isNew = !into.startsWith("lot/");
  const lot = lots[into.slice(4)];
  const goods = isNew ? into.slice(4).trim() || fields.goods.value.trim() : lot.goods;
  const gross = grams(fields.gross.value);
  const tare = fields.tare.value.trim() ? grams(fields.tare.value) : 0;
  const price = fields.price.value.trim() ? read(fields.price.value, Number(page.dataset.exponent)) : 0;
  const who = giver();
  if (!who) return { wrong: fields.giver, why: words.who };
  if (!goods) return { wrong: fields.goods, why: words.goods };
  if (gross === null) return { wrong: fields.gross, why: words.weight };
  if (tare === null) return { wrong: fields.tare, why: words.weight };
  if (price === null) return { wrong: fields.price, why: words.price };
  if (gross <= tare) return { wrong: fields.gross, why: words.nothing };
  const code = isNew ? newCode(goods) : into.slice(4);
  const body = { giver: who.address, goods, unit: "g", gross, tare, hub: isNew ? fields.hub.value : lot.hub, lot: code };
  if (price) body.kilo_price = price;
  if (fields.grade.value.trim()) body.grade = fields.grade.value.trim();
  if (fields.here.checked && place) body.position = place;
  return { body, who: who.name };
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

async function record(event) {
  if (form.dataset.plain) return; // the phone could not keep it: now the server must
  event.preventDefault();
  const { wrong, why, body, who } = readForm();
  if (wrong) return complain(wrong, why);
  if (!(await enter({ who, body }))) return;
  offer(body);
  fields.into.value = `lot/${body.lot}`;
  for (const name of ["gross", "goods", "price", "grade"]) fields[name].value = "";
  form.dispatchEvent(new Event("input"));
  fields.gross.focus();
  await show();
}

// Puts what a kept delivery says back into the form; the next one takes its place.
function mend({ who, body }) {
  offer(body);
  chooseGiver(body.giver, who);
  fields.into.value = `lot/${body.lot}`;
  fields.gross.value = type(body.gross);
  fields.tare.value = body.tare ? type(body.tare) : "";
  fields.grade.value = body.grade ?? "";
  fields.gross.focus();
}

const net = ({ body }) => say(body.gross - body.tare);

if (canKeep) {
  form.addEventListener("submit", record);
  if (navigator.geolocation) {
    part("position").hidden = false;
    fields.here.addEventListener("change", watch);
  }
  begin({
    mend,
    texts: (one) => ({ who: `${clock(one.at)}, ${one.who}`, lot: [one.body.lot, one.body.grade].filter(Boolean).join(", "), gross: say(one.body.gross), tare: say(one.body.tare), net: net(one) }),
    kept: (one) => fill(words.kept, { net: net(one), who: one.who, lot: one.body.lot }),
    onShow: (here) => { for (const one of here) if (one.state !== "refused") offer(one.body); },
  });
}
