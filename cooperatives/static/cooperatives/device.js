// The key of this phone: made here, where no script can read it out, and known to the server by its public half.
// What it signs is an HTTP message signature (RFC 9421) over method, host, path and body.
import { dropKey, keepKey, keyOf } from "./kept.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const utf8 = new TextEncoder();
const base64 = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw)));
const hex = (raw) => [...new Uint8Array(raw)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

let ahead = null; // ms that this phone's clock is ahead of the server's; null until it was asked

export class Unknown extends Error {} // nobody is signed in, so that no key can be enrolled

const name = () => [navigator.userAgentData?.platform ?? navigator.platform, navigator.userAgentData?.brands?.at(-1)?.brand]
  .filter(Boolean).join(", ").slice(0, 60);

// The clock's difference, which also tells whether the server can be reached; throws where it cannot.
export async function clock() {
  if (ahead !== null) return ahead;
  const before = Date.now();
  const answer = await fetch("/healthz/live", { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(10_000) });
  const said = Date.parse(answer.headers.get("Date"));
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  if (Number.isNaN(said)) return 0;
  ahead = (before + Date.now()) / 2 - said - 500; // a header tells whole seconds, so half a second has passed
  return ahead;
}

async function enrol(person, token) {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  const answer = await fetch("/api/1/devices", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ public_key: hex(raw), name: name() }),
    signal: AbortSignal.timeout(20_000),
  });
  if ([401, 403].includes(answer.status)) throw new Unknown();
  if (answer.status !== 201) throw new Error(`the server answers ${answer.status}`);
  const key = { person, id: hex(await crypto.subtle.digest("SHA-256", raw)), secret: pair.privateKey };
  await keepKey(key);
  return key;
}

// The key of a person on this phone; made and enrolled where there is none. `token` is that of a page of a session.
export const deviceKey = async (person, token) => (await keyOf(person)) ?? enrol(person, token);

export async function signed(key, method, path, body = "") {
  const digest = `sha-256=:${base64(await crypto.subtle.digest("SHA-256", utf8.encode(body)))}:`;
  const created = Math.floor((Date.now() - (ahead ?? 0)) / 1000);
  const params = `("@method" "@authority" "@path" "content-digest");created=${created};keyid="${key.id}"`;
  const base = [
    `"@method": ${method}`, `"@authority": ${location.host}`, `"@path": ${path}`, `"content-digest": ${digest}`,
    `"@signature-params": ${params}`,
  ].join("\n");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.secret, utf8.encode(base));
  return {
    "Content-Digest": digest, "Signature-Input": `phone=${params}`, "Signature": `phone=:${base64(signature)}:`,
  };
}

// The server said how far apart the clocks are.
export const setClock = (seconds) => { ahead = (ahead ?? 0) + seconds * 1000; };

// At the end of a session: the key is revoked, if the server can be reached, and gone from here in any case.
export async function forget(person) {
  const key = await keyOf(person);
  if (!key) return;
  try {
    const path = "/api/1/devices/this";
    await clock();
    await fetch(path, { method: "DELETE", credentials: "omit", headers: await signed(key, "DELETE", path), signal: AbortSignal.timeout(5000) });
  } finally {
    await dropKey(person);
  }
}
