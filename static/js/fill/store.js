// What waits on this device, in IndexedDB. Every row carries its user: a phone goes from hand to hand.
//
//   answers  [user, inspection, item]  the newest answer not yet taken by the server
//   photos   [user, inspection, key]   a photo not yet taken by the server, with its file; or, with removed_at, one that the
//                                      server is still to take away
//   submits  [user, inspection]        "submit this when the rest has arrived"
//   known    [user, inspection]        what the server had, when last heard

const NAME = "dudao-fill";
const KEYS = {
  answers: ["user", "inspection", "item"],
  photos: ["user", "inspection", "key"],
  submits: ["user", "inspection"],
  known: ["user", "inspection"],
};

let opening = null;
// Rows that the device refused to keep (storage full, private window): they live as long as the page does.
const inMemory = new Map(Object.keys(KEYS).map((table) => [table, new Map()]));

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [table, keyPath] of Object.entries(KEYS)) request.result.createObjectStore(table, { keyPath });
    };
    request.onsuccess = () => {
      // Another version of the page wants to change the database, or the browser closed it: open again when needed.
      request.result.onversionchange = () => request.result.close();
      request.result.onclose = () => (opening = null);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

// Read, change and write one row in one transaction, so that two tabs and the worker never lose each other's change.
// `change(row | undefined, known)` gives the new row, or null to delete it; `known` is what the server had of the row's
// inspection. Gives {row, kept: false} where the device is full.
export async function update(table, key, change) {
  const knownKey = key.slice(0, 2);
  const memory = inMemory.get(table);
  const id = JSON.stringify(key);
  let changed;
  try {
    const database = await open();
    await new Promise((resolve, reject) => {
      const transaction = database.transaction([table, "known"], "readwrite");
      const rows = transaction.objectStore(table);
      const known = transaction.objectStore("known").get(knownKey);
      const request = rows.get(key);
      request.onsuccess = () => {
        changed = change(memory.get(id) || request.result, known.result);
        if (changed) rows.put(changed);
        else if (request.result) rows.delete(key);
      };
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error || request.error);
    });
    memory.delete(id);
    return { row: changed, kept: true };
  } catch {
    if (changed === undefined) changed = change(memory.get(id), inMemory.get("known").get(JSON.stringify(knownKey)));
    if (changed) memory.set(id, changed);
    else memory.delete(id);
    return { row: changed, kept: !changed };
  }
}

export async function read(table, key) {
  const memory = inMemory.get(table).get(JSON.stringify(key));
  return memory || (await ask(table, (rows) => rows.get(key)));
}

// All rows of one user, or of one user's inspection.
export async function all(table, user, inspection) {
  const bound = inspection === undefined ? [user] : [user, inspection];
  const kept = (await ask(table, (rows) => rows.getAll(IDBKeyRange.bound(bound, [...bound, []])))) || [];
  const found = new Map(kept.map((row) => [JSON.stringify(KEYS[table].map((name) => row[name])), row]));
  for (const [id, row] of inMemory.get(table)) {
    if (row.user === user && (inspection === undefined || row.inspection === inspection)) found.set(id, row);
  }
  return [...found.values()];
}

// Users other than this one whose answers or photos wait here.
export async function strangers(user) {
  const names = new Map();
  for (const table of ["answers", "photos"]) {
    for (const row of await everyone(table)) {
      if (row.user === user) continue;
      const entry = names.get(row.user) || { name: row.user_name || "另一位用户", count: 0 };
      entry.count += 1;
      names.set(row.user, entry);
    }
  }
  return [...names.values()];
}

export async function everyone(table) {
  return (await ask(table, (rows) => rows.getAll())) || [];
}

export function isVolatile() {
  return ["answers", "photos"].some((table) => inMemory.get(table).size > 0);
}

async function ask(table, question) {
  try {
    const database = await open();
    return await new Promise((resolve, reject) => {
      const request = question(database.transaction(table).objectStore(table));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return undefined;
  }
}
