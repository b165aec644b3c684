// A grid of rooms and five-minute steps on which things are moved by key or drag. What it does is posted by a form of
// the page, which also says what was refused; without this script things are moved by a form of their own.
(() => {
  "use strict";
  const FINE = 1;
  const COARSE = 3;
  const STEP_MS = 300_000;
  let held = null;

  const boardOf = (node) => node.closest("[data-board]");
  const bodies = (board) => [...board.querySelectorAll("[data-room]")];

  function place(item, body, start) {
    for (const name of [...item.classList]) if (name.startsWith("from-")) item.classList.remove(name);
    item.classList.add(`from-${start}`);
    item.dataset.start = start;
    if (item.parentElement !== body) body.append(item);
  }

  function timeOf(board, start) {
    return new Date(Date.parse(board.dataset.begins) + start * STEP_MS);
  }

  function clockOf(board, start) {
    const zone = document.querySelector("[data-meeting-zone]")?.dataset.meetingZone ?? "Europe/Vienna";
    return timeOf(board, start).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  }

  function send(item, body, start) {
    const form = document.getElementById("board-move");
    const board = boardOf(body);
    form.elements.event.value = item.dataset.event;
    form.elements.room.value = body.dataset.room;
    form.elements.starts_at.value = timeOf(board, start).toISOString().replace(".000Z", "Z");
    window.htmx.trigger(form, "submit");
    refocus = item.dataset.event;
  }

  // --- by key ---
  let refocus = null;

  function hold(item) {
    const board = boardOf(item);
    held = { item, board, body: item.parentElement, start: Number(item.dataset.start), next: item.nextElementSibling };
    item.classList.add("is-held");
    window.cnd.announce(board.dataset.textHeld.replace("%title", item.dataset.title));
  }

  function leave() {
    const { item, body, start, board } = held;
    place(item, body, start);
    item.classList.remove("is-held");
    held = null;
    item.querySelector("a").focus();
    window.cnd.announce(board.dataset.textLeft.replace("%title", item.dataset.title));
    document.getElementById("board-check").textContent = "";
  }

  let asked;
  function check(item, board) {
    const body = item.parentElement;
    const start = Number(item.dataset.start);
    const said = board.dataset.textAt.replace("%room", body.dataset.roomName).replace("%time", clockOf(board, start));
    const line = document.getElementById("board-check");
    line.textContent = said;
    clearTimeout(asked);
    if (!item.dataset.check) return;
    // What would not be as it should be there appears while it is moved.
    asked = setTimeout(async () => {
      const query = new URLSearchParams({
        room: body.dataset.room, day: document.getElementById("board-move").elements.day.value,
        begins: clockOf(board, start), length: Number(item.dataset.span) * 5,
      });
      const answer = await fetch(`${item.dataset.check}?${query}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok || held?.item !== item) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const warnings = [...found.querySelectorAll("li")].map((each) => each.textContent);
      if (warnings.length) line.textContent = `${said} – ${warnings.join(" ")}`;
    }, 250);
  }

  function shift(event) {
    const { item, board } = held;
    const steps = Number(board.dataset.steps);
    const all = bodies(board);
    const at = all.indexOf(item.parentElement);
    const span = Number(item.dataset.span);
    let start = Number(item.dataset.start);
    let column = at;
    const sideways = document.documentElement.dir === "rtl" ? { ArrowLeft: 1, ArrowRight: -1 } : { ArrowLeft: -1, ArrowRight: 1 };
    const by = event.shiftKey ? FINE : COARSE;
    if (event.key === "ArrowUp") start -= by;
    else if (event.key === "ArrowDown") start += by;
    else if (event.key in sideways) column += sideways[event.key];
    else return false;
    start = Math.min(Math.max(start, 0), steps - span);
    place(item, all[Math.min(Math.max(column, 0), all.length - 1)], start);
    item.querySelector("a").focus();
    check(item, board);
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (held) {
      if (event.key === "Escape") leave();
      else if (event.key === "Enter") {
        const { item } = held;
        held = null;
        send(item, item.parentElement, Number(item.dataset.start));
      } else if (!shift(event)) return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const item = event.target.closest?.("[data-board] [data-event]");
    if (!item || item.draggable === false || event.ctrlKey || event.metaKey || event.altKey) return;
    if (window.cnd.keyOf(event) === "m") {
      event.preventDefault();
      hold(item);
    }
  }, true);

  // --- by drag ---
  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    const item = event.target.closest?.("[data-board] [data-event]");
    if (!item || item.draggable === false) return;
    dragged = { item, offset: event.clientY - item.getBoundingClientRect().top };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.title);
  });

  function aimed(event) {
    const body = event.target.closest?.("[data-board] [data-room]");
    if (!dragged || !body || boardOf(body) !== boardOf(dragged.item)) return null;
    const box = body.getBoundingClientRect();
    const steps = Number(boardOf(body).dataset.steps);
    const raw = ((event.clientY - dragged.offset - box.top) / box.height) * steps;
    const start = Math.round(raw / COARSE) * COARSE;
    return { body, start: Math.min(Math.max(start, 0), steps - Number(dragged.item.dataset.span)) };
  }

  document.addEventListener("dragover", (event) => {
    const aim = aimed(event);
    if (!aim) return;
    event.preventDefault();
    for (const each of document.querySelectorAll(".is-over")) if (each !== aim.body) each.classList.remove("is-over");
    aim.body.classList.add("is-over");
    const board = boardOf(aim.body);
    document.getElementById("board-check").textContent =
      board.dataset.textAt.replace("%room", aim.body.dataset.roomName).replace("%time", clockOf(board, aim.start));
  });
  document.addEventListener("drop", (event) => {
    const aim = aimed(event);
    if (!aim) return;
    event.preventDefault();
    const { item } = dragged;
    place(item, aim.body, aim.start);
    send(item, aim.body, aim.start);
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    for (const each of document.querySelectorAll(".is-over")) each.classList.remove("is-over");
  });

  // Whoever moved by key goes on from there.
  document.addEventListener("htmx:afterSwap", () => {
    if (!refocus) return;
    document.querySelector(`[data-event="${CSS.escape(refocus)}"] a`)?.focus();
    refocus = null;
  });
})();
