// What every page can do: copy, menus, dialogs, keyboard, forms. Pages work without it.
(() => {
  "use strict";
  const text = document.body.dataset;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  function announce(message) {
    const region = document.getElementById("announcer");
    if (!region) return;
    region.textContent = "";
    // A screen reader speaks a change; the same words twice are none.
    setTimeout(() => { region.textContent = message; }, 50);
  }

  const stored = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* private window: keep the default */ } },
  };
  const shortcutsOn = () => stored.get("cnd.shortcuts") !== "off";

  window.cnd = { announce, shortcutsOn, keyOf, isTyping, enliven };

  // --- copy, print, full screen, dialogs ---
  async function copy(button) {
    const source = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
    const value = source ? source.value ?? source.textContent.trim() : button.dataset.copy;
    let done = true;
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // Plain http has no clipboard interface.
      const area = document.createElement("textarea");
      area.value = value;
      area.className = "visually-hidden";
      button.after(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = button.querySelector("span:not(.visually-hidden)") ?? button;
    button.dataset.label ??= label.textContent;
    label.textContent = done ? text.textCopied : text.textNotCopied;
    announce(label.textContent);
    clearTimeout(button.back);
    button.back = setTimeout(() => { label.textContent = button.dataset.label; }, 2500);
  }

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    for (const row of all("[data-shortcut-row]", dialog)) {
      const keys = row.dataset.shortcutRow;
      row.hidden = !(keys === "?" || document.querySelector(keys === "rows" ? "[data-rows]" : `[data-shortcut="${keys}"]`));
    }
    const switched = dialog.querySelector("[data-shortcuts-on]");
    if (switched) switched.checked = shortcutsOn();
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from], [data-print], [data-fullscreen], [data-dialog]");
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (!button) return;
    if ("copy" in button.dataset || "copyFrom" in button.dataset) copy(button);
    else if ("print" in button.dataset) window.print();
    else if ("dialog" in button.dataset) openDialog(button.dataset.dialog);
    else document.querySelector(button.dataset.fullscreen)?.requestFullscreen?.();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcuts-on]")) stored.set("cnd.shortcuts", event.target.checked ? "on" : "off");
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // --- keyboard ---
  function isTyping(target) {
    return target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
  }

  function keyOf(event) {
    // On a Cyrillic or Arabic keyboard the key in the place of "g" counts as "g".
    if (event.key.length === 1 && event.key.charCodeAt(0) > 127 && /^Key[A-Z]$/.test(event.code)) return event.code[3].toLowerCase();
    return event.key === "؟" ? "?" : event.key;
  }

  function moveRow(step) {
    const list = document.activeElement.closest?.("[data-rows]") ?? document.querySelector("[data-rows]");
    if (!list) return;
    const rows = all("tbody > tr, [data-row]", list).filter((row) => row.offsetParent !== null);
    const at = rows.indexOf(document.activeElement.closest("tr, [data-row]"));
    const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (!row) return;
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  let pending = "";
  let pendingUntil;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of all("details.menu[open]")) {
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
        menu.open = false;
      }
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const key = keyOf(event);
    if (key === "Enter" && event.target.matches("[data-rows] tr, [data-rows] [data-row]")) {
      (event.target.querySelector("[data-row-link]") ?? event.target.querySelector("a[href]"))?.click();
      return;
    }
    if (!shortcutsOn()) return;
    if (pending) {
      const link = document.querySelector(`[data-shortcut="${pending} ${CSS.escape(key)}"]`);
      pending = "";
      clearTimeout(pendingUntil);
      if (link) {
        event.preventDefault();
        link.click();
        return;
      }
    }
    if (key === "?") openDialog("shortcuts");
    else if (key === "j") moveRow(1);
    else if (key === "k") moveRow(-1);
    else if (key === "g") {
      pending = "g";
      pendingUntil = setTimeout(() => { pending = ""; }, 1500);
    } else if (/^[a-z]$/.test(key)) {
      // A single key is that of the row one stands on, else of the page; never of some other row.
      const row = document.activeElement.closest?.("[data-rows] :is(tr, [data-row])");
      const link = row?.querySelector(`[data-shortcut="${key}"]`) ?? all(`[data-shortcut="${key}"]`).find((each) => !each.closest("[data-rows]"));
      if (link) {
        event.preventDefault();
        link.click();
      }
    }
  });

  // --- forms ---
  function release(form) {
    delete form.dataset.sent;
    for (const button of all("[aria-disabled][data-guarded]", form)) {
      button.removeAttribute("aria-disabled");
      delete button.dataset.guarded;
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.guard === "off" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of all("button:not([type=button])", form)) {
      button.setAttribute("aria-disabled", "true");
      button.dataset.guarded = "";
    }
    announce(text.textSending);
    // Someone who stopped the loading of a page on a slow line may try again.
    setTimeout(() => release(form), 30_000);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach(release);
  });

  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-compare]");
    if (!box) return;
    const wanted = box.dataset.compare.toLowerCase();
    const given = event.target.value.replace(/[^0-9a-z]/gi, "").toLowerCase();
    const result = box.querySelector(".compare-result");
    let same = 0;
    while (same < given.length && given[same] === wanted[same]) same += 1;
    result.dataset.is = !given ? "" : same < given.length ? "different" : same < wanted.length ? "partial" : "same";
    result.textContent = !given ? "" : box.dataset[result.dataset.is].replace("%n", result.dataset.is === "different" ? same + 1 : same).replace("%m", wanted.length);
  });

  // --- htmx ---
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (token) event.detail.headers["X-CSRFToken"] = token.value;
  });

  // --- what must be done to every new part of a page ---
  function enliven(root) {
    for (const element of all("[data-js][hidden]", root)) element.hidden = false;
    // Some browsers forget that a table is one once it is laid out as cards.
    const roles = { "": "table", "caption": null, "thead, tbody, tfoot": "rowgroup", "tr": "row", "td": "cell", "th[scope=row]": "rowheader", "thead th": "columnheader" };
    for (const table of all("table.table-stack", root)) {
      for (const [selector, role] of Object.entries(roles)) {
        if (role) for (const part of selector ? all(selector, table) : [table]) part.setAttribute("role", role);
      }
    }
    for (const strip of all(".nav-strip", root)) {
      const here = strip.querySelector("[aria-current]");
      if (!here || strip.scrollWidth <= strip.clientWidth) continue;
      // The strip alone: to bring it into view would move the page from whoever has tabbed on already.
      const [inner, outer] = [here.getBoundingClientRect(), strip.getBoundingClientRect()];
      strip.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
    }
    root.querySelector("[data-focus]")?.focus();
    document.dispatchEvent(new CustomEvent("cnd:content", { detail: root }));
  }
  enliven(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) enliven(event.detail.elt);
  });
})();
