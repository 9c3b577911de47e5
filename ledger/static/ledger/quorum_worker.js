// Checks quorums beside the page: the arithmetic of the curve takes a second or two, in which a page must go on answering.
// Each question is {leaf, isKnown, origin, text, line}; its answer is {signed, of}, or {refused} with the reason.
import { readRoster, signersOf } from "./quorum.js";

async function answer({ leaf, isKnown, origin, text, line }) {
  try {
    const roster = await readRoster(leaf, isKnown);
    return { signed: (await signersOf(roster, origin, text, line)).length, of: roster.rows.length };
  } catch (error) {
    return { refused: error.message };
  }
}

self.addEventListener("message", async ({ data, ports: [port] }) => port.postMessage(await answer(data)));
