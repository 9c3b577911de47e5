// Lets a page check its record, or the entries it was drawn from, against the signed log and what this device saw of it.
import { against, read } from "./device.js";
import { bytes, isIncluded, leafHash, readReceipt } from "./log.js";
import { showWitnessed } from "./witnessed.js";

// A page of one record carries its text, and asks for its receipt.
async function checkRecord({ index, text, receipt, ...log }) {
  const said = readReceipt(await read(receipt));
  const isIn = async ({ size, root }) => said.index === Number(index) && isIncluded(said.index, size, await leafHash(text), said.proof, root);
  return { ...(await against(log, said.checkpoint, isIn)), index: Number(index) };
}

// A page of many entries carries the hash of each. Those that the log does not hold are marked.
async function checkEntries(place) {
  const { sealed, proofs, ...log } = place.dataset;
  const rows = sealed.split(" ").map((row) => row.split(":"));
  const said = await read(`${proofs}?records=${rows.map(([index]) => index)}`, "json");
  const hashes = said.hashes.map(bytes);
  const isIn = async ({ size, root }) => {
    const wrong = [];
    for (const [index, leaf] of rows) {
      const proof = said.proofs[index]?.map((at) => hashes[at]);
      if (!proof || !(await isIncluded(Number(index), size, bytes(leaf), proof, root))) wrong.push(index);
    }
    for (const index of wrong) place.querySelector(`[data-index="${index}"]`)?.prepend("✗ ");
    for (const more of wrong.length ? place.querySelectorAll("details") : []) more.open = true;
    return !wrong.length;
  };
  return { ...(await against(log, said.checkpoint, isIn)), index: Math.max(...rows.map(([index]) => Number(index))) };
}

async function show(place, checking) {
  try {
    const { state, head, index } = await checking;
    for (const line of place.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== state;
    place.dataset.checked = state;
    // What witnesses signed is looked at where all else holds, and is told by the same head.
    for (const witnessed of head ? document.querySelectorAll("[data-quorum]") : []) showWitnessed(witnessed, head, index);
  } catch (error) {
    // Where the browser has no such cryptography, or the network fails, the page goes on saying that it is not checked.
    place.dataset.checked = "not-checked";
    console.info(`Not checked: ${error.message}`);
  }
}

for (const place of document.querySelectorAll("[data-check]")) show(place, checkRecord(place.dataset));
for (const place of document.querySelectorAll("[data-sealed]")) show(place, checkEntries(place));
