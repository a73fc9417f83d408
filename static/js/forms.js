// Forms that forget nothing: one submit per click, drafts on the device, a warning before typed text is left behind.

const DRAFT_DAYS = 7;
const SENT = "draft-sent";

// --- a double click does nothing twice ---
function busy(form, on) {
  form.toggleAttribute("data-busy", on);
  form.setAttribute("aria-busy", String(on));
  const buttons = [...form.querySelectorAll("button:not([type=button]), input[type=submit]")];
  if (form.id) buttons.push(...document.querySelectorAll(`button[form="${CSS.escape(form.id)}"]`));
  for (const button of buttons) {
    if (on) {
      button.dataset.wasDisabled = button.disabled;
      button.disabled = true;
    } else if ("wasDisabled" in button.dataset) {
      button.disabled = button.dataset.wasDisabled === "true";
      delete button.dataset.wasDisabled;
    }
  }
}

function freshToken(form) {
  // The token in a page that stood open over a new login is stale; the cookie's is not.
  const field = form.querySelector("input[name=csrfmiddlewaretoken]");
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (field && found) field.value = found[1];
}

window.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.hasAttribute("data-busy")) {
    event.preventDefault();
    return;
  }
  freshToken(form);
  if (form.dataset.draft) sessionStorage.setItem(SENT, draftKey(form));
  leaving.delete(form);
  // After the browser has collected the fields: a disabled button would not be sent.
  setTimeout(() => busy(form, true));
  // A download leaves the page standing.
  if ("download" in form.dataset) setTimeout(() => busy(form, false), 3000);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!(form instanceof HTMLFormElement) || event.detail.requestConfig.verb === "get") return;
  if (form.hasAttribute("data-busy")) event.preventDefault();
  else busy(form, true);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!(form instanceof HTMLFormElement) || event.detail.requestConfig.verb === "get") return;
  busy(form, false);
  if (event.detail.successful && form.dataset.draft) {
    const key = draftKey(form);
    // After the swap: the same form standing there bound means that it came back with errors.
    setTimeout(() => {
      const failed = [...document.querySelectorAll("form[data-draft][data-bound]")].some((other) => draftKey(other) === key);
      if (!failed) forget(key);
    }, 100);
    leaving.delete(form);
  }
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach((form) => busy(form, false)));

// --- drafts: <form data-draft="rectify:17">, kept per user, text only (photos have their own store) ---
function draftKey(form) {
  return `draft:${document.body.dataset.user || "-"}:${form.dataset.draft}`;
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && field.matches("textarea, select, input:not([type=hidden], [type=password], [type=file], [type=submit])"));
}

function read(form) {
  return fields(form).map((field) => [field.name, field.matches("[type=checkbox], [type=radio]") ? [field.value, field.checked] : field.value]);
}

function write(form, values) {
  fields(form).forEach((field, index) => {
    const [name, value] = values[index] || [];
    if (name !== field.name) return;
    if (Array.isArray(value)) field.checked = value[0] === field.value ? value[1] : field.checked;
    else field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function forget(key) {
  localStorage.removeItem(key);
}

function keep(form) {
  try {
    localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), values: read(form) }));
  } catch {
    // A full or forbidden store must not disturb the typing.
  }
}

function stored(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key) || "null");
    return draft && Date.now() - draft.at < DRAFT_DAYS * 864e5 ? draft : null;
  } catch {
    return null;
  }
}

function offer(form, before) {
  const bar = document.createElement("div");
  bar.className = "notice-bar form-wide";
  bar.setAttribute("role", "status");
  const words = document.createElement("p");
  words.textContent = "已恢复上次没有提交的内容。";
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "btn btn-plain";
  drop.textContent = "放弃，重新填写";
  drop.addEventListener("click", () => {
    write(form, before);
    forget(draftKey(form));
    bar.remove();
    fields(form)[0]?.focus();
  });
  bar.append(words, drop);
  form.prepend(bar);
}

function restore(form) {
  const draft = stored(draftKey(form));
  const before = read(form);
  if (!draft || JSON.stringify(draft.values) === JSON.stringify(before)) return;
  write(form, draft.values);
  offer(form, before);
}

function settle() {
  // The page after a submit tells how it went: the same form bound (with errors), a login or error page, or success.
  const key = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  if (!key || !arrived || !document.body.matches(".app")) return;
  const failed = [...document.querySelectorAll("form[data-draft][data-bound]")].some((form) => draftKey(form) === key);
  if (!failed) forget(key);
}

// --- leaving with something typed ---
const leaving = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form) return;
  if (form.dataset.draft && !event.target.matches("[type=file]")) {
    clearTimeout(form.keepTimer);
    form.keepTimer = setTimeout(() => keep(form), 300);
  }
  if ("warn" in form.dataset || (form.method === "post" && event.target.matches("[type=file]"))) leaving.add(form);
});
window.addEventListener("beforeunload", (event) => {
  document.querySelectorAll("form[data-draft]").forEach((form) => form.keepTimer && !form.hasAttribute("data-busy") && keep(form));
  if ([...leaving].some((form) => form.isConnected)) event.preventDefault();
});

settle();
document.querySelectorAll("form[data-draft]:not([data-bound])").forEach(restore);
document.addEventListener("htmx:load", (event) => {
  event.detail.elt.querySelectorAll?.("form[data-draft]:not([data-bound])").forEach((form) => form.querySelector(".notice-bar") || restore(form));
});
document.querySelector(".error-summary")?.focus();
