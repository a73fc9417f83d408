// <form data-defect>: only the trades that the chosen room can have are offered, and the first photo is drawn on.
// The mark is kept as lines of points, shares of the photo's width and height: [[[0.1, 0.2], …], …].

const SVG = "http://www.w3.org/2000/svg";
// Points nearer than this say nothing new.
const STEP = 0.004;
const MOST = 40;

const share = (value) => Math.round(Math.min(Math.max(value, 0), 1) * 10000) / 10000;

function linesOf(text) {
  try {
    const found = JSON.parse(text);
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function startMark(area, files) {
  const input = area.querySelector("input");
  const image = area.querySelector("img");
  const field = area.querySelector("svg");
  const undo = area.querySelector("[data-mark-undo]");
  const clear = area.querySelector("[data-mark-clear]");
  let lines = linesOf(input.value);
  let shown = null;
  let pen = null;

  function drawn(line) {
    const points = document.createElementNS(SVG, "polyline");
    points.setAttribute("points", line.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" "));
    return points;
  }
  function show() {
    field.replaceChildren(...lines.map(drawn));
    undo.disabled = clear.disabled = !lines.length;
    field.setAttribute("aria-label", lines.length ? `照片标记，已画 ${lines.length} 笔` : "照片标记，用手指、笔或鼠标画");
  }
  function keep() {
    input.value = lines.length ? JSON.stringify(lines) : "";
    show();
  }
  function look() {
    const file = files.files[0];
    // What was kept with an earlier try is the first photo, whatever is added now.
    const next = area.dataset.kept || (file ? file : null);
    if (next === shown) return;
    // The first time it may be the photo that the kept mark belongs to.
    if (shown !== null) lines = [];
    shown = next;
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    area.hidden = !next;
    if (next) image.src = typeof next === "string" ? next : URL.createObjectURL(next);
    else image.removeAttribute("src");
    keep();
  }
  function point(event) {
    const box = field.getBoundingClientRect();
    return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
  }

  field.addEventListener("pointerdown", (event) => {
    if (pen || event.button || lines.length >= MOST) return;
    event.preventDefault();
    field.setPointerCapture(event.pointerId);
    const line = [point(event)];
    pen = { id: event.pointerId, line, drawn: drawn(line) };
    field.append(pen.drawn);
  });
  field.addEventListener("pointermove", (event) => {
    if (pen?.id !== event.pointerId) return;
    const next = point(event);
    const last = pen.line[pen.line.length - 1];
    if (Math.hypot(next[0] - last[0], next[1] - last[1]) < STEP) return;
    pen.line.push(next);
    pen.drawn.setAttribute("points", pen.line.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" "));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    field.addEventListener(name, (event) => {
      if (pen?.id !== event.pointerId) return;
      // A tap is no line.
      if (pen.line.length > 1) lines.push(pen.line);
      pen = null;
      keep();
    });
  }
  undo.addEventListener("click", () => {
    lines.pop();
    keep();
  });
  clear.addEventListener("click", () => {
    lines = [];
    keep();
  });
  // Previews come and go with the chosen photos.
  new MutationObserver(look).observe(files.closest("[data-photos]"), { childList: true });
  look();
}

function startRooms(form) {
  const rooms = JSON.parse(form.dataset.rooms);
  const what = form.elements.what;
  function narrow() {
    const room = form.elements.room.value;
    for (const group of what.querySelectorAll("optgroup")) {
      const fits = !room || rooms[group.label]?.includes(room);
      group.hidden = group.disabled = !fits;
      if (!fits && group.contains(what.selectedOptions[0])) what.value = "";
    }
  }
  form.addEventListener("change", (event) => event.target.name === "room" && narrow());
  narrow();
}

for (const form of document.querySelectorAll("form[data-defect]")) {
  startRooms(form);
  startMark(form.querySelector("[data-mark]"), form.querySelector("input[type=file]"));
}
