// Where the user decides: two devices that differ, what is missing, the submission itself; and what could not be taken in.

import { clockTime, element, toast } from "./dom.js";
import * as queue from "./queue.js";
import { WORDS } from "./model.js";

function facts(answer, unit) {
  const lines = [element("strong", { textContent: WORDS[answer.result] || "未作答" })];
  if (answer.reading) lines.push(element("p", { textContent: `读数 ${answer.reading} ${unit || ""}` }));
  if (answer.note) lines.push(element("p", { textContent: answer.note }));
  return lines;
}

const at = (id) => document.getElementById(id);
const isTyping = () => document.activeElement?.matches("textarea, input:not([type=radio])");

// --- two devices answered the same item ---
let current = null;

export function openConflict(row, card) {
  current = row;
  const dialog = at("conflict-dialog");
  at("conflict-what").textContent = card.what;
  at("mine-title").textContent = `本机 ${clockTime(row.answered_at)}`;
  at("theirs-title").textContent = `另一台设备，${row.theirs.by} ${clockTime(row.theirs.answered_at)}`;
  dialog.querySelector("[data-mine]").replaceChildren(...facts(row, card.unit));
  dialog.querySelector("[data-theirs]").replaceChildren(...facts(row.theirs, card.unit));
  if (!dialog.open) dialog.showModal();
}

// By itself only where it does not tear someone out of typing; the card and the state on top show it in any case.
export function offerConflict(row, card) {
  if (document.querySelector("dialog[open]") || isTyping()) return false;
  openConflict(row, card);
  return true;
}

export function listenToConflicts(decided) {
  const dialog = at("conflict-dialog");
  const decide = async (choose) => {
    dialog.close();
    if (current) await choose(current);
    current = null;
    await decided();
  };
  dialog.querySelector("[data-keep-mine]").addEventListener("click", () => decide(queue.keepMine));
  dialog.querySelector("[data-keep-theirs]").addEventListener("click", () => decide(queue.keepTheirs));
}

// --- submitting ---
// However the list is closed, it leads to an item: the one that was chosen, else the first.
export function showMissing(missing, sentence, cards) {
  const dialog = at("missing-dialog");
  let wanted = cards.get(missing[0].item);
  at("missing-words").textContent = sentence;
  at("missing-list").replaceChildren(
    ...missing.map((entry) => {
      const card = cards.get(entry.item);
      const button = element("button", { type: "button", className: "btn btn-plain" });
      button.append(element("span", { textContent: card.what }), element("small", { textContent: entry.sentence }));
      button.addEventListener("click", () => {
        wanted = card;
        dialog.close();
      });
      return element("li", {}, button);
    }),
  );
  dialog.onclose = () => wanted.go(wanted.result === "f" ? "note" : "answers");
  if (!dialog.open) dialog.showModal();
}

export function confirmSubmit({ passed, failed, skipped }, confirmed) {
  const dialog = at("submit-dialog");
  at("submit-words").textContent = `合格 ${passed} 项，不合格 ${failed} 项，不适用 ${skipped} 项。`;
  at("submit-confirm").onclick = () => {
    dialog.close();
    confirmed();
  };
  dialog.showModal();
}

// --- what the server did not take: kept in sight, to be copied, until the user says so ---
export function leftovers(rows, cards, dropped) {
  const line = (row) => {
    const card = cards.get(row.item);
    const what = card ? card.what : `检查项 ${row.item}`;
    const when = clockTime(row.answered_at || row.taken_at || row.removed_at);
    const parts = row.file
      ? [`照片，${when} 拍摄`]
      : row.removed_at
      ? [`移除照片，${when}`]
      : [WORDS[row.result] || "未作答", row.reading && `读数 ${row.reading} ${card?.unit || ""}`, row.note, `${when} 作答`];
    return { row, text: `${what}：${parts.filter(Boolean).join("，")}`, sentence: row.sentence || "" };
  };
  const lines = rows.map(line);
  const list = element("ul", { className: "leftover-list" });
  for (const { row, text, sentence } of lines) {
    const entry = element("li", {}, element("span", { textContent: text }), element("small", { textContent: sentence }));
    if (row.file) {
      const url = URL.createObjectURL(row.file);
      entry.append(element("a", { href: url, download: row.name || "照片.jpg", className: "btn btn-plain", textContent: "存到手机" }));
    }
    list.append(entry);
  }
  const copy = element("button", { type: "button", className: "btn btn-plain", textContent: "复制文字" });
  copy.addEventListener("click", () => copyText(lines.map(({ text }) => text).join("\n"), list));
  const drop = element("button", { type: "button", className: "btn btn-quiet", textContent: "已抄录，从本机删除" });
  drop.addEventListener("click", () => {
    if (drop.dataset.sure) dropped(rows);
    drop.dataset.sure = "yes";
    drop.textContent = "再按一次确认删除";
  });
  return [list, element("div", { className: "leftover-actions" }, copy, drop)];
}

async function copyText(text, list) {
  try {
    await navigator.clipboard.writeText(text);
    toast("已复制。", "success");
  } catch {
    // Without the right to the clipboard: mark it, the phone's own menu copies.
    getSelection().selectAllChildren(list);
    toast("已选中，请长按复制。");
  }
}
