// Lets a page check its own record against the signed log and against what this device saw of the log before.
import { base64, bytes, isConsistent, isIncluded, leafHash, readCheckpoint, readKey, readReceipt } from "./log.js";
import { showWitnessed } from "./witnessed.js";

const KEPT = "rennet-log"; // what this device remembers: the log's key, and the size and root it saw last

async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer.text();
}

async function check({ index, text, receipt, key, consistency }) {
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
  const vkey = (await read(key)).trim();
  if (kept && kept.key !== vkey) return ["past"];
  const said = readReceipt(await read(receipt));
  const head = await readCheckpoint(said.checkpoint, await readKey(vkey));
  if (!head || said.index !== Number(index)) return ["disagrees"];
  if (!(await isIncluded(said.index, head.size, await leafHash(text), said.proof, head.root))) return ["disagrees"];
  if (kept) {
    const [first, second] = kept.size <= head.size ? [kept, head] : [head, kept];
    const roots = [first, second].map(({ root }) => (typeof root === "string" ? bytes(root) : root));
    const proof = await read(consistency.replace("/0/0", `/${first.size}/${second.size}`)).catch(() => null);
    const hashes = proof === null ? [] : proof.split("\n").filter(Boolean).map(bytes);
    if (proof === null || !(await isConsistent(first.size, second.size, ...roots, hashes))) return ["past"];
  }
  if (!kept || head.size > kept.size) localStorage.setItem(KEPT, JSON.stringify({ key: vkey, size: head.size, root: base64(head.root) }));
  return [kept ? "again" : "first", head];
}

for (const place of document.querySelectorAll("[data-check]")) {
  // Where the browser has no such cryptography, or the network fails, the page goes on saying that it is not checked.
  check(place.dataset).then(
    ([found, head]) => {
      for (const state of place.querySelectorAll("[data-state]")) state.hidden = state.dataset.state !== found;
      place.dataset.checked = found;
      // What witnesses signed is looked at where all else holds, and is told by the same head.
      for (const witnessed of head ? document.querySelectorAll("[data-quorum]") : []) showWitnessed(witnessed, head, Number(place.dataset.index));
    },
    (error) => {
      place.dataset.checked = "not-checked";
      console.info(`Not checked: ${error.message}`);
    },
  );
}
