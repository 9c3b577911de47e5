// What this device remembers of the log (its key, and the size and root it saw last), and whether the log goes on from it.
import { base64, bytes, isConsistent, readCheckpoint, readKey } from "./log.js";

const KEPT = "rennet-log";

export async function read(address, how = "text") {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer[how]();
}

// The head of a signed checkpoint, once `proves` has held the page against it. Answers what was found, and the head:
// "first" or "again" where all holds, "disagrees" where the page does not, "past" where the log is another than before.
export async function against({ key, consistency }, note, proves) {
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
  const vkey = (await read(key)).trim();
  if (kept && kept.key !== vkey) return { state: "past" };
  const head = await readCheckpoint(note, await readKey(vkey));
  if (!head || !(await proves(head))) return { state: "disagrees" };
  if (kept) {
    const [first, second] = kept.size <= head.size ? [kept, head] : [head, kept];
    const roots = [first, second].map(({ root }) => (typeof root === "string" ? bytes(root) : root));
    const proof = await read(consistency.replace("/0/0", `/${first.size}/${second.size}`)).catch(() => null);
    const hashes = proof === null ? [] : proof.split("\n").filter(Boolean).map(bytes);
    if (proof === null || !(await isConsistent(first.size, second.size, ...roots, hashes))) return { state: "past" };
  }
  if (!kept || head.size > kept.size) localStorage.setItem(KEPT, JSON.stringify({ key: vkey, size: head.size, root: base64(head.root) }));
  return { state: kept ? "again" : "first", head };
}
