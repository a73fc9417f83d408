// Lets the pages of the inspections be opened without network: registers the worker and asks it to keep this page.

async function register() {
  if (!("serviceWorker" in navigator)) return;
  // Not whether there is a controller: the worker may have claimed this page after the network had given it.
  const cameThroughWorker = performance.getEntriesByType("navigation")[0]?.workerStart > 0;
  try {
    await navigator.serviceWorker.register("/sw.js", { type: "module", scope: "/", updateViaCache: "none" });
  } catch {
    return; // the page works, only without network it can't be opened anew
  }
  const { active } = await navigator.serviceWorker.ready;
  // The very first pages came before the worker was there to keep them.
  if (!cameThroughWorker) active.postMessage({ keep: location.href });
}

register();
