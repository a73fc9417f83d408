// What this page knows: the server's answers, and over them what waits on this device.

import * as queue from "./queue.js";
import * as store from "./store.js";

export const Result = { PASS: "p", FAIL: "f", NOT_APPLICABLE: "n" };
export const WORDS = { p: "合格", f: "不合格", n: "不适用" };

export class Model {
  constructor({ user, userName, inspection, items, state }) {
    Object.assign(this, { user, userName, inspection, items });
    this.state = state;
    this.answers = new Map();
    this.photos = [];
    this.submit = null;
    // Writes that the device has not confirmed yet: until then nothing may be called saved.
    this.writing = 0;
  }

  async write(queued) {
    this.writing += 1;
    try {
      return (await queued).kept;
    } finally {
      this.writing -= 1;
    }
  }

  // The page may come from the worker's copy: what was heard since is in the store.
  async start() {
    const heard = await store.read("known", [this.user, this.inspection]);
    if (!heard || heard.state.now < this.state.now) await queue.rememberState(this.user, this.inspection, this.state);
    await queue.tidy(this.user, this.inspection);
    await queue.retryRefused(this.user, this.inspection);
    await this.reload();
  }

  async heard(state) {
    await queue.rememberState(this.user, this.inspection, state);
    await this.reload();
  }

  async reload() {
    const { user, inspection } = this;
    const [answers, photos, submit, known] = await Promise.all([
      store.all("answers", user, inspection),
      queue.photosOf(user, inspection),
      store.read("submits", [user, inspection]),
      store.read("known", [user, inspection]),
    ]);
    this.answers = new Map(answers.map((row) => [row.item, row]));
    this.photos = photos;
    this.submit = submit || null;
    // Without a place to keep it, the page goes on with what it came with.
    if (known) this.state = known.state;
  }

  get isReadOnly() {
    return Boolean(this.state.refusal);
  }

  get isSubmitted() {
    return this.state.state === "submitted";
  }

  // The answer that the page shows: this device's own while it waits, else the server's.
  // What was refused because the inspection is closed is not the answer any more; it is shown apart.
  answer(item) {
    const own = this.answers.get(item);
    const standing = this.state.answers[item] || null;
    return own && !(own.state === "refused" && this.isReadOnly) ? own : standing;
  }

  // Photos as they are shown: those on the server that nobody has removed here, then those that wait.
  shots(item) {
    const removed = new Set(this.photos.filter((row) => row.removed_at && row.state === "waiting").map((row) => row.key));
    const sent = this.state.photos.filter((photo) => photo.item === item && !removed.has(photo.key));
    const waiting = this.photos.filter((row) => row.item === item && row.file && !sent.some((other) => other.key === row.key));
    return [...sent, ...waiting];
  }

  waiting() {
    const of = (state) => [...this.answers.values(), ...this.photos].filter((row) => row.state === state);
    return { waiting: of("waiting"), conflicts: of("conflict"), refused: of("refused") };
  }

  // Counts from this moment, also while the device is still writing it down. Gives whether the device could.
  async give(item, content, answered_at) {
    const owner = { user: this.user, user_name: this.userName, inspection: this.inspection };
    const before = this.answers.get(item);
    this.answers.set(item, { ...before, ...owner, item, ...content, answered_at, state: before?.state === "conflict" ? "conflict" : "waiting" });
    return this.write(queue.queueAnswer({ ...owner, item, ...content, answered_at }));
  }

  async addPhoto(photo) {
    const row = { user: this.user, user_name: this.userName, inspection: this.inspection, ...photo };
    const kept = await this.write(queue.queuePhoto(row));
    this.photos.push({ ...row, state: "waiting" });
    return kept;
  }

  async removePhoto({ item, key }, removed_at) {
    const row = { user: this.user, user_name: this.userName, inspection: this.inspection, item, key, removed_at };
    const kept = await this.write(queue.queueRemoval(row));
    await this.reload();
    return kept;
  }

  // INS-9, as far as this device can judge; the server has the last word. The same sentences as the server's.
  missing() {
    return this.items.map((item) => ({ item: item.id, sentence: this.lacks(item) })).filter(({ sentence }) => sentence);
  }

  lacks({ id, evidence, unit }) {
    const answer = this.answer(id);
    if (!answer?.result) return "还没有作答";
    if (answer.result === Result.NOT_APPLICABLE) return "";
    if (evidence === "reading" && (answer.reading === null || answer.reading === "")) return `缺少读数（${unit}）`;
    if (answer.result !== Result.FAIL) return "";
    if (!answer.note.trim()) return "不合格项缺少说明";
    if (evidence === "photo" && !this.shots(id).some((photo) => photo.state !== "refused")) return "不合格项缺少照片";
    return "";
  }

  tally(items = this.items) {
    const results = items.map(({ id }) => this.answer(id)?.result).filter(Boolean);
    const count = (result) => results.filter((one) => one === result).length;
    return { total: items.length, done: results.length, passed: count("p"), failed: count("f"), skipped: count("n") };
  }
}
