// Tables of rooms and slots by keyboard: arrows move, Enter opens. On the secretariat's day M takes a meeting up or a
// mouse drags it; where it is dropped decides whether it is moved or swapped. Without this script links and forms do it.
(() => {
  "use strict";
  const tables = () => [...document.querySelectorAll("table[data-grid]")];
  const rows = (table) => [...table.querySelectorAll("tbody > tr")].map((row) => [...row.cells]);
  const focusable = (cell) => cell.querySelector("a[href]") ?? cell;
  let picked = null;

  function rove(table, target) {
    for (const cell of table.querySelectorAll("tbody td")) focusable(cell).tabIndex = -1;
    focusable(target).tabIndex = 0;
  }

  function begin(table) {
    if (table.dataset.grid === "on") return;
    table.dataset.grid = "on";
    // Arrow keys reach the page only where a screen reader is told that they move within a grid.
    table.setAttribute("role", "grid");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) cell.setAttribute("role", cell.tagName === "TD" ? "gridcell" : cell.scope === "row" ? "rowheader" : "columnheader");
    }
    const first = table.querySelector("tbody td a[href]")?.closest("td") ?? table.querySelector("tbody td");
    if (first) rove(table, first);
    for (const cell of table.querySelectorAll("td[data-booking]")) if (cell.dataset.move) cell.draggable = true;
  }

  function step(cell, key) {
    const table = cell.closest("table");
    const lines = rows(table);
    let y = lines.findIndex((line) => line.includes(cell));
    let x = lines[y].indexOf(cell);
    const ahead = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (key === "ArrowDown") y += 1;
    else if (key === "ArrowUp") y -= 1;
    else if (key === "Home") x = 1;
    else if (key === "End") x = lines[y].length - 1;
    else x += key === ahead ? 1 : -1;
    const next = lines[y]?.[x];
    return next?.tagName === "TD" ? next : null;
  }

  function go(cell) {
    rove(cell.closest("table"), cell);
    focusable(cell).focus();
  }

  // --- moving ---
  function drop(cell) {
    const from = picked;
    release();
    if (!from || !cell || cell === from) return;
    const isSwap = Boolean(cell.dataset.booking && cell.dataset.move);
    if (!isSwap && !cell.dataset.slot) return;
    const query = isSwap ? { with: cell.dataset.booking } : { room: cell.dataset.room, at: cell.dataset.slot };
    open(`${isSwap ? from.dataset.swap : from.dataset.move}?${new URLSearchParams(query)}`);
  }

  async function open(url) {
    const dialog = document.querySelector("[data-move-dialog]");
    if (!dialog || !window.htmx) { location.assign(url); return; }
    await window.htmx.ajax("GET", url, { target: dialog.querySelector("[data-move-body]"), swap: "innerHTML" });
    dialog.showModal();
  }

  function pick(cell) {
    release();
    picked = cell;
    cell.classList.add("is-picked");
    const text = cell.closest("[data-text-picked]")?.dataset.textPicked;
    if (text) window.cnd.announce(text.replace("%s", cell.dataset.what ?? ""));
  }

  function release() {
    picked?.classList.remove("is-picked");
    for (const each of document.querySelectorAll(".is-target")) each.classList.remove("is-target");
    picked = null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && picked) {
      const cell = picked;
      release();
      window.cnd.announce(cell.closest("[data-text-released]")?.dataset.textReleased ?? "");
      return;
    }
    const cell = event.target.closest?.("table[data-grid] tbody td");
    if (!cell) return;
    if (["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      const next = step(cell, event.key);
      event.preventDefault();
      if (next) go(next);
    } else if (window.cnd.keyOf(event) === "m" && cell.dataset.move && window.cnd.shortcutsOn()) {
      event.preventDefault();
      pick(cell);
    } else if (event.key === "Enter" && picked) {
      event.preventDefault();
      drop(cell);
    }
  });
  document.addEventListener("focusin", (event) => {
    const cell = event.target.closest?.("table[data-grid] tbody td");
    if (cell) rove(cell.closest("table"), cell);
  });

  document.addEventListener("dragstart", (event) => {
    const cell = event.target.closest?.("td[data-move]");
    if (!cell) return;
    pick(cell);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", cell.dataset.what ?? "");
  });
  document.addEventListener("dragover", (event) => {
    const cell = event.target.closest?.("table[data-grid] tbody td");
    for (const each of document.querySelectorAll(".is-target")) if (each !== cell) each.classList.remove("is-target");
    if (!picked || !cell || !(cell.dataset.slot || cell.dataset.move)) return;
    event.preventDefault();
    cell.classList.add("is-target");
  });
  document.addEventListener("drop", (event) => {
    if (!picked) return;
    event.preventDefault();
    drop(event.target.closest("table[data-grid] tbody td"));
  });
  document.addEventListener("dragend", release);
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-move-dialog] .form-buttons a");
    if (!close) return;
    event.preventDefault();
    close.closest("dialog").close();
  });

  const all = () => tables().forEach(begin);
  all();
  document.addEventListener("cnd:content", all);
})();
