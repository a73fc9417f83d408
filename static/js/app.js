// What every page has: the CSRF header of htmx, messages, dialogs, menus.

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// --- htmx ---
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
});
document.addEventListener("htmx:sendError", (event) => {
  const { verb, triggeringEvent } = event.detail.requestConfig;
  // The bell asks by itself; offline, nobody needs to be told each minute.
  if (verb === "get" && !triggeringEvent) return;
  toast(verb === "get" ? "网络不通，请检查网络后再试。" : "网络不通，没有保存。请检查网络后再试。", "error");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // A whole page where a fragment was asked for: the session has ended and the login page came.
  if (!/^\s*<!doctype/i.test(event.detail.xhr.responseText) || event.detail.target === document.body) return;
  event.detail.shouldSwap = false;
  if (!event.detail.isError) toast("登录已过期。请刷新页面，重新登录后继续。", "error");
});
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  // A sentence that the server wrote for people (its exception handler answers text/plain) is better than ours.
  const plain = (event.detail.xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
  const ours = { 403: "没有权限，或登录已过期。请刷新页面。", 404: "这条记录不存在，或不在您的范围内。" };
  toast((plain && event.detail.xhr.responseText) || ours[status] || "操作没有成功，请稍后再试。", "error");
});

// --- messages: the event "toast" {text, level: success | info | error}, from a script or htmx's HX-Trigger, shows one ---
const LASTS = 8000;

function closeLater(note) {
  // Errors stay until they are closed; a message under the pointer or with focus waits.
  if (note.matches(".toast-error, .toast-warning")) return;
  const timer = setInterval(() => {
    if (note.matches(":hover, :focus-within")) return;
    clearInterval(timer);
    note.remove();
  }, LASTS);
}

function toast(text, level = "info") {
  const area = document.getElementById("toasts");
  if (!area || [...area.querySelectorAll("p")].some((said) => said.textContent === text)) return;
  const note = document.createElement("div");
  note.className = `toast-note toast-${level}`;
  note.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.dataset.toastClose = "";
  close.textContent = "关闭";
  note.append(words, close);
  area.append(note);
  closeLater(note);
}

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
document.querySelectorAll("[data-toast]").forEach(closeLater);

// --- dialogs, menus, printing ---
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-dialog], [data-dialog-close], [data-toast-close], [data-print]");
  if (target?.dataset.dialog) {
    const dialog = document.getElementById(target.dataset.dialog);
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("dialogopen", { bubbles: true }));
  } else if (target && "dialogClose" in target.dataset) {
    target.closest("dialog").close();
  } else if (target && "toastClose" in target.dataset) {
    target.closest("[data-toast]").remove();
  } else if (target && "print" in target.dataset) {
    window.print();
  } else if (event.target.matches("dialog.dialog")) {
    // The dialog itself is hit only on its backdrop or its padding.
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
  document.querySelectorAll("details:is(.menu, .clock)[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details:is(.menu, .clock)[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (location.hash === "#nav") {
    location.hash = "#main";
  }
});

// On a phone the filters would fill the first screen: they fold away, unless one of them is set or linked to.
document.querySelectorAll("form.filters").forEach((form) => {
  const toggle = form.querySelector("[data-filters]");
  const isSet = [...form.elements].some((field) => field.name && field.type !== "hidden" && (field.type === "checkbox" ? field.checked : field.value));
  const wanted = location.hash.length > 1 ? form.querySelector(`#${CSS.escape(location.hash.slice(1))}`) : null;
  form.classList.add("filters-folding");
  toggle.setAttribute("aria-expanded", String(isSet || wanted !== null));
  wanted?.focus();
  toggle.addEventListener("click", () => toggle.setAttribute("aria-expanded", String(toggle.getAttribute("aria-expanded") === "false")));
});

// A dialog whose form came back with errors opens again.
document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showModal());
