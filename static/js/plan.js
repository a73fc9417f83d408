// <div data-plan>: a tap on the plan puts the pin of the new defect there, kept as shares of its width and height: 0.25,0.4.

const SVG = "http://www.w3.org/2000/svg";
const share = (value) => Math.round(Math.min(Math.max(value, 0), 1) * 10000) / 10000;

function start(area) {
  const input = area.querySelector("input[name=pin]");
  const field = area.querySelector("svg");
  const own = field.querySelector("[data-plan-pin]");
  const said = area.querySelector("[data-plan-said]");
  const clear = area.querySelector("[data-plan-clear]");
  const empty = said.textContent;

  function drawn(x, y) {
    const pin = document.createElementNS(SVG, "circle");
    pin.setAttribute("class", "pin pin-new");
    pin.setAttribute("cx", `${x * 100}%`);
    pin.setAttribute("cy", `${y * 100}%`);
    pin.setAttribute("r", "11");
    return pin;
  }
  function show() {
    const [x, y] = input.value.split(",").map(Number);
    const placed = input.value !== "" && Number.isFinite(x) && Number.isFinite(y);
    own.replaceChildren(...(placed ? [drawn(x, y)] : []));
    clear.hidden = !placed;
    said.textContent = placed ? "位置已标出，再点一下可以移动。" : empty;
  }

  field.addEventListener("click", (event) => {
    const box = field.getBoundingClientRect();
    input.value = [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)].join(",");
    show();
  });
  clear.addEventListener("click", () => {
    input.value = "";
    show();
  });
  show();
}

document.querySelectorAll("[data-plan]").forEach(start);
