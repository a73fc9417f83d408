// Keeps the words of every running clock up to date. The server's time counts: a phone's own clock may be wrong.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The server's time is ahead of this device's by this much; known again with every page and every swapped part.
const ahead = new WeakMap();

// The same words as foundation/worktime/local.py.
export function duration(milliseconds) {
  const span = Math.abs(milliseconds);
  const parts = [
    [Math.floor(span / DAY), "天"],
    [Math.floor((span % DAY) / HOUR), "小时"],
    [Math.floor((span % HOUR) / MINUTE), "分"],
  ];
  while (parts.length && !parts[0][0]) parts.shift();
  const words = parts.slice(0, 2).filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`);
  return words.join(" ") || "不到 1 分";
}

export function left(due, now) {
  const words = duration(due - now);
  return (now <= due ? "剩" : "已超时") + (/^\d/.test(words) ? ` ${words}` : words);
}

function show(clock) {
  if (!ahead.has(clock)) ahead.set(clock, Date.parse(clock.dataset.now) - Date.now());
  const now = Date.now() + ahead.get(clock);
  const due = Date.parse(clock.dataset.due);
  const words = clock.querySelector(".clock-words");
  const text = words.textContent.replace(/(剩|已超时).*$/s, left(due, now));
  if (words.textContent === text) return;
  words.textContent = text;
  if (now > due) {
    clock.classList.remove("running", "soon");
    clock.classList.add("overdue");
  }
}

function showAll() {
  document.querySelectorAll("[data-clock]").forEach(show);
}

showAll();
setInterval(showAll, 15_000);
document.addEventListener("htmx:load", showAll);
document.addEventListener("visibilitychange", () => document.hidden || showAll());
