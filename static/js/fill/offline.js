// Lets the pages of the inspections be opened without network: registers the worker and asks it to keep this page.

async function register() {
  if (!("serviceWorker" in navigator)) return;
  const wasControlled = Boolean(navigator.serviceWorker.controller);
  try {
    await navigator.serviceWorker.register("/sw.js", { type: "module", scope: "/", updateViaCache: "none" });
  } catch {
    return; // the page works, only without network it can't be opened anew
  }
  const { active } = await navigator.serviceWorker.ready;
  // The very first page came before the worker was there to keep it.
  if (!wasControlled) active.postMessage({ keep: location.href });
}

register();
