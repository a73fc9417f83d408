// Answers, then photos and their removals, then the submission: sent one at a time, in this order, until nothing waits.
// Every request may be sent twice (its key says so), none is forgotten before the server's answer to it is written down.

import { isoTime, uuid } from "./dom.js";
import * as server from "./server.js";
import * as store from "./store.js";

const LOCK = "dudao-fill-send";

export const changes = "BroadcastChannel" in globalThis ? new BroadcastChannel("dudao-fill") : null;

export function tell(inspection, event = {}) {
  changes?.postMessage({ inspection, ...event });
}

export function sameContent(one, other) {
  const number = (reading) => (reading === null || reading === undefined || reading === "" ? null : Number(reading));
  return one.result === other.result && one.note.trim() === other.note.trim() && number(one.reading) === number(other.reading);
}

const answerKey = ({ user, inspection, item }) => [user, inspection, item];
const photoKey = ({ user, inspection, key }) => [user, inspection, key];

// A new answer takes the place of the waiting one, on the same base: the server never has to see what was typed between.
// A key that may have arrived already is remembered, so that our own write is not taken for another device's.
// Without a result it is a draft: kept, not sent.
export function queueAnswer({ user, user_name, inspection, item, result, note, reading, answered_at }) {
  return store.update("answers", [user, inspection, item], (row, known) => ({
    user,
    user_name,
    inspection,
    item,
    result,
    note,
    reading,
    answered_at,
    key: uuid(),
    base_rev: row ? row.base_rev : known?.state.answers[item]?.rev || 0,
    tried: row?.tried || [],
    state: row?.state === "conflict" ? "conflict" : result ? "waiting" : "draft",
    theirs: row?.theirs,
  }));
}

let turn = 0;

function nextTurn() {
  turn = Math.max(Date.now(), turn + 1);
  return turn;
}

export function queuePhoto(photo) {
  const row = { ...photo, turn: nextTurn(), state: "waiting" };
  return store.update("photos", photoKey(photo), () => row);
}

// A photo that never left, or was refused, is only forgotten; of any other the server has to hear, also of one whose arrival
// is unknown.
export function queueRemoval({ user, user_name, inspection, item, key, removed_at }) {
  const removal = { user, user_name, inspection, item, key, removed_at, turn: nextTurn(), state: "waiting" };
  return store.update("photos", [user, inspection, key], (row) => (row?.file && (!row.tried || row.state === "refused") ? null : removal));
}

// In the order in which they were taken in.
export async function photosOf(user, inspection) {
  return (await store.all("photos", user, inspection)).sort((one, other) => one.turn - other.turn);
}

export function queueSubmit(user, inspection, asked_at) {
  return store.update("submits", [user, inspection], () => ({ user, inspection, asked_at }));
}

export function cancelSubmit(user, inspection) {
  return store.update("submits", [user, inspection], () => null);
}

export function keepMine(row) {
  return store.update("answers", answerKey(row), (now) => now && { ...now, state: "waiting", base_rev: now.theirs.rev, theirs: undefined });
}

export async function keepTheirs(row) {
  await rememberAnswer(row.user, row.inspection, row.theirs);
  return store.update("answers", answerKey(row), () => null);
}

export function forget(user, inspection, items, photos) {
  return Promise.all([
    ...items.map((item) => store.update("answers", [user, inspection, item], () => null)),
    ...photos.map((key) => store.update("photos", [user, inspection, key], () => null)),
  ]);
}

// What was refused once is tried again when the page is opened: the reason may be gone.
export async function retryRefused(user, inspection) {
  const again = (row) => row && { ...row, state: row.state === "refused" ? "waiting" : row.state };
  for (const row of await store.all("answers", user, inspection)) await store.update("answers", answerKey(row), again);
  for (const row of await store.all("photos", user, inspection)) await store.update("photos", photoKey(row), again);
}

// --- what the server has, as last heard: the page without network shows it ---
// A state that was asked for before our last write, and answered after it, must not take that write back: revisions, photos
// and removals only grow.
export function rememberState(user, inspection, state) {
  return store.update("known", [user, inspection], (row) => {
    const before = row?.state || { answers: {}, photos: [] };
    const answers = { ...state.answers };
    for (const [item, answer] of Object.entries(before.answers)) {
      if (!(answers[item]?.rev >= answer.rev)) answers[item] = answer;
    }
    const removed = new Set([...(state.removed || []), ...(before.removed || [])]);
    const keys = new Set(state.photos.map((photo) => photo.key));
    const all = [...state.photos, ...before.photos.filter((photo) => !keys.has(photo.key))];
    const photos = all.filter((photo) => !removed.has(photo.key));
    return { user, inspection, state: { ...state, answers, photos, removed: [...removed] } };
  });
}

function rememberAnswer(user, inspection, answer) {
  return store.update("known", [user, inspection], (row) => {
    if (!row) return null;
    const standing = row.state.answers[answer.item];
    if (standing && standing.rev > answer.rev) return row;
    return { ...row, state: { ...row.state, answers: { ...row.state.answers, [answer.item]: answer } } };
  });
}

