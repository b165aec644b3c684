// The display beside a door asks for its own page again, by its ETag: nothing is sent while nothing has changed.
(() => {
  "use strict";
  const bar = document.querySelector("[data-hall-bar]");
  const connection = bar?.querySelector(".hall-connection");
  const shown = () => document.querySelector("[data-door]");
  if (!shown() || !connection) return;
  const EVERY = 15_000;
  let etag = shown().dataset.door;
  let wait = EVERY;

  function lost(isLost) {
    if (isLost === "lost" in connection.dataset) return;
    if (isLost) connection.dataset.lost = "";
    else delete connection.dataset.lost;
    connection.textContent = isLost ? bar.dataset.textLost : "";
  }

  async function ask() {
    try {
      const answer = await fetch(location.href, { cache: "no-store", headers: { "If-None-Match": etag } });
      if (answer.status === 200) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-door]");
        if (fresh) {
          etag = answer.headers.get("ETag") ?? fresh.dataset.door;
          shown().replaceWith(document.adoptNode(fresh));
          window.cnd.enliven(shown());
        }
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      wait = EVERY;
      lost(false);
    } catch {
      wait = Math.min(wait * 1.7, 120_000);
      lost(true);
    }
    // Spread, so that a house full of displays does not ask in one breath.
    setTimeout(ask, wait * (0.8 + Math.random() * 0.4));
  }

  bar.addEventListener("click", (event) => {
    if (!event.target.closest("[data-hall-do=screen]")) return;
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  });
  setTimeout(ask, EVERY * Math.random());
})();
