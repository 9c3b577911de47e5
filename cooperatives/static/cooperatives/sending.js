// Sends what waits, one delivery after another, each until the server has said that it has it or why not.
// A reply may be lost: the same key and the same letters are sent again, and the server answers the same.
import { clock, deviceKey, setClock, signed, Unknown } from "./device.js";
import { change, deliveries, dropKey } from "./kept.js";

export const HOLD = 10_000; // ms in which a thumb can take back what was entered
const LANGUAGE = document.documentElement.lang;

// How long a delivery still stays here to be undone. A clock that was set back holds nothing.
export const heldFor = ({ at }) => (Date.now() < at ? 0 : Math.max(0, at + HOLD - Date.now()));

// Throws what fetch throws where no answer came, and Unknown where somebody must sign in first.
async function post(delivery, person, token) {
  for (const isLast of [false, false, true]) {
    const key = await deviceKey(person, token);
    const answer = await fetch(delivery.path, {
      method: "POST",
      credentials: "omit",
      keepalive: true,
      headers: { ...(await signed(key, "POST", delivery.path, delivery.sent)), "Content-Type": "application/json", "Accept-Language": LANGUAGE },
      body: delivery.sent,
      signal: AbortSignal.timeout(20_000),
    });
    const said = await answer.json().catch(() => ({}));
    if (answer.status !== 401 || isLast) return { status: answer.status, said };
    if (said.code === "ClocksApart") setClock(said.facts.seconds);
    else await dropKey(person);
  }
}

async function sendOne(delivery, person, token) {
  const ahead = await clock();
  const sent = delivery.sent ?? JSON.stringify({ ...delivery.body, key: delivery.key, at: new Date(delivery.at - ahead).toISOString() });
  const now = await change(delivery.key, ["waiting", "sending"], { state: "sending", sent });
  if (!now) return true; // taken back meanwhile
  const { status, said } = await post(now, person, token);
  if (status === 201 && said.key === delivery.key) await change(delivery.key, ["sending"], { state: "there" });
  else if (status >= 400 && status < 500 && ![401, 429].includes(status) && said.code) {
    await change(delivery.key, ["sending"], { state: "refused", why: said.message });
  } else return false; // no answer of ours, or one that will be another later
  return true;
}

// Sends all of a person's deliveries that are not held any more, or all of them. Answers `done`, `offline`, `sign-in`, or
// `busy` where another page of this phone is at it.
export function send(person, token, { isHurried = false } = {}) {
  return navigator.locks.request("rennet-sending", { ifAvailable: true }, async (lock) => {
    if (!lock) return "busy";
    const all = await deliveries(person);
    let outcome = "done";
    for (const one of all.filter((each) => ["waiting", "sending"].includes(each.state) && (isHurried || !heldFor(each)))) {
      if (!navigator.onLine) return "offline";
      try {
        if (!(await sendOne(one, person, token))) outcome = "offline";
      } catch (error) {
        if (error instanceof Unknown) return "sign-in";
        console.info(`Not sent: ${error.message}`);
        return "offline";
      }
    }
    return outcome;
  });
}
