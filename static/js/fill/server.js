// The server's five answers, put into words that the queue understands. Used by the page and by the service worker.

let token = "";

function fromCookie() {
  // A service worker has no cookies of its own.
  const found = globalThis.document?.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return found ? decodeURIComponent(found[1]) : "";
}

export function setToken(fresh) {
  token = fresh;
}

// {outcome, …}: "ok" | "conflict" | "refused" | "signed_out" | "other_user" | "forbidden" | "gone" | "unreachable"
async function request(url, options) {
  let response;
  try {
    // A login page behind a redirect is not an answer: it must be seen as what it is.
    response = await fetch(url, { credentials: "same-origin", redirect: "manual", cache: "no-store", ...options });
  } catch {
    return { outcome: "unreachable" };
  }
  if (response.type === "opaqueredirect" || response.status === 401) return { outcome: "signed_out" };
  const data = await response.json().catch(() => null);
  if (response.ok && data) return { outcome: "ok", ...data };
  if (response.status === 409 && data) return { outcome: "conflict", ...data };
  if (response.status === 422 && data) return { outcome: "refused", ...data };
  if (response.status === 403) return { outcome: data?.code === "other_user" ? "other_user" : "forbidden", ...data };
  if (response.status === 404) return { outcome: "gone", sentence: "这次检查不存在，或不在您的范围内。" };
  if (response.status === 400 || response.status === 413) return { outcome: "refused", sentence: "服务器没有接受这次上传。" };
  return { outcome: "unreachable" };
}

export function fetchState(inspection) {
  return request(`/inspections/${inspection}/state/`, { headers: { Accept: "application/json" } }).then((answer) => {
    if (answer.outcome === "ok") token = answer.csrf;
    return answer;
  });
}

// A token of an older login is refused with 403: get a fresh one and try once more.
async function post(row, path, body, headers = {}) {
  for (const last of [false, true]) {
    if (!fromCookie() && !token) await fetchState(row.inspection);
    const answer = await request(`/inspections/${row.inspection}/${path}/`, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": fromCookie() || token, "X-Dudao-User": String(row.user), Accept: "application/json", ...headers },
    });
    if (answer.outcome !== "forbidden") return answer;
    if (last) return { outcome: "refused", sentence: "您的岗位没有这项权限。" };
    const state = await fetchState(row.inspection);
    if (state.outcome === "forbidden") return { outcome: "refused", sentence: "您的岗位没有这项权限。" };
    if (state.outcome !== "ok") return state;
  }
  return { outcome: "unreachable" };
}

export function sendAnswer({ user, inspection, key, item, result, note, reading, answered_at, base_rev }) {
  const body = JSON.stringify({ key, item, result, note, reading, answered_at, base_rev });
  return post({ user, inspection }, "answers", body, { "Content-Type": "application/json" });
}

export function sendPhoto({ user, inspection, key, item, taken_at, file, name }) {
  const body = new FormData();
  body.append("key", key);
  body.append("item", item);
  body.append("taken_at", taken_at);
  body.append("photo", file, name);
  return post({ user, inspection }, "photos", body);
}

export function sendRemoval({ user, inspection, key, removed_at }) {
  return post({ user, inspection }, "photos/remove", JSON.stringify({ key, removed_at }), { "Content-Type": "application/json" });
}

export function sendSubmit({ user, inspection }) {
  return post({ user, inspection }, "submit", "{}", { "Content-Type": "application/json" });
}
