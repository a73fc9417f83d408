// 检查执行: ties the cards to what this device keeps and to the server.

import { clockTime, element, icon, isoTime, toast, uuid } from "./dom.js";
import { Card } from "./cards.js";
import * as dialogs from "./dialogs.js";
import { Model, Result } from "./model.js";
import * as photos from "./photos.js";
import * as queue from "./queue.js";
import * as server from "./server.js";
import * as store from "./store.js";

const TYPING_PAUSE = 900;
const RETRIES = [2, 5, 15, 30, 60];

const root = document.getElementById("fill");
const user = Number(document.body.dataset.user);
const inspection = Number(root.dataset.inspection);
const saveState = document.getElementById("save-state");
const bar = document.getElementById("fill-bar");

const cards = new Map();
for (const article of root.querySelectorAll(".item")) {
  const card = new Card(article, { answer: answered, photos: addPhotos, remove: removePhoto });
  cards.set(card.id, card);
}
const order = [...cards.values()];
const model = new Model({
  user,
  userName: root.dataset.userName,
  inspection,
  items: order.map(({ id, evidence, unit }) => ({ id, evidence, unit })),
  state: JSON.parse(document.getElementById("fill-state").textContent),
});

// --- answering ---
function answered(card, how) {
  const standing = model.answer(card.id);
  const content = card.content;
  if (standing ? queue.sameContent(standing, content) : !content.result && !content.note) {
    if (how === "left") send();
    return;
  }
  if (model.isReadOnly) return;
  const written = model.give(card.id, content, isoTime()).then((kept) => {
    if (!kept) warnNotKept();
    drawSaveState();
  });
  draw(card);
  if (how === "tap" || how === "key") goOn(card, how);
  sendSoon(how === "typing" ? TYPING_PAUSE : 0, written);
}

// After 合格 or 不适用 the next unanswered item comes by itself; what still needs something stays.
function goOn(card, how) {
  if (card.result === Result.FAIL) {
    if (how === "key") card.go("note");
  } else if (model.lacks(card)) {
    card.readingBox?.focus();
  } else {
    nextUnanswered(card)?.go();
  }
}

function nextUnanswered(from) {
  const start = from ? order.indexOf(from) + 1 : 0;
  return [...order.slice(start), ...order.slice(0, start)].find((card) => model.lacks(card));
}

async function addPhotos(card, files) {
  for (const file of files) {
    const sentence = photos.refusal(file);
    if (sentence) {
      toast(sentence, "error");
      continue;
    }
    const taken = await photos.takenAt(file);
    const small = await photos.shrink(file);
    const kept = await model.addPhoto({ item: card.id, key: uuid(), taken_at: isoTime(taken), file: small, name: file.name || "照片.jpg" });
    if (!kept) warnNotKept();
    draw(card);
  }
  send();
}

async function removePhoto(card, photo) {
  if (model.isReadOnly && !photo.file) return;
  if (!(await model.removePhoto(photo, isoTime()))) warnNotKept();
  draw(card);
  send();
}

function warnNotKept() {
  toast("本机存储空间不足或被禁用，刚才的内容只留在这个页面里：请保持联网，上传完之前不要关闭页面。", "error");
}

window.addEventListener("beforeunload", (event) => store.isVolatile() && event.preventDefault());

// --- drawing ---
function stateOf(item) {
  const own = model.answers.get(item);
  if (own?.state === "conflict") return { kind: "conflict", words: "两台设备不同，请选择" };
  if (own?.state === "refused") return { kind: "failed", words: own.sentence };
  const refused = model.photos.find((photo) => photo.item === item && photo.state === "refused");
  if (refused) return { kind: "failed", words: refused.sentence };
  const waits = own?.state === "waiting" || model.photos.some((photo) => photo.item === item);
  // Under way for a moment is not worth a word on every card.
  if (waits && outcome !== "ok") return { kind: "waiting", words: "待上传" };
  return { kind: "", words: "" };
}

