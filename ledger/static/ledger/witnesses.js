// Lets the page of the witnesses check by itself what they signed, against the checkpoint that the log publishes now.
import { readCheckpoint, readKey } from "./log.js";
import { showWitnessed } from "./witnessed.js";

const read = async (address) => (await fetch(address)).text();

for (const place of document.querySelectorAll("[data-quorum]")) {
  const { key, checkpoint } = place.dataset;
  const head = await readCheckpoint(await read(checkpoint), await readKey(await read(key)));
  if (head) await showWitnessed(place, head);
}
