// Computes a drawing of lots again from its published proof, in the reader's browser (RULES 3).
(() => {
  "use strict";
  const utf8 = new TextEncoder();
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const sha256 = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));
  const bytesOf = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

  // RFC 8785, for values without fractions: keys in UTF-16 order, nothing between.
  function canonical(value) {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  const same = (one, other) => canonical(one) === canonical(other);
  const hashOf = (value) => sha256(utf8.encode(canonical(value)));

  async function lotsOf(candidates, d) {
    const lots = await Promise.all(candidates.map(async (candidate) =>
      ({ candidate, lot: await sha256(utf8.encode(hex(utf8.encode(`${candidate}/${d}`)))) })));
    return lots.sort((one, other) => (one.lot < other.lot ? 1 : one.lot > other.lot ? -1 : 0));
  }

  async function textOf(value, source) {
    if (value.kind === "drand") {
      const rounds = value.substituted ? source.substitute.round : source.round;
      if (value.round !== rounds || (await sha256(bytesOf(value.signature))) !== value.randomness) return null;
      return value.randomness;
    }
    if (value.kind === "numbers") {
      const numbers = value.numbers;
      const fits = numbers.length === source.count && numbers.every((n) => n >= source.minimum && n <= source.maximum)
        && (!source.distinct || new Set(numbers).size === numbers.length)
        && (source.ordered || numbers.every((n, i) => i === 0 || numbers[i - 1] <= n));
      return fits ? numbers.map((n) => `${n}.`).join("") : null;
    }
    if (value.kind === "rehearsal_seed") {
      return (await sha256(utf8.encode(value.seed))) === source.commitment ? value.seed : null;
    }
    if (value.kind === "commitment") return value.value === source.commitment ? value.value : null;
    return value.kind === "omitted" ? "" : null;
  }

  function interleave(order, quotas, slots) {
    const given = Object.fromEntries(order.map((group) => [group, 0]));
    const result = [];
    for (let number = 1; number <= slots; number += 1) {
      let best = null;
      for (const group of order) {
        if (given[group] >= quotas[group]) continue;
        // Larger quota / (2 given + 1) first; products keep it exact, the earlier drawn group wins a tie.
        if (best === null || quotas[group] * (2 * given[best] + 1) > quotas[best] * (2 * given[group] + 1)) best = group;
      }
      given[best] += 1;
      result.push({ number, group: best, turn: given[best] });
    }
    return result;
  }

  function speakersOf(announcement, order, slots) {
    const { ordering } = announcement;
    const levelOf = Object.fromEntries(announcement.roster.map((row) => [row.code, row.level]));
    const rows = [];
    for (const group of order) {
      for (const row of announcement.group_statements.filter((statement) => statement.group === group)) {
        rows.push({ statement: "group", delegation: row.delegation, group, level: row.level, slot: null, meeting: null });
      }
    }
    let first = 1;
    const meetings = ordering.meetings.length ? ordering.meetings : [{ number: null, slots: announcement.slots }];
    for (const meeting of meetings) {
      const here = slots.filter((slot) => slot.delegation !== null && slot.number >= first && slot.number < first + meeting.slots);
      for (const level of ordering.levels) {
        for (const slot of here.filter((one) => levelOf[one.delegation] === level)) {
          rows.push({ statement: "national", delegation: slot.delegation, group: slot.group, level, slot: slot.number, meeting: meeting.number });
        }
      }
      first += meeting.slots;
    }
    const turn = (kind) => (kind === "observer_state" ? 0 : kind === "ngo" ? 2 : 1);
    for (const which of [0, 1, 2]) {
      for (const row of announcement.others.filter((other) => turn(other.kind) === which)) {
        rows.push({ statement: "other", delegation: row.code, group: null, level: row.level, slot: null, meeting: null });
      }
    }
    return rows.map((row, index) => ({ place: index + 1, ...row }));
  }

  async function check(bundle, announced) {
    const { announcement, result } = bundle;
    const findings = [];
    const found = (what, agrees) => { findings.push({ what, agrees }); return agrees; };
    const hash = await hashOf(announcement);
    found("announcement", hash === bundle.announcement_sha256 && (!announced || hash === announced));
    const { sha256: own, ...rest } = bundle;
    found("bundle", (await hashOf(rest)) === own);

    const texts = await Promise.all(bundle.values.map((value, index) => textOf(value, announcement.sources[index])));
    const d = texts.filter((text) => text !== "").join("/");
    if (!found("randomness", texts.length === announcement.sources.length && !texts.includes(null) && d === result.d)) return findings;

    const groups = await lotsOf(announcement.groups.map((group) => `group/${group.code}`), d);
    const order = groups.map((group) => group.candidate.slice(6));
    found("groups", same(groups.map(({ candidate, lot }) => ({ group: candidate.slice(6), lot })), result.group_order));

    const groupOf = Object.fromEntries(announcement.roster.map((row) => [row.code, row.group]));
    const ranks = Object.fromEntries(order.map((group) => [group, []]));
    const lots = (await lotsOf(announcement.roster.map((row) => row.code), d)).map(({ candidate: code, lot }, index) => {
      const group = groupOf[code];
      ranks[group].push(code);
      return { rank: index + 1, code, group, group_rank: ranks[group].length, lot };
    });
    found("lots", same(lots, result.lots));

    const quotas = Object.fromEntries(announcement.groups.map((group) => [group.code, group.quota]));
    const slots = interleave(order, quotas, announcement.slots)
      .map(({ number, group, turn }) => ({ number, group, delegation: ranks[group][turn - 1] ?? null }));
    const waiting = announcement.groups.map(({ code }) => ({ group: code, delegations: ranks[code].slice(quotas[code]) }));
    found("slots", same(slots, result.slots) && same(waiting, result.waiting));
    found("speakers", same(speakersOf(announcement, order, slots), result.speakers));
    return findings;
  }

  function line(good, words) {
    const item = document.createElement("li");
    const mark = document.createElement("b");
    mark.textContent = good ? "✓" : "✗";
    mark.setAttribute("aria-hidden", "true");
    mark.className = good ? "check-good" : "check-bad";
    item.append(mark, words);
    return item;
  }

  async function run(box) {
    const report = box.querySelector(".draw-check-report");
    const say = (words) => { const p = document.createElement("p"); p.textContent = words; report.replaceChildren(p); return p; };
    if (!window.isSecureContext || !crypto.subtle) return say(box.dataset.textInsecure);
    say(box.dataset.textWorking);
    try {
      const answer = await fetch(box.dataset.drawCheck, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const findings = await check(await answer.json(), box.dataset.announced);
      const good = findings.every((finding) => finding.agrees);
      const verdict = say(good ? box.dataset.textTrue : box.dataset.textFalse);
      verdict.className = good ? "check-good" : "check-bad";
      const list = document.createElement("ul");
      list.className = "check-list";
      for (const { what, agrees } of findings) {
        const name = box.dataset[`text${what[0].toUpperCase()}${what.slice(1)}`];
        list.append(line(agrees, `${name}: ${agrees ? box.dataset.textAgrees : box.dataset.textDiffers}`));
      }
      report.append(list);
      box.dataset.checked = good ? "true" : "false";
    } catch {
      say(box.dataset.textUnusable);
      box.dataset.checked = "unusable";
    }
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-draw-check]");
    if (box && event.target.closest("button")) run(box);
  });
})();