function drawCard(card) {
  card.show({
    answer: model.answer(card.id),
    shots: model.shots(card.id),
    state: stateOf(card.id),
    lacks: model.lacks(card),
    isReadOnly: model.isReadOnly,
  });
}

function draw(card) {
  if (card) drawCard(card);
  else order.forEach(drawCard);
  drawProgress();
  drawSaveState();
  drawNotices();
}

function drawProgress() {
  const all = model.tally();
  document.getElementById("fill-count").textContent = `${all.done}/${all.total}`;
  document.getElementById("fill-progress").value = all.done;
  for (const section of root.querySelectorAll(".fill-section")) {
    const items = [...section.querySelectorAll(".item")].map((article) => cards.get(Number(article.dataset.item)));
    const { total, done, failed } = model.tally(items);
    const step = document.querySelector(`[data-step="${section.dataset.section}"]`);
    step.querySelector("[data-step-count]").textContent = `${done}/${total}`;
    step.querySelector("[data-step-failed]").hidden = !failed;
    step.querySelector("[data-step-failures]").textContent = failed;
    const isDone = done === total;
    if (step.classList.toggle("is-done", isDone) !== Boolean(step.querySelector("[data-step-done] svg"))) {
      step.querySelector("[data-step-done]").replaceChildren(...(isDone ? [icon("done")] : []));
    }
  }
  for (const id of ["fill-next", "fill-submit"]) document.getElementById(id).disabled = model.isReadOnly;
}

let sending = false;
let outcome = "ok";

function drawSaveState() {
  const { waiting, conflicts, refused } = model.waiting();
  let [kind, name, words] = ["saved", "saved", "已保存"];
  if (refused.length) [kind, name, words] = ["failed", "failed", `保存失败：${refused[0].sentence}`];
  if (conflicts.length) [kind, name, words] = ["conflict", "conflict", `有冲突 ${conflicts.length}`];
  if (waiting.length) {
    if (outcome === "signed_out") [kind, name, words] = ["waiting", "waiting", `登录已过期，待上传 ${waiting.length}`];
    else if (outcome === "other_user") [kind, name, words] = ["waiting", "waiting", `待本人上传 ${waiting.length}`];
    else if (sending || model.writing || outcome === "ok") [kind, name, words] = ["saving", "saving", "正在保存…"];
    else [kind, name, words] = ["waiting", "waiting", `${navigator.onLine ? "连不上服务器" : "离线"}，待上传 ${waiting.length}`];
    if (conflicts.length) words += `，有冲突 ${conflicts.length}`;
  }
  if (saveState.dataset.shown === words) return;
  saveState.dataset.shown = words;
  saveState.className = `save-state save-state-${kind}`;
  const shown = [icon(name), element("span", { textContent: words })];
  const leads = conflicts[0] || refused[0];
  if (leads) {
    const button = element("button", { type: "button", className: "icon-button" }, ...shown);
    button.addEventListener("click", () => cards.get(leads.item)?.go());
    saveState.replaceChildren(button);
  } else {
    saveState.replaceChildren(...shown);
  }
}

let strangers = [];
let noticesShown = "";

function notice(text, ...more) {
  return element("div", { className: "notice-bar" }, element("p", { textContent: text }), ...more);
}