function rememberPhoto(user, inspection, photo) {
  return store.update("known", [user, inspection], (row) => {
    if (!row) return null;
    const others = row.state.photos.filter((other) => other.key !== photo.key);
    return { ...row, state: { ...row.state, photos: [...others, photo] } };
  });
}

function rememberRemoval(user, inspection, key) {
  return store.update("known", [user, inspection], (row) => {
    if (!row) return null;
    const photos = row.state.photos.filter((photo) => photo.key !== key);
    return { ...row, state: { ...row.state, photos, removed: [...(row.state.removed || []), key] } };
  });
}

// What other users saw, and what is long past, does not stay here; what waits does.
export async function tidy(user, inspection) {
  const old = isoTime(new Date(Date.now() - 14 * 864e5));
  for (const row of await store.everyone("known")) {
    const isStale = row.user !== user || (row.inspection !== inspection && row.state.now < old);
    if (isStale) await store.update("known", [row.user, row.inspection], () => null);
  }
}

// --- sending ---
async function sendAnswer(row) {
  // Written down before it leaves: if the answer to it is lost, the next try knows this key may be ours.
  await store.update("answers", answerKey(row), (now) => now && { ...now, tried: [...new Set([...now.tried, row.key])] });
  const reply = await server.sendAnswer(row);
  if (reply.outcome === "ok" || reply.outcome === "conflict") {
    await settle(row, reply);
  } else if (reply.outcome === "refused" || reply.outcome === "gone") {
    await store.update("answers", answerKey(row), (now) =>
      now && now.key === row.key ? { ...now, state: "refused", sentence: reply.sentence } : now);
  }
  return reply;
}

async function settle(sent, { outcome, answer }) {
  const ours = outcome === "ok" && (answer.key === sent.key || sameContent(answer, sent));
  if (outcome === "ok") await rememberAnswer(sent.user, sent.inspection, answer);
  await store.update("answers", answerKey(sent), (now) => {
    if (!now) return null;
    if (outcome === "ok" && now.key === sent.key) return null;
    // Edited while it was under way: go on from what stands now, if that is our own.
    if (ours || (outcome === "conflict" && now.tried.includes(answer.key))) return { ...now, base_rev: answer.rev, state: "waiting" };
    // Another device was faster. Nobody's answer is dropped before the user has seen both.
    return { ...now, state: "conflict", theirs: answer };
  });
}

const refused = ({ sentence }) => (now) => now && { ...now, state: "refused", sentence };

// Removed while it was under way: the removal that stands in its place is sent next.
const unlessRemoved = (change) => (now) => (now?.removed_at ? now : change(now));

async function sendPhoto(row) {
  const { row: now } = await store.update("photos", photoKey(row), unlessRemoved((now) => now && { ...now, tried: true }));
  if (!now || now.removed_at) return { outcome: "ok" };
  const reply = await server.sendPhoto(row);
  if (reply.outcome === "ok") {
    await rememberPhoto(row.user, row.inspection, reply.photo);
    await store.update("photos", photoKey(row), unlessRemoved(() => null));
  } else if (reply.outcome === "refused" || reply.outcome === "gone") {
    await store.update("photos", photoKey(row), unlessRemoved(refused(reply)));
  }
  return reply;
}

async function sendRemoval(row) {
  const reply = await server.sendRemoval(row);
  if (reply.outcome === "ok") {
    await rememberRemoval(row.user, row.inspection, row.key);
    await store.update("photos", photoKey(row), () => null);
  } else if (reply.outcome === "refused" || reply.outcome === "gone") {
    await store.update("photos", photoKey(row), refused(reply));
  }
  return reply;
}

async function sendSubmit(row) {
  const reply = await server.sendSubmit(row);
  if (["ok", "refused", "gone"].includes(reply.outcome)) {
    await cancelSubmit(row.user, row.inspection);
    tell(row.inspection, { submitted: reply });
    return { ...reply, submitted: row.inspection };
  }
  return reply;
}

// The next thing to send. A submission waits until nothing else of its inspection is left.
async function next(user) {
  const answers = await store.all("answers", user);
  const answer = answers.find((row) => row.state === "waiting");
  if (answer) return () => sendAnswer(answer);
  const photos = await photosOf(user);
  const photo = photos.find((row) => row.state === "waiting");
  if (photo) return () => (photo.removed_at ? sendRemoval(photo) : sendPhoto(photo));
  const left = new Set([...answers, ...photos].filter((row) => row.state !== "draft").map((row) => row.inspection));
  const submit = (await store.all("submits", user)).find((row) => !left.has(row.inspection));
  return submit ? () => sendSubmit(submit) : null;
}

// Sends all that waits under this user. Gives the last reply: its `outcome` is "ok" when nothing is left to send.
// `progress` is called after each reply.
export async function sendAll(user, progress = () => {}) {
  const send = async () => {
    for (;;) {
      const step = await next(user);
      if (!step) return { outcome: "ok" };
      const reply = await step();
      tell(null);
      await progress(reply);
      if (["unreachable", "signed_out", "other_user"].includes(reply.outcome)) return reply;
    }
  };
  // One sender at a time for all tabs and the worker.
  return globalThis.navigator?.locks ? navigator.locks.request(LOCK, send) : send();
}
