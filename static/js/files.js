// <div class="file-input" data-file>: the field covers its area, so that a file may be dropped on it; the words say which one it has.

const UNITS = ["B", "KB", "MB"];

function size(bytes) {
  let unit = 0;
  while (bytes >= 1024 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${bytes < 10 && unit ? bytes.toFixed(1) : Math.round(bytes)} ${UNITS[unit]}`;
}

function start(area) {
  if (area.dataset.file === "on") return;
  area.dataset.file = "on";
  const input = area.querySelector("input[type=file]");
  const words = area.querySelector(".file-name");
  const empty = words.textContent;
  const show = () => {
    words.textContent = [...input.files].map((file) => `${file.name}（${size(file.size)}）`).join("、") || empty;
    area.classList.toggle("has-file", input.files.length > 0);
  };
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragleave", "drop"]) {
    input.addEventListener(name, () => area.classList.toggle("is-over", name === "dragenter"));
  }
  // A browser that comes back to the page may still have the file.
  window.addEventListener("pageshow", show);
  show();
}

document.querySelectorAll("[data-file]").forEach(start);
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll?.("[data-file]").forEach(start));