function drawNotices() {
  const { refused } = model.waiting();
  const drawn = JSON.stringify([outcome, strangers, model.state.refusal, model.submit, refused.map((row) => [row.item, row.key]), navigator.onLine, store.isVolatile()]);
  if (drawn === noticesShown) return;
  noticesShown = drawn;
  const bars = [];
  if (outcome === "signed_out") {
    const link = element("a", { href: root.dataset.loginUrl, target: "_blank", rel: "noopener", className: "btn btn-primary" }, icon("login"), "登录");
    bars.push(notice("登录已过期，内容已保存在本机。登录后回到这里，会自动继续上传。", link));
  }
  if (outcome === "other_user") bars.push(notice(`现在登录的是另一位用户。这里的内容是${root.dataset.userName}填写的，要由本人登录后才会上传；已保存在本机。`));
  for (const { name, count } of strangers) bars.push(notice(`本机还有${name}没有上传的内容 ${count} 条，要由本人登录后上传。`));
  if (store.isVolatile()) bars.push(notice("本机存不下新的内容：请保持联网，上传完之前不要关闭页面。"));
  if (model.state.refusal) {
    const link = element("a", { href: root.dataset.recordUrl, className: "btn btn-plain", textContent: "查看检查记录" });
    bars.push(notice(model.state.refusal + (model.isSubmitted && model.state.submitted_by ? `（${model.state.submitted_by}提交）` : ""), link));
  }
  if (model.submit && outcome !== "ok") {
    const cancel = element("button", { type: "button", className: "btn btn-plain", textContent: "撤回提交" });
    cancel.addEventListener("click", () => queue.cancelSubmit(user, inspection).then(() => model.reload()).then(() => draw()));
    bars.push(notice(`已记下 ${clockTime(model.submit.asked_at)} 的提交，联网上传完后自动提交。`, cancel));
  }
  if (refused.length) {
    const box = notice(`有 ${refused.length} 条内容未能并入这次检查，仍保存在本机：`);
    box.append(...dialogs.leftovers(refused, cards, dropRefused));
    box.classList.add("leftovers");
    bars.push(box);
  }
  document.getElementById("fill-notices").replaceChildren(...bars);
}

async function dropRefused(rows) {
  const ofPhotos = rows.filter((row) => row.file || row.removed_at);
  const answers = rows.filter((row) => !ofPhotos.includes(row));
  await queue.forget(user, inspection, answers.map((row) => row.item), ofPhotos.map((row) => row.key));
  await model.reload();
  draw();
}

// --- sending ---
let timer = 0;
let tries = 0;
let again = false;

async function sendSoon(delay, written) {
  await written;
  clearTimeout(timer);
  timer = setTimeout(send, delay);
}

async function send() {
  clearTimeout(timer);
  if (sending) {
    again = true;
    return;
  }
  sending = true;
  again = false;
  drawSaveState();
  const reply = navigator.onLine ? await queue.sendAll(user, progress) : { outcome: "unreachable" };
  sending = false;
  outcome = reply.outcome;
  await model.reload();
  draw();
  const { waiting } = model.waiting();
  if (again) {
    send();
  } else if (outcome === "ok") {
    tries = 0;
  } else if (waiting.length || model.submit) {
    timer = setTimeout(send, RETRIES[Math.min(tries, RETRIES.length - 1)] * 1000);
    tries += 1;
    sendWhenClosed();
  }
}

async function progress(reply) {
  if (reply.outcome === "refused") await refresh();
  else await model.reload();
  offerConflicts();
  if (reply.submitted === inspection) submitted(reply);
  draw();
}

// Each conflict asks for a decision once by itself, whoever met it: this page, another tab or the worker.
const offered = new Set();

function offerConflicts() {
  for (const row of model.waiting().conflicts) {
    const name = `${row.item} ${row.key} ${row.theirs.key}`;
    if (!offered.has(name) && dialogs.offerConflict(row, cards.get(row.item))) offered.add(name);
  }
}

// Where the browser can, the worker sends what is left after the tab was closed.
async function sendWhenClosed() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.sync?.register("fill").catch(() => {});
}

async function refresh() {
  const state = await server.fetchState(inspection);
  if (state.outcome !== "ok") {
    outcome = ["signed_out", "unreachable"].includes(state.outcome) ? state.outcome : outcome;
  } else if (state.user !== user) {
    outcome = "other_user";
  } else {
    await model.heard(state);
  }
  draw();
  return outcome;
}

async function catchUp() {
  tries = 0;
  if ((await refresh()) !== "other_user") await send();
}

