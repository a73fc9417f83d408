// 回访台 by keyboard: Y and N for 解决了吗, 1 to 5 for 满意吗, Ctrl+Enter saves and goes on.

const form = document.querySelector("[data-desk]");

function choose(name, value) {
  const radio = form.querySelector(`[name=${name}][value="${value}"]`);
  radio.checked = true;
  radio.focus();
  // For the device's draft.
  radio.dispatchEvent(new Event("input", { bubbles: true }));
}

form?.addEventListener("keydown", (event) => {
  if (event.altKey || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[type=submit]:not([formaction])"));
    return;
  }
  // Single keys belong to the questions, not to what is being written.
  if (event.ctrlKey || event.metaKey || !event.target.matches("[type=radio]")) return;
  if (/^[1-5]$/.test(event.key)) choose("satisfaction", event.key);
  else if (/^[yn]$/i.test(event.key)) choose("solved", event.key.toLowerCase() === "y" ? "yes" : "no");
});
// Ready for the first answer, with the customer's words still in sight.
if (form && !form.hasAttribute("data-bound")) form.querySelector("[name=solved]").focus({ preventScroll: true });
