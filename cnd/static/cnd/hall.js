// The screen in the hall: asks for news, says when the line is lost, reveals a result part by part.
(() => {
  "use strict";
  const bar = document.querySelector("[data-hall-bar]");
  const connection = bar?.querySelector(".hall-connection");
  const root = () => document.querySelector("[data-hall]");
  if (!root() || !bar) return;

  // --- revealing ---
  let step = -1; // -1: everything is shown; 0: nothing yet; n: the n-th part
  let auto;
  const parts = () => [...root().querySelectorAll("[data-reveal]")];
  const button = (name) => bar.querySelector(`[data-hall-do=${name}]`);
  const isFinal = () => root().dataset.state === (root().dataset.final ?? "drawn");

  // A group of thirty must fit the screen: as large as it can be, never below half.
  function fit(part) {
    part.style.fontSize = "";
    for (let size = 0.95; size >= 0.5 && window.innerWidth >= 900; size -= 0.05) {
      if (document.documentElement.scrollHeight <= window.innerHeight) return;
      part.style.fontSize = `${size}em`;
    }
  }

  function show(number, animate = true) {
    const list = parts();
    step = number < 0 ? -1 : Math.min(number, list.length);
    const stacked = root().dataset.revealMode === "stack";
    list.forEach((part, index) => {
      const visible = step < 0 || (stacked ? index < step : index === step - 1);
      part.classList.toggle("is-revealing", animate && visible && index === step - 1);
      if (animate && visible) part.querySelectorAll("[data-reveal-item]").forEach((item, at) => item.style.setProperty("--i", at));
      part.hidden = !visible;
    });
    for (const intro of root().querySelectorAll("[data-reveal-intro]")) intro.hidden = step > 0;
    button("start").hidden = !list.length || step >= 0 || !isFinal();
    button("back").hidden = button("next").hidden = step < 0;
    bar.querySelector("[data-hall-part]").textContent =
      step > 0 ? bar.dataset.textPart.replace("%n", step).replace("%m", list.length) : "";
    if (step > 0) {
      const current = list[step - 1];
      window.cnd.announce(current.querySelector("h2, h3")?.textContent.trim() ?? "");
      if (stacked) current.scrollIntoView({ block: "nearest" });
      else fit(current);
    }
    clearTimeout(auto);
    const seconds = Number(root().dataset.auto);
    if (seconds && step >= 0 && step < list.length) auto = setTimeout(() => show(step + 1), seconds * 1000);
  }
  const next = () => show(step < 0 ? 0 : step >= parts().length ? -1 : step + 1);
  const back = () => show(Math.max(step - 1, 0));

  function toggleScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }

  bar.addEventListener("click", (event) => {
    const action = event.target.closest("[data-hall-do]")?.dataset.hallDo;
    if (action === "start") { show(0); button("next").focus(); }
    if (action === "next") next();
    if (action === "back") back();
    if (action === "screen") toggleScreen();
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || window.cnd.isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const key = window.cnd.keyOf(event);
    if (key === "f" && window.cnd.shortcutsOn()) return toggleScreen();
    if (!isFinal() || !parts().length) return;
    // Space belongs to the button that has the focus, arrows scroll where everything is shown.
    if (key === " " && (event.target.closest("button, a, summary, input") || !window.cnd.shortcutsOn())) return;
    const ahead = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const behind = ahead === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    if (step < 0 && ![" ", ahead, "Home"].includes(key)) return;
    if ([" ", ahead, "ArrowDown", "PageDown"].includes(key)) next();
    else if ([behind, "ArrowUp", "PageUp"].includes(key)) back();
    else if (key === "Home") show(0);
    else if (key === "End") show(-1);
    else return;
    event.preventDefault();
  });

  // --- news ---
  let etag = null;
  let known = null;
  let tries = 0;
  let wait = 2000;

  function lost(isLost) {
    if (isLost === "lost" in connection.dataset) return;
    if (isLost) connection.dataset.lost = "";
    else delete connection.dataset.lost;
    connection.textContent = isLost ? bar.dataset.textLost : bar.dataset.textBack;
    if (!isLost) setTimeout(() => { if (!("lost" in connection.dataset)) connection.textContent = ""; }, 4000);
  }

  async function refresh() {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-hall]");
    if (!page) return;
    const wasFinal = isFinal();
    const at = step;
    const fresh = document.adoptNode(page);
    root().replaceWith(fresh);
    window.cnd.enliven(fresh);
    if (isFinal() && !wasFinal) show(0);
    else show(at, false);
  }

  async function poll() {
    const url = root().dataset.poll;
    if (!url) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(url, { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
        let changed = false;
        if (answer.status === 200) {
          const news = await answer.json();
          known = String(news[root().dataset.pollField ?? "state"]);
          changed = etag !== null && answer.headers.get("ETag") !== etag;
          etag = answer.headers.get("ETag");
          tries = 0;
        } else if (answer.status !== 304) {
          throw new Error(String(answer.status));
        }
        // The page may be a moment behind the answer, so it gets a few chances; then it is believed.
        if (changed || (known !== root().dataset.state && tries < 3)) {
          tries += 1;
          await refresh();
        }
        wait = 2000;
        lost(false);
      } catch {
        wait = Math.min(wait * 1.7, 10_000);
        lost(true);
      }
    }
    setTimeout(poll, wait);
  }

  window.addEventListener("resize", () => {
    if (step > 0 && root().dataset.revealMode !== "stack") fit(parts()[step - 1]);
  });

  show(isFinal() && root().dataset.revealFrom === "start" ? 0 : -1, false);
  if (root().dataset.poll) setTimeout(poll, 1000);
  document.addEventListener("countdown:done", () => { wait = 2000; });
})();
