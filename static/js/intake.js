// 登记诉求 by keyboard: the caller's combobox, numbers for the kind, the department that usually follows, Ctrl+Enter.

const change = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

// --- a combobox after the ARIA practice: focus stays in the field, the active option is named by its id ---
function combobox(area) {
  const field = area.querySelector("[role=combobox]");
  const list = area.querySelector("[role=listbox]");
  const key = area.querySelector("[name=caller]");
  const said = area.querySelector("[data-caller-said]");
  let active = null;
  // Enter may come before what was typed is answered.
  let wanted = false;
  let waiting = false;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(option) {
    active?.setAttribute("aria-selected", "false");
    active = option || null;
    if (!active) return field.removeAttribute("aria-activedescendant");
    active.setAttribute("aria-selected", "true");
    active.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", active.id);
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    mark(null);
  }

  function open() {
    const found = options();
    if (!found.length) return close();
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(found[0]);
    said.textContent = "none" in found[0].dataset ? "没有找到" : `找到 ${found.length} 个`;
  }

  function clear() {
    if (!key.value) return;
    key.value = "";
    change(key);
    area.dispatchEvent(new CustomEvent("caller:cleared", { bubbles: true }));
  }

  function choose(option) {
    const { dataset } = option;
    close();
    if ("none" in dataset) {
      area.dispatchEvent(new CustomEvent("caller:none", { bubbles: true, detail: { text: field.value.trim(), phone: dataset.typedPhone } }));
      return;
    }
    field.value = dataset.label;
    key.value = dataset.key;
    // For the device's draft.
    field.dispatchEvent(new Event("input", { bubbles: true }));
    change(key);
    area.dispatchEvent(new CustomEvent("caller:chosen", { bubbles: true, detail: { ...dataset } }));
  }

  field.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    waiting = field.value.trim() !== "";
    wanted = false;
    close();
    clear();
  });
  field.addEventListener("htmx:beforeRequest", (event) => {
    // Also the word that a choice has put there is a change of the field.
    if (key.value || !field.value.trim()) event.preventDefault();
  });
  field.addEventListener("htmx:afterRequest", () => {
    waiting = false;
  });
  list.addEventListener("htmx:afterSwap", () => {
    waiting = false;
    if (document.activeElement !== field || key.value) return;
    open();
    if (wanted && active && options().length === 1) choose(active);
    wanted = false;
  });
  field.addEventListener("keydown", (event) => {
    const found = list.hidden ? [] : options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (step) {
      event.preventDefault();
      if (found.length) mark(found[(found.indexOf(active) + step + found.length) % found.length]);
      else if (!key.value) open();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (waiting) wanted = true;
      else if (active) choose(active);
      else if (key.value) area.dispatchEvent(new CustomEvent("caller:kept", { bubbles: true }));
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (found.length) return close();
      field.value = "";
      clear();
    } else if (event.key === "Tab" && active && !("none" in active.dataset)) {
      choose(active);
    }
  });
  // Before the field loses its focus.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  field.addEventListener("blur", close);
}

// --- the form around it ---
const KINDS = { 业主: "owner", 共有人: "owner", 租户: "tenant" };

function intake(form) {
  const name = form.elements.caller_name;
  const phone = form.elements.caller_phone;
  const estate = form.querySelector("select[name=estate]");
  const building = () => form.querySelector("#intake-building");
  let ownChoice = Boolean(form.querySelector("[name=then]:checked"));

  const kinds = [...form.querySelectorAll("[name=kind]")];
  const toKind = () => (kinds.find((radio) => radio.checked) || kinds[0]).focus();

  form.addEventListener("caller:chosen", ({ detail }) => {
    name.value = detail.name;
    form.elements.caller_kind.value = KINDS[detail.kind] || "other";
    phone.value = "";
    phone.placeholder = detail.phone;
    if (estate && estate.value !== detail.estate) {
      estate.value = detail.estate;
      change(estate);
    }
    toKind();
  });
  form.addEventListener("caller:kept", toKind);
  form.addEventListener("caller:cleared", () => {
    name.value = "";
    phone.placeholder = "";
  });
  form.addEventListener("caller:none", ({ detail }) => {
    if (detail.phone) {
      phone.value = detail.phone;
      change(phone);
    } else if (!/\d/.test(detail.text)) {
      name.value = detail.text;
    }
    (detail.phone ? name : phone).focus();
  });

  // A chosen house has its building.
  const housed = () => {
    if (building()) building().hidden = Boolean(form.elements.caller.value);
  };
  form.elements.caller.addEventListener("change", housed);

  function propose() {
    if (ownChoice) return;
    const cause = form.elements.cause.selectedOptions[0]?.dataset.department;
    const usual = cause || kinds.find((radio) => radio.checked)?.dataset.department;
    const radio = usual && form.querySelector(`[name=then][value="${usual}"]`);
    if (radio) radio.checked = true;
  }
  form.addEventListener("change", (event) => {
    if (event.target.name === "then" && event.isTrusted) ownChoice = true;
    if (event.target.name === "kind" || event.target.name === "cause") propose();
  });
  document.addEventListener("htmx:afterSettle", () => {
    housed();
    propose();
    const chosen = document.querySelector("#intake-recent [data-chosen]");
    if (chosen) phone.placeholder = chosen.dataset.phone;
  });

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[type=submit]:not([name])"));
    } else if (event.target.name === "kind" && !event.altKey && !event.ctrlKey && kinds[Number(event.key) - 1]) {
      event.preventDefault();
      const radio = kinds[Number(event.key) - 1];
      radio.checked = true;
      change(radio);
      form.elements.text.focus();
      // For the device's draft.
      radio.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (event.key === "Enter" && event.target.name === "kind") {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
  housed();
  propose();
  // A patrol's photo comes first where there is a camera in hand.
  if (matchMedia("(max-width: 767.98px)").matches) form.querySelector("[data-more]").open = true;
  // A draft brings its caller back before htmx is there to hear of it.
  document.addEventListener("DOMContentLoaded", () => {
    // Who came by a link that names the caller goes on; else the next caller is typed over the words of the last one.
    if ("known" in form.dataset) toKind();
    else if (document.activeElement === form.elements.q) form.elements.q.select();
    if (form.elements.caller.value && !document.querySelector("#intake-recent [data-chosen]")) change(form.elements.caller);
  });
}

document.querySelectorAll("[data-caller]").forEach(combobox);
document.querySelectorAll("[data-intake]").forEach(intake);
