// <div data-signature>: strokes drawn with mouse, finger or pen, kept in the input as
// {"width", "height", "strokes": [[[x, y, ms], …], …]}. The field is 600 wide in its own units, however wide the screen is.

const WIDTH = 600;
const SVG = "http://www.w3.org/2000/svg";
// Points nearer than this say nothing new.
const STEP = 1.5;

const round = (value) => Math.round(value * 10) / 10;
const within = (value, most) => Math.min(Math.max(value, 0), most);

// Rounded through the middles of the points, as the printed paper draws it.
function path([[x, y], ...rest]) {
  if (!rest.length) return `M${x} ${y}l0 0`;
  let said = `M${x} ${y}`;
  for (let index = 0; index < rest.length - 1; index += 1) {
    const [[x1, y1], [x2, y2]] = [rest[index], rest[index + 1]];
    said += `Q${x1} ${y1} ${(x1 + x2) / 2} ${(y1 + y2) / 2}`;
  }
  const [lastX, lastY] = rest[rest.length - 1];
  return `${said}L${lastX} ${lastY}`;
}

function drawingOf(text) {
  try {
    const found = JSON.parse(text);
    return found.width > 0 && found.height > 0 && Array.isArray(found.strokes) ? found : null;
  } catch {
    return null;
  }
}

function start(area) {
  if (area.dataset.signature === "on") return;
  area.dataset.signature = "on";
  const input = area.querySelector("input");
  const pad = area.querySelector(".signature-pad");
  const ink = pad.querySelector("g");
  const undo = area.querySelector("[data-signature-undo]");
  const clear = area.querySelector("[data-signature-clear]");
  const state = area.querySelector("[data-signature-state]");
  let strokes = [];
  let size = { width: WIDTH, height: 0 };
  let began = 0;
  let pen = null;

  function fit() {
    // Once something is drawn the field keeps its shape: turning the phone must not stretch a signature.
    const box = pad.getBoundingClientRect();
    if (box.width) size = { width: WIDTH, height: Math.round((WIDTH * box.height) / box.width) };
  }
  function line(stroke) {
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("d", path(stroke));
    return drawn;
  }
  function show(words) {
    pad.setAttribute("viewBox", `0 0 ${size.width} ${size.height || WIDTH / 2}`);
    area.classList.toggle("is-signed", strokes.length > 0);
    undo.disabled = clear.disabled = !strokes.length;
    const said = strokes.length ? `已写 ${strokes.length} 笔` : "尚未签名";
    pad.setAttribute("aria-label", `签名框，${said}`);
    if (words) state.textContent = words === true ? said : words;
  }
  function keep(words) {
    input.value = strokes.length ? JSON.stringify({ ...size, strokes }) : "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    show(words);
  }
  function read() {
    const found = drawingOf(input.value);
    strokes = found ? found.strokes.filter((stroke) => stroke.length) : [];
    if (found) size = { width: found.width, height: found.height };
    ink.replaceChildren(...strokes.map(line));
    show();
  }
  function point(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(pad.getScreenCTM().inverse());
    return [round(within(place.x, size.width)), round(within(place.y, size.height)), Math.max(0, Math.round(event.timeStamp - began))];
  }
  function add(event) {
    for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const next = point(one);
      const last = pen.stroke[pen.stroke.length - 1];
      if (Math.hypot(next[0] - last[0], next[1] - last[1]) >= STEP) pen.stroke.push(next);
    }
    pen.line.setAttribute("d", path(pen.stroke));
  }

  pad.addEventListener("pointerdown", (event) => {
    // One at a time, and a pen before a hand: what its heel drew before the pen came down is taken away.
    if (event.button || (pen && !(event.pointerType === "pen" && pen.type === "touch"))) return;
    event.preventDefault();
    pen?.line.remove();
    if (!strokes.length) {
      fit();
      began = event.timeStamp;
      show();
    } else if (!began) {
      // What came back with the page was drawn before this clock began.
      began = event.timeStamp - Math.max(...strokes.flat().map((one) => one[2])) - 1;
    }
    pad.setPointerCapture(event.pointerId);
    const stroke = [point(event)];
    pen = { id: event.pointerId, type: event.pointerType, stroke, line: line(stroke) };
    ink.append(pen.line);
    area.classList.add("is-signed");
  });
  pad.addEventListener("pointermove", (event) => {
    if (pen?.id === event.pointerId) add(event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    pad.addEventListener(name, (event) => {
      if (pen?.id !== event.pointerId) return;
      strokes.push(pen.stroke);
      pen = null;
      keep(true);
    });
  }
  undo.addEventListener("click", () => {
    strokes.pop();
    ink.lastElementChild?.remove();
    keep(strokes.length ? true : "签名已清除");
  });
  clear.addEventListener("click", () => {
    strokes = [];
    began = 0;
    ink.replaceChildren();
    keep("签名已清除");
  });
  // A draft that is put back, or a form that is emptied.
  input.addEventListener("change", read);
  input.form?.addEventListener("reset", () => setTimeout(read));
  read();
}

document.querySelectorAll("[data-signature]").forEach(start);
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll?.("[data-signature]").forEach(start));
