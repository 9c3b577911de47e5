// Before somebody signs out: says what still waits on this phone, then takes their key and pages from it. What waits
// stays, and is sent when the same person signs in here again; nobody else is shown it.
import { forget } from "./device.js";
import { deliveries } from "./kept.js";

const form = document.querySelector("[data-sign-out]");
const { person } = form.dataset;

async function warn() {
  const all = await deliveries(person);
  const waiting = all.filter(({ state }) => state !== "there").length;
  const place = document.querySelector("[data-waiting]");
  place.hidden = !waiting;
  place.querySelector("[data-fill]").textContent = place.dataset.waiting.replace("{n}", waiting);
}

if (window.isSecureContext && window.indexedDB && crypto.subtle) {
  warn();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await Promise.allSettled([forget(person), caches.delete("weigh-pages")]);
    form.submit();
  });
}
