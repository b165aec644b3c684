// The button of a complete draft waits for the opening, and works from that very instant without a new page.
// Only the server judges who was in time; without this script the button simply works.
(() => {
  "use strict";
  const form = document.querySelector("form[data-submits][data-opens]");
  const button = form?.querySelector("button[type=submit]");
  const panel = form?.closest(".next-step");
  if (!button || panel.querySelector("[data-countdown][data-over]")) return;
  let isOpen = false;
  button.setAttribute("aria-disabled", "true");
  form.addEventListener("submit", (event) => {
    if (isOpen) return;
    event.preventDefault();
    event.stopPropagation();
  });
  panel.addEventListener("countdown:done", () => {
    isOpen = true;
    panel.querySelector(".next-what").textContent = form.dataset.opened;
    button.removeAttribute("aria-disabled");
    button.focus();
  });
})();
