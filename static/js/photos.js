// <div class="photo-input" data-photos>: several photos are gathered over several takes, each with a preview and 移除.

function sync(input, files) {
  const bag = new DataTransfer();
  files.forEach((file) => bag.items.add(file));
  input.files = bag.files;
}

function thumb(input, file, chosen) {
  const figure = document.createElement("figure");
  figure.className = "photo-thumb";
  const image = document.createElement("img");
  image.alt = file.name;
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "icon-button";
  remove.setAttribute("aria-label", `移除 ${file.name}`);
  remove.textContent = "×";
  remove.addEventListener("click", () => {
    chosen.delete(file);
    sync(input, [...chosen]);
    figure.remove();
    input.focus();
  });
  figure.append(image, remove);
  return figure;
}

function start(area) {
  if (area.dataset.photos === "on") return;
  area.dataset.photos = "on";
  const input = area.querySelector("input[type=file]");
  const add = area.querySelector(".photo-add");
  const chosen = new Set();
  input.addEventListener("change", () => {
    if (!input.multiple) {
      chosen.clear();
      area.querySelectorAll(".photo-thumb:not([data-kept])").forEach((figure) => figure.remove());
    }
    for (const file of input.files) {
      if ([...chosen].some((other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified)) continue;
      chosen.add(file);
      add.before(thumb(input, file, chosen));
    }
    sync(input, [...chosen]);
  });
}

document.querySelectorAll("[data-photos]").forEach(start);
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll?.("[data-photos]").forEach(start));
