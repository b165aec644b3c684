// Ticking clocks and countdowns by the server's time, and the reader's own time beside the meeting's.
// The clock of the device is never believed: only the time that went by since the server's answer is counted.
(() => {
  "use strict";
  const lang = document.documentElement.lang.startsWith("ar") ? "ar-u-nu-latn" : document.documentElement.lang;
  const anchors = new WeakMap();
  let answeredAt = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;

  function anchor(element) {
    if (!anchors.has(element)) anchors.set(element, Date.parse(element.dataset.now) - answeredAt);
    return anchors.get(element);
  }
  const nowOf = (element) => anchor(element) + performance.now();
  const two = (number) => String(number).padStart(2, "0");

  function remaining(ms) {
    const total = Math.max(Math.ceil(ms / 1000), 0);
    const days = Math.floor(total / 86400);
    const ticking = [Math.floor((total % 86400) / 3600), Math.floor((total % 3600) / 60), total % 60].map(two).join(":");
    if (!days) return ticking;
    return `${new Intl.NumberFormat(lang, { style: "unit", unit: "day", unitDisplay: "long" }).format(days)} ${ticking}`;
  }

  function write(element, value) {
    if (element.textContent !== value) element.textContent = value;
  }

  function tickCountdown(element) {
    const left = Date.parse(element.dataset.countdown) - nowOf(element);
    if (left > 0) {
      element.dataset.ticking = "yes";
      write(element, remaining(left));
      return;
    }
    if (element.dataset.over) return;
    element.dataset.over = "yes";
    write(element, element.dataset.done);
    if (!element.dataset.ticking) return;
    window.cnd?.announce(element.dataset.done);
    element.dispatchEvent(new CustomEvent("countdown:done", { bubbles: true }));
    // Spread over a few seconds, or a full hall would ask at once.
    if ("reload" in element.dataset) setTimeout(() => location.reload(), 500 + Math.random() * 2500);
  }

  function tickClock(element) {
    const now = new Date(nowOf(element));
    const zone = element.dataset.in;
    write(element.querySelector("[data-clock-time]"), new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(now));
    const day = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(now);
    element.dataset.day ??= day;
    if (element.dataset.day !== day) {
      element.dataset.day = day;
      write(element.firstElementChild, new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { timeZone: zone, dateStyle: "long" }).format(now));
    }
  }

  function tick() {
    document.querySelectorAll("[data-countdown]").forEach(tickCountdown);
    document.querySelectorAll("[data-clock]").forEach(tickClock);
  }

  // After sleep or out of the browser's store of pages the count may have stood still: ask the server again.
  async function synchronise() {
    const here = [...document.querySelectorAll("[data-now]")];
    if (!here.length) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const arrived = performance.now();
      if (!answer.ok) return;
      const fresh = [...new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-now]")];
      if (fresh.length !== here.length) return;
      here.forEach((element, index) => anchors.set(element, Date.parse(fresh[index].dataset.now) - arrived));
      tick();
    } catch { /* no line: the old count goes on */ }
  }
  let gap = Date.now() - performance.now();
  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = performance.now();
    else if (performance.now() - hiddenAt > 60_000 || Math.abs(Date.now() - performance.now() - gap) > 2_000) {
      gap = Date.now() - performance.now();
      synchronise();
    }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) synchronise(); });

  // The zone that the reader chose, else that of the device.
  const own = document.body.dataset.ownZone || undefined;

  function ownTimes(root) {
    if (document.body.classList.contains("hall")) return;
    for (const element of root.querySelectorAll("time[data-zone]:not([data-own])")) {
      element.dataset.own = "seen";
      const at = new Date(element.dateTime);
      const clock = (zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(at);
      try {
        if (clock(element.dataset.zone) === clock(own)) continue;
      } catch { continue; }
      const sameDay = clock(element.dataset.zone).split(",")[0] === clock(own).split(",")[0];
      const hour = new Intl.DateTimeFormat("en-GB", { timeZone: own, hour: "2-digit", minute: "2-digit" }).format(at);
      const between = { ar: "، ", zh: " " }[lang.slice(0, 2)] ?? ", ";
      const day = sameDay ? "" : `${new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { timeZone: own, day: "numeric", month: "long" }).format(at)}${between}`;
      const beside = document.createElement("span");
      beside.className = "own-time";
      beside.textContent = `${document.body.dataset.textYourTime} ${day}${hour}`;
      element.after(beside);
    }
  }

  function begin(root) {
    ownTimes(root);
    tick();
    answeredAt = performance.now();
  }
  begin(document);
  document.addEventListener("cnd:content", (event) => {
    answeredAt = performance.now();
    begin(event.detail);
  });
  setInterval(() => { if (!document.hidden) tick(); }, 250);
})();
