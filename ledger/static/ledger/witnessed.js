// Checks the newest checkpoint that a quorum of witnesses signed: that it is this log's, that the roster stands in it, that
// it belongs to the past this device knows, that enough of the roster signed, and that the roster this device saw last
// handed over to it.
import { base64, bytes, isConsistent, isIncluded, leafHash, readCheckpoint, readKey } from "./log.js";

const ROSTERS = "rennet-rosters"; // digests of the rosters whose keys this device has checked, the newest last

// Something does not hold; any other error means only that it could not be looked at.
class Wrong extends Error {}

class Unread extends Error {}

async function read(address, how = "text") {
  const answer = await fetch(address).catch((error) => ({ status: error.message }));
  if (!answer.ok) throw new Unread(`${address} answers ${answer.status}`);
  return answer[how]();
}

const known = () => JSON.parse(localStorage.getItem(ROSTERS) ?? "[]");

const digest = async (leaf) => base64(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(leaf))));
const textOf = (note) => note.slice(0, note.lastIndexOf("\n\n") + 1);

async function isPastOf({ consistency, head }, { size, root }) {
  const [first, second] = size <= head.size ? [{ size, root }, head] : [head, { size, root }];
  const proof = await read(consistency.replace("/0/0", `/${first.size}/${second.size}`));
  return isConsistent(first.size, second.size, first.root, second.root, proof.split("\n").filter(Boolean).map(bytes));
}

// Asks about quorums in a worker, which whoever began it must end. No worker, or one that breaks, means that it could not
// be looked at; an answer that refuses means that something does not hold.
function beginWorker() {
  if (!window.Worker) throw new Unread("this browser has no workers");
  const worker = new Worker(new URL("./quorum_worker.js", import.meta.url), { type: "module" });
  const ask = (question) => new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => ("refused" in data ? reject(new Wrong(data.refused)) : resolve(data));
    broken.catch(reject);
    worker.postMessage(question, [port2]);
  });
  const broken = new Promise((_, reject) => {
    worker.onerror = () => reject(new Unread("the worker does not work"));
  });
  return { ask, end: () => worker.terminate() };
}

// From the roster that this device saw last to the one of that name: each was handed over to by a quorum of the one before.
async function followHandOvers(steps, name, { key, consistency, head, rosters, ask }) {
  let now = rosters.at(-1);
  for (const step of steps) {
    if (now === name || (await digest(step.before)) !== now) continue;
    const [, size, root] = step.note.split("\n");
    const signed = { size: Number(size), root: bytes(root) };
    await ask(questionOf(step.before, rosters.includes(now), key.name, step.note));
    const isIn = await isIncluded(step.index, signed.size, await leafHash(step.roster), step.proof.map(bytes), signed.root);
    if (!isIn || !(await isPastOf({ consistency, head }, signed))) throw new Wrong("the new list of witnesses is not in what was signed");
    now = await digest(step.roster);
  }
  if (now !== name) throw new Wrong("no quorum of the witnesses before handed over to these");
}

const questionOf = (leaf, isKnown, origin, note) => (
  { leaf, isKnown, origin, text: textOf(note), line: lineOf(note, `${origin}/members`) }
);

function lineOf(note, name) {
  const found = note.slice(note.lastIndexOf("\n\n") + 2).split("\n").filter((line) => line.startsWith(`— ${name} `));
  if (found.length !== 1) throw new Wrong("the witnesses' line is missing");
  return found[0];
}

// `head` is a size and root of the log that this device holds to be true. Answers how many signed, of how many, at what
// size; null while no quorum signed anything. Throws where something does not hold.
async function checkWitnessed({ quorum, key, consistency }, head) {
  const said = await read(quorum, "json");
  if (said.note === null) return null;
  const vkey = await readKey(await read(key));
  const signed = await readCheckpoint(said.note, vkey);
  if (!signed) throw new Wrong("the log did not sign the witnessed checkpoint");
  if (!(await isIncluded(said.index, signed.size, await leafHash(said.roster), said.proof.map(bytes), signed.root))) {
    throw new Wrong("the roster does not stand in the log");
  }
  if (!(await isPastOf({ consistency, head }, signed))) throw new Wrong("what the witnesses signed is another past");
  const rosters = known();
  const name = await digest(said.roster);
  // Only now: a page without witnesses need not load the 26 kB of the curve.
  const { ask, end } = beginWorker();
  let counted;
  try {
    if (rosters.length) await followHandOvers(said.hand_overs, name, { key: vkey, consistency, head, rosters, ask });
    counted = await ask(questionOf(said.roster, rosters.includes(name), vkey.name, said.note));
  } catch (error) {
    throw error instanceof Unread ? error : new Wrong(error.message);
  } finally {
    end();
  }
  const isNew = rosters.length > 0 && rosters.at(-1) !== name;
  if (rosters.at(-1) !== name) localStorage.setItem(ROSTERS, JSON.stringify([...rosters.filter((other) => other !== name), name]));
  return { ...counted, size: signed.size, isNew };
}

// Shows in `place` what a check found: one of its sentences, with the numbers filled in. `index` is the record that the
// page is about, if it is about one.
export async function showWitnessed(place, head, index = -1) {
  const [found, why] = await checkWitnessed(place.dataset, head).then((said) => [said, null], (error) => [null, error]);
  if (why && !(why instanceof Wrong)) {
    place.dataset.witnessed = "not-checked"; // as the page says already
    return console.info(`Witnesses not checked: ${why.message}`);
  }
  const state = why ? "wrong" : found === null ? "none" : found.size <= index ? "later" : "signed";
  for (const line of place.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== state;
  for (const spot of place.querySelectorAll("[data-fill]")) spot.textContent = Number(found?.[spot.dataset.fill] ?? 0).toLocaleString(document.documentElement.lang);
  for (const line of place.querySelectorAll("[data-new]")) line.hidden = !found?.isNew;
  place.dataset.witnessed = state;
}
