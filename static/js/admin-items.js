// The items of a draft checklist: drag, add, move, and a line that says what was typed. The list is Alpine's x-sort.
(() => {
  "use strict";

  const rowOf = (element) => element.closest(".dd-row");
  const inRow = (row, name) => row.querySelector(`[name$="-${name}"]`);

  // Places are written whenever a list changes, so that what is saved is what is seen.
  function renumber(list) {
    const rows = list.querySelectorAll(":scope > .dd-row");
    rows.forEach((row, index) => {
      inRow(row, "position").value = index + 1;
      inRow(row, "section").value = list.dataset.section;
    });
    list.parentElement.querySelector("[data-count]").textContent = rows.length;
  }

  function move(row, list, before) {
    const from = row.parentElement;
    list.insertBefore(row, before);
    renumber(from);
    if (from !== list) renumber(list);
  }

  function add(button, group) {
    const total = group.querySelector(`#id_${group.dataset.prefix}-TOTAL_FORMS`);
    const holder = document.createElement("template");
    holder.innerHTML = document.getElementById("items-template").innerHTML.replaceAll("__prefix__", total.value);
    const row = holder.content.querySelector(".dd-row");
    total.value = Number(total.value) + 1;
    const list = button.parentElement.querySelector(".dd-rows");
    list.append(row);
    renumber(list);
    row.open = true;
    inRow(row, "what").focus();
  }

  function describe(row) {
    const risk = inRow(row, "risk");
    const badge = row.querySelector("[data-risk]");
    row.querySelector("[data-what]").textContent = inRow(row, "what").value.trim() || "新检查项";
    badge.textContent = risk.selectedOptions[0]?.textContent ?? "";
    badge.className = `dd-risk dd-risk-${risk.value}`;
  }

  function onClick(event) {
    const group = document.getElementById("items-group");
    const adding = event.target.closest("[data-add-item]");
    const moving = event.target.closest("[data-move]");
    if (adding) add(adding, group);
    if (moving) {
      const row = rowOf(moving);
      const up = moving.dataset.move === "up";
      const other = up ? row.previousElementSibling : row.nextElementSibling;
      if (other) move(row, row.parentElement, up ? other : other.nextElementSibling);
      moving.focus();
    }
    if (event.target.closest(".dd-handle")) event.preventDefault();
  }

  function onChange(event) {
    const row = rowOf(event.target);
    if (!row) return;
    if (event.target.name.endsWith("-section")) {
      const list = document.querySelector(`.dd-rows[data-section="${event.target.value}"]`);
      if (list && list !== row.parentElement) move(row, list, null);
    }
    describe(row);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const group = document.getElementById("items-group");
    if (!group) return;
    group.addEventListener("click", onClick);
    group.addEventListener("change", onChange);
    group.addEventListener("input", (event) => rowOf(event.target) && describe(rowOf(event.target)));
    // Sortable's own event: `from` and `to` are the lists.
    group.addEventListener("end", (event) => {
      renumber(event.to);
      if (event.from !== event.to) renumber(event.from);
    });
  });
})();