window.addEventListener("online", catchUp);
window.addEventListener("offline", () => {
  outcome = "unreachable";
  draw();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) order.forEach((card) => card.settleReading());
  else catchUp();
});
window.addEventListener("pagehide", () => order.forEach((card) => card.settleReading()));
queue.changes?.addEventListener("message", async ({ data }) => {
  if (data.submitted && data.inspection === inspection) submitted(data.submitted);
  await model.reload();
  offerConflicts();
  draw();
});

// --- submitting ---
document.getElementById("fill-submit").addEventListener("click", () => {
  const conflict = model.waiting().conflicts[0];
  if (conflict) {
    dialogs.openConflict(conflict, cards.get(conflict.item));
    return;
  }
  const missing = model.missing();
  if (missing.length) {
    dialogs.showMissing(missing, `还有 ${missing.length} 项没有填完，不能提交。`, cards);
    return;
  }
  dialogs.confirmSubmit(model.tally(), async () => {
    await queue.queueSubmit(user, inspection, isoTime());
    await model.reload();
    draw();
    await send();
  });
});

function submitted(reply) {
  if (reply.outcome === "ok") location.assign(reply.redirect);
  else if (reply.missing?.length) dialogs.showMissing(reply.missing, reply.sentence, cards);
  else toast(reply.sentence, "error");
}

// --- moving about ---
document.getElementById("fill-next").addEventListener("click", () => {
  const here = document.activeElement?.closest(".item");
  const next = nextUnanswered(here && cards.get(Number(here.dataset.item)));
  if (next) next.go();
  else toast("所有项目都已填完，可以提交。", "success");
});

const ANSWERS = { 1: Result.PASS, 2: Result.FAIL, 3: Result.NOT_APPLICABLE };

root.addEventListener("keydown", (event) => {
  const card = cards.get(Number(event.target.closest(".item")?.dataset.item));
  if (!card || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target === card.readingBox && event.key === "Enter") {
    card.settleReading();
    if (!model.lacks(card)) goOn(card, "key");
    return;
  }
  if (event.target.matches("textarea, input:not([type=radio])")) return;
  if (event.key in ANSWERS) {
    event.preventDefault();
    card.choose(ANSWERS[event.key], "key");
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    order[order.indexOf(card) + (event.key === "ArrowDown" ? 1 : -1)]?.go();
  }
});

root.addEventListener("click", (event) => {
  const item = Number(event.target.closest("[data-open-conflict]")?.dataset.openConflict);
  const row = item && model.answers.get(item);
  if (row?.theirs) dialogs.openConflict(row, cards.get(item));
});

// The step of the subject that is on the screen.
new ResizeObserver(() => document.documentElement.style.setProperty("--fill-bar", `${bar.offsetHeight}px`)).observe(bar);
const visible = new Set();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target);
    const first = [...root.querySelectorAll(".fill-section")].find((section) => visible.has(section));
    if (!first) return;
    for (const step of document.querySelectorAll("[data-step]")) {
      const isCurrent = step.dataset.step === first.dataset.section;
      if (!isCurrent) step.removeAttribute("aria-current");
      else if (!step.hasAttribute("aria-current")) {
        step.setAttribute("aria-current", "step");
        const list = document.getElementById("fill-steps");
        list.scrollTo({ left: step.offsetLeft - list.offsetLeft - 24, behavior: "auto" });
      }
    }
  },
  { rootMargin: "-35% 0px -60% 0px" },
);
root.querySelectorAll(".fill-section").forEach((section) => watcher.observe(section));

async function start() {
  server.setToken(model.state.csrf);
  await model.start();
  dialogs.listenToConflicts(async () => {
    await model.reload();
    draw();
    send();
    offerConflicts();
  });
  strangers = await store.strangers(user);
  draw();
  offerConflicts();
  root.dataset.ready = "yes";
  navigator.storage?.persist?.().catch(() => {});
  await catchUp();
}

start();
