// What this phone keeps (IndexedDB): deliveries until the server shows them, and the key of each person who weighs here.
//
// A delivery is `waiting`, `sending` (it was sent and may be on the server), `there` or `refused`. Each change is one
// transaction that looks at the state first, so that two pages, or a thumb and a timer, cannot both have their way.
let opened;

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open("rennet-station", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("deliveries", { keyPath: "key" });
      asked.result.createObjectStore("keys", { keyPath: "person" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => failed(asked.error);
  });
  return opened;
}

// Runs `act` on a store and answers what the request that it returns found, once all is on the disk.
async function within(name, mode, act) {
  const change = (await open()).transaction(name, mode, { durability: "strict" });
  return new Promise((done, failed) => {
    let asked;
    change.oncomplete = () => done(asked?.result);
    change.onerror = change.onabort = () => failed(change.error);
    asked = act(change.objectStore(name));
  });
}

// All open pages of this phone show the same list.
const others = new BroadcastChannel("rennet-station");
const tell = (what = "changed") => others.postMessage(what);
export const onChange = (show) => others.addEventListener("message", show);

export async function deliveries(person) {
  const all = await within("deliveries", "readonly", (store) => store.getAll());
  return all.filter((one) => one.person === person).sort((one, other) => one.at - other.at);
}

export async function keep(delivery, insteadOf) {
  await within("deliveries", "readwrite", (store) => {
    if (insteadOf) store.delete(insteadOf);
    store.add(delivery);
  });
  tell();
}

// Changes a delivery that is in one of `states`; answers it as it is then, or null.
export async function change(key, states, more) {
  let found = null;
  await within("deliveries", "readwrite", (store) => {
    const asked = store.get(key);
    asked.onsuccess = () => {
      if (!states.includes(asked.result?.state)) return;
      found = { ...asked.result, ...more };
      store.put(found);
    };
  });
  if (found) tell();
  return found;
}

// Takes away a delivery that is in one of `states`; answers whether it did.
export async function drop(key, states) {
  let isGone = false;
  await within("deliveries", "readwrite", (store) => {
    const asked = store.get(key);
    asked.onsuccess = () => {
      isGone = states.includes(asked.result?.state);
      if (isGone) store.delete(key);
    };
  });
  if (isGone) tell("gone");
  return isGone;
}

export const keyOf = (person) => within("keys", "readonly", (store) => store.get(person));
export const keepKey = (key) => within("keys", "readwrite", (store) => store.put(key));
export const dropKey = (person) => within("keys", "readwrite", (store) => store.delete(person));
