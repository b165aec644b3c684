// Passkeys: the browser asks for the key, a form carries what it answered. Without JavaScript these buttons stay hidden.
(() => {
  "use strict";
  const makers = { add: "addForm", authenticate: "authenticateForm", login: "loginForm" };
  const ours = window.PublicKeyCredential && window.allauth?.webauthn?.forms;

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("[data-passkey-start]");
    if (!ours) continue;
    const options = form.dataset.options ? JSON.parse(form.dataset.options) : {};
    const ids = { [form.dataset.passkey]: button.id, credential: form.querySelector("[name=credential]").id };
    const passwordless = form.querySelector("[name=passwordless]");
    if (passwordless) ids.passwordless = passwordless.id;
    ours[makers[form.dataset.passkey]]({ ids, data: options });
    for (const part of form.querySelectorAll("[data-needs-passkeys]")) part.hidden = false;
    for (const part of document.querySelectorAll("[data-no-passkeys]")) part.hidden = true;
  }

  document.addEventListener("allauth.error", (event) => {
    // Whoever closed the browser's question is told so; there is nothing to log.
    event.preventDefault();
    for (const problem of document.querySelectorAll("[data-passkey-problem]")) problem.hidden = false;
  });
})();
