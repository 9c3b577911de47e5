// The members' quorum as a browser checks it: the roster's keys, who signed, and one signature for all of them.
import { bls12_381 } from "../noble/bls12-381.js";

const NAME = "rennet-members/v1";
const POSSESS = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const SIGN = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const Y_SIGN = 0x20; // the bit of a key that tells it from its inverse
const SIGNATURE = 96;

const utf8 = new TextEncoder();
const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const base64 = (raw) => btoa(String.fromCharCode(...raw));
const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function require(holds, why) {
  if (!holds) throw new Error(why);
}

const sha256 = async (raw) => new Uint8Array(await crypto.subtle.digest("SHA-256", raw));

// A key's point: on the curve, in the subgroup, and not the identity.
function keyPoint(key) {
  require(key.length === 48, "a key has another length");
  const point = bls12_381.G1.Point.fromBytes(key);
  point.assertValidity();
  return point;
}

function isSigned(key, message, signature, suite) {
  const { longSignatures: bls } = bls12_381;
  const point = bls.Signature.fromBytes(signature);
  point.assertValidity();
  return bls.verify(point, bls.hash(message, suite), key);
}

// Who may witness, as a leaf of the log says it. Proving that each key's secret is known takes a while; where `isKnown`,
// this device has done it before for this very roster.
export async function readRoster(leaf, isKnown = false) {
  const { type, kind, id, body } = JSON.parse(leaf);
  require(type === "document" && kind === "roster" && id === "members", "this is no roster");
  const rows = body.witnesses.map(([owner, key, proof]) => ({ owner, key: hex(key), proof: hex(proof) }));
  const { quorum, dishonest } = body;
  require(rows.length && quorum <= rows.length && dishonest >= 0, "more must sign than there are witnesses");
  require(2 * quorum >= rows.length + dishonest + 1, "so few witnesses are no quorum");
  require(new Set(rows.map(({ owner }) => owner)).size === rows.length, "a witness stands in the roster twice");
  const either = rows.map(({ key }) => [key[0] & ~Y_SIGN, ...key.slice(1)].join());
  require(new Set(either).size === rows.length, "a key, or its inverse, stands in the roster twice");
  if (!isKnown) {
    for (const { owner, key, proof } of rows) require(isSigned(keyPoint(key), key, proof, POSSESS), `${owner} does not prove its key`);
  }
  return { rows, quorum, dishonest, digest: await sha256(utf8.encode(leaf)) };
}

// The names of those who signed a checkpoint: its text, and the line `— <origin>/members <base64>` under it.
export async function signersOf(roster, origin, text, line) {
  const name = `${origin}/members`;
  const [dash, said, encoded, ...more] = line.split(" ");
  require(dash === "—" && said === name && encoded && !more.length, "the line is another's");
  const raw = bytes(encoded);
  const id = await sha256(Uint8Array.of(...utf8.encode(`${name}\n`), 0xff, ...utf8.encode(NAME), ...roster.digest));
  require(id.slice(0, 4).every((byte, at) => byte === raw[at]), "the line is of another roster");
  const wide = Math.ceil(roster.rows.length / 8);
  require(raw.length === 4 + wide + SIGNATURE, "the line has another length");
  const signed = (at) => (raw[4 + (at >> 3)] >> (at & 7)) & 1;
  for (let at = roster.rows.length; at < 8 * wide; at += 1) require(!signed(at), "it counts witnesses that are not there");
  const signing = roster.rows.filter((_, at) => signed(at));
  require(signing.length >= roster.quorum, `only ${signing.length} of ${roster.quorum} signed`);
  const together = signing.map(({ key }) => keyPoint(key)).reduce((sum, point) => sum.add(point));
  const message = utf8.encode(`${NAME}\nroster ${base64(roster.digest)}\n${text}`);
  together.assertValidity();
  require(isSigned(together, message, raw.slice(4 + wide), SIGN), "the signature is false");
  return signing.map(({ owner }) => owner);
}
