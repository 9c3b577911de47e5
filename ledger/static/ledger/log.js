// The log as a browser checks it: hashes (RFC 6962), signed notes and receipts (C2SP), with the browser's own cryptography.
const utf8 = new TextEncoder();

export const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
export const base64 = (raw) => btoa(String.fromCharCode(...raw));

const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

async function hash(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

export const leafHash = (text) => hash([0], utf8.encode(text));
const nodeHash = (left, right) => hash([1], left, right);

// Sizes may pass 2^32, where JavaScript's own shifts end.
const half = (n) => Math.floor(n / 2);
const isOdd = (n) => n % 2 === 1;

export async function isIncluded(index, size, leaf, proof, root) {
  if (!(index >= 0 && index < size) || proof.some((found) => found.length !== 32)) return false;
  let [at, last, node] = [index, size - 1, leaf];
  for (const found of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      node = await nodeHash(found, node);
      while (!isOdd(at) && at) [at, last] = [half(at), half(last)];
    } else node = await nodeHash(node, found);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(node, root);
}

export async function isConsistent(first, second, firstRoot, secondRoot, proof) {
  if (!(first > 0 && first <= second) || proof.some((found) => found.length !== 32)) return false;
  if (first === second) return !proof.length && same(firstRoot, secondRoot);
  const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
  if (!path.length) return false;
  let [at, last] = [first - 1, second - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  let [older, newer] = [path[0], path[0]];
  for (const found of path.slice(1)) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      [older, newer] = [await nodeHash(found, older), await nodeHash(found, newer)];
      while (!isOdd(at) && at) [at, last] = [half(at), half(last)];
    } else newer = await nodeHash(newer, found);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(older, firstRoot) && same(newer, secondRoot);
}

// The name, id and public key in a `name+id+base64`.
export async function readKey(text) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const raw = encoded ? bytes(encoded) : [];
  if (raw.length !== 33 || raw[0] !== 1) throw new Error("this is no key of a log");
  const digest = await hash(utf8.encode(`${name}\n`), raw);
  if ([...digest.slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== id) throw new Error("the key's id is another");
  return { name, id: digest.slice(0, 4), raw: raw.slice(1) };
}

// The size and root of a checkpoint that the log signed; null where it did not.
export async function readCheckpoint(note, key) {
  const gap = note.lastIndexOf("\n\n");
  const text = note.slice(0, gap + 1);
  const lines = note.slice(gap + 2).split("\n").filter(Boolean).map((line) => line.split(" "));
  const ours = lines.filter(([dash, name, signed]) => dash === "—" && name === key.name && same(bytes(signed).slice(0, 4), key.id));
  const said = text.split("\n");
  if (gap < 0 || ours.length !== 1 || said.length !== 4 || said[0] !== key.name || !/^(0|[1-9]\d{0,14})$/.test(said[1])) return null;
  const known = await crypto.subtle.importKey("raw", key.raw, "Ed25519", false, ["verify"]);
  const holds = await crypto.subtle.verify("Ed25519", known, bytes(ours[0][2]).slice(4), utf8.encode(text));
  return holds ? { size: Number(said[1]), root: bytes(said[2]) } : null;
}

export function readReceipt(text) {
  const gap = text.indexOf("\n\n");
  const lines = text.slice(0, gap).split("\n").filter((line) => !line.startsWith("extra "));
  if (gap < 0 || lines[0] !== "c2sp.org/tlog-proof@v1") throw new Error("this is no receipt");
  return { index: Number(lines[1].slice(6)), proof: lines.slice(2).map(bytes), checkpoint: text.slice(gap + 2) };
}
