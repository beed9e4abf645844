"use strict";
(() => {
  const LANES = ["client", "gateway", "forward-proxy", "registry", "cache", "token", "upstream", "webhook", "s3"];
  const NAMES = { s3: "storage", token: "token server", "token-server": "token server" };
  const SVG = "http://www.w3.org/2000/svg";
  const PRINTED = 40;
  const byId = (id) => document.getElementById(id);
  const glossary = JSON.parse(byId("ui:glossary").textContent);
  const scenarios = [...document.querySelectorAll(".scenario")];

  // What a peer sent is only ever text; characters that steer or reorder it become visible.
  const visible = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
  const make = (name, given, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(given || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "class") element.className = value;
      else element.setAttribute(key, visible(value === true ? "" : value));
    }
    for (const part of inside.flat(Infinity)) if (part !== null && part !== undefined && part !== "")
      element.append(part instanceof Node ? part : visible(part));
    return element;
  };
  const draw = (name, given, ...inside) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(given)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const time = (us) => us < 1e7 ? (us / 1000).toFixed(1) + " ms" : us < 6e8 ? (us / 1e6).toFixed(2) + " s" : (us / 6e7).toFixed(1) + " min";
  const bytes = (n) => n < 10240 ? n + " bytes" : n < 10485760 ? (n / 1024).toFixed(0) + " KiB" : (n / 1048576).toFixed(0) + " MiB";
  const plural = (n, noun) => n + " " + noun + (n === 1 ? "" : "s");

  const copyable = (text) => {
    const block = make("pre", { class: "copy", tabindex: "0" }, text);
    return [block, copier(block)];
  };
  const copier = (block) => {
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", () => {
      const range = document.createRange();
      range.selectNodeContents(block);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      // The asynchronous clipboard is not there for files opened from disk.
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    });
    return button;
  };

  // A reader compares uploads and digests, nobody reads them; the whole text is the cell's title.
  const short = (text) => text.replace(/\b[0-9a-f]{4}[0-9a-f-]{28,}\b/g, (id) => id.slice(0, 4) + "\u2026");
  const cell = (label, text) => make("td", { "data-label": label, title: short(text) === text ? null : text }, short(text));

  const ruleOf = (id) => {
    const rule = glossary.rules[id];
    if (rule) {
      const link = make("a", { href: rule.link, rel: "noreferrer" }, id);
      return make("div", {}, link, " (" + rule.level + (rule.since ? " since " + rule.since : "") + "): " + rule.text);
    }
    return make("div", {}, id + (glossary.incidents[id] ? ": " + glossary.incidents[id] : ""));
  };

  const checksTable = (checks) => make("table", {},
    make("thead", {}, make("tr", {}, ["Verdict", "Checked", "Expected", "Actual", "Rule"].map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, checks.map((check) => make("tr", {},
      make("td", { "data-label": "Verdict" }, make("span", { class: "chip " + check.verdict }, check.verdict)),
      cell("Checked", check.what + (check.where ? " at " + check.where : "")),
      cell("Expected", check.expected),
      cell("Actual", check.actual),
      make("td", { "data-label": "Rule" }, check.rules.map(ruleOf))))));

  // Requests at their time; the answer of a call that caused others stands behind those.
  const rows = (calls) => {
    const last = calls.map(() => -1);
    calls.forEach((call, at) => { if (call.caused_by !== null && call.caused_by < at) last[call.caused_by] = at; });
    const events = [];
    calls.forEach((call, at) => {
      events.push({ at, order: at, kind: last[at] < 0 ? "both" : "ask" });
      if (last[at] >= 0) events.push({ at, order: last[at] + 0.5 + 0.4 * (1 - at / calls.length), kind: "reply" });
    });
    return events.sort((a, b) => a.order - b.order);
  };

  const arrow = (from, to, kind, lanes, struck) => {
    const x = (lane) => ((lane + 0.5) * 100) / lanes;
    const svg = draw("svg", { class: "row", "aria-hidden": "true" });
    for (let lane = 0; lane < lanes; lane++) svg.append(draw("line", { class: "life", x1: x(lane) + "%", x2: x(lane) + "%", y1: "0", y2: "100%" }));
    const [start, end] = kind === "reply" ? [to, from] : [from, to];
    const right = end >= start;
    const y = "0.9em";
    svg.append(draw("line", { class: kind === "reply" ? "reply" : "ask", x1: x(start) + "%", x2: x(end) + "%", y1: y, y2: y }));
    svg.append(draw("svg", { x: x(end) + "%", y, overflow: "visible" }, draw("path", { class: "tip", d: right ? "M0 0l-8 -4v8z" : "M0 0l8 -4v8z" })));
    if (struck) {
      const middle = (x(from) + x(to)) / 2 + "%";
      svg.append(draw("svg", { x: middle, y, overflow: "visible" }, draw("path", { class: "struck", d: "M2 -9l-7 10h5l-2 8l7 -10h-5z" })));
    }
    return svg;
  };

  const transcript = (title, first, headers, body) => {
    const head = headers.map(([name, value]) => name + ": " + value).join("\n");
    const shown = body.excerpt ? "\n\n" + body.excerpt : "";
    const size = body.bytes ? bytes(body.bytes) + (body.complete ? "" : ", broken off") + (body.digest ? ", " + body.digest : "") : "no body";
    return make("div", {}, make("p", { class: "label" }, title + ", " + size + (body.excerpt && body.excerpt.length < body.bytes ? ", of which the first are shown" : "")),
      make("pre", { tabindex: "0" }, first + (head ? "\n" + head : "") + shown));
  };

  const detail = (scenario, at) => {
    const call = scenario.calls[at];
    const checks = scenario.steps.flatMap((step) => step.checks).filter((check) => check.call === at);
    const status = call.status === null ? "no answer" + (call.error ? ": " + call.error : "") : "HTTP " + call.status;
    const took = call.end_us === null ? "never ended" : "took " + time(call.end_us - call.start_us);
    return make("div", { class: "detail" },
      checks.length ? checksTable(checks) : null,
      call.faults.map((fault) => make("p", { class: "fault" }, "Fault put in by the scenario (" + fault.effect + "): " + fault.summary)),
      make("p", { class: "facts" }, [call.operation, call.key_class, took, call.error].filter(Boolean).join(", ")),
      call.request_headers.length || call.request_body.excerpt || call.response_headers.length
        ? make("div", { class: "pair" },
          transcript("Request", call.method + " " + call.uri, call.request_headers, call.request_body),
          transcript("Answer", status, call.response_headers, call.response_body))
        : make("p", { class: "facts" }, call.method + " " + call.uri + ". Heads and bodies of this call are not kept; --trace all keeps them."),
      call.curl ? [make("p", { class: "label" }, "The same request by hand (put your own credentials where it says REDACTED)"), copyable(call.curl)] : null);
  };

  const timeline = (scenario) => {
    const calls = scenario.calls;
    const found = new Set(calls.flatMap((call) => [call.from, call.to]));
    const lanes = [...LANES.filter((lane) => found.has(lane)), ...[...found].filter((lane) => !LANES.includes(lane)).sort()];
    const origin = calls.reduce((least, call) => Math.min(least, call.start_us), Infinity);
    const wrong = new Map();
    for (const check of scenario.steps.flatMap((step) => step.checks))
      if (check.call !== null && (check.verdict === "failed" || check.verdict === "error")) {
        const said = wrong.get(check.call) || [];
        const rules = check.rules.length ? " (" + check.rules.join(", ") + (check.duty ? ": " + check.duty : "") + ")" : "";
        const end = ["status", "outcome", "no-answer", "only-answers"].includes(check.what);
        // Where the end of a call is wrong, what else is wrong with it follows from that.
        if (said.length < 3 && !said.some((text) => text.startsWith("expected ")))
          said.push(end ? "expected " + check.expected.replace("succeeds", "to succeed").replace("fails", "to fail") + rules
            : check.what + ": expected " + check.expected + ", was " + check.actual + rules);
        wrong.set(check.call, said);
      }
    const shows = new Map((scenario.blame ? scenario.blame.evidence : []).map((one) => [one.call, one.shows]));
    const list = make("ol", { class: "timeline", "aria-label": "Timeline of " + plural(calls.length, "call") });
    list.style.setProperty("--lanes", lanes.length);
    list.append(make("li", { class: "head", "aria-hidden": "true" }, make("span", { class: "time" }, "time"),
      make("span", { class: "lanes" }, lanes.map((lane) => make("span", {}, NAMES[lane] || lane))), make("span", {}, "call")));
    const begins = new Map();
    for (const step of scenario.steps) if (step.calls[1] > step.calls[0] && !begins.has(step.calls[0])) begins.set(step.calls[0], step);
    for (const row of rows(calls)) {
      const call = calls[row.at];
      const step = row.kind === "reply" ? null : begins.get(row.at);
      if (step) list.append(make("li", { class: "step" }, "step: " + step.title + (step.line ? " (line " + step.line + ")" : "") + (step.verdict === "passed" ? "" : ": " + step.verdict)));
      const from = lanes.indexOf(call.from), to = lanes.indexOf(call.to);
      const ends = row.kind !== "ask";
      const bad = ends && (wrong.has(row.at) || call.status === null || call.status >= 500);
      const status = call.status === null ? "no answer" : String(call.status);
      const at = row.kind === "reply" ? call.end_us === null ? call.start_us : call.end_us : call.start_us;
      const button = make("button", { type: "button", "aria-expanded": "false", "data-time": time(at - origin), class: "mono" });
      const spoken = make("span", { class: "unseen" }, time(at - origin) + ", " + (NAMES[call.from] || call.from) + " to " + (NAMES[call.to] || call.to) + (row.kind === "reply" ? ", answer: " : ": "));
      button.append(spoken, row.kind === "reply" ? "answer to " + call.method + " " : call.method + " " + visible(call.show) + " ");
      if (ends) button.append(make("span", { class: "status s" + (call.status === null ? 5 : Math.floor(call.status / 100)) }, status), call.note ? make("span", { class: "note" }, " " + call.note) : "");
      const what = make("div", { class: "what" }, button);
      if (row.kind !== "reply") for (const fault of call.faults) what.append(make("span", { class: "remark fault" }, "fault put in here: " + fault.summary));
      if (ends) {
        if (call.error) what.append(make("span", { class: "remark wrong" }, call.error));
        for (const text of wrong.get(row.at) || []) what.append(make("span", { class: "remark wrong" }, text));
        if (shows.get(row.at)) what.append(make("span", { class: "remark shows" }, shows.get(row.at)));
        for (const [at, text] of call.said || []) what.append(make("span", { class: "remark log" }, "log" + (at === null ? "" : " at " + time(at - origin)) + ": " + text));
      }
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        button.setAttribute("aria-expanded", String(!open));
        if (open) what.querySelector(".detail").remove(); else what.append(detail(scenario, row.at));
      });
      list.append(make("li", { class: (bad ? "bad " : "") + (ends && (wrong.has(row.at) || shows.has(row.at)) ? "named" : "") },
        make("span", { class: "time", "aria-hidden": "true" }, time(at - origin)),
        make("span", { class: "draw" }, arrow(from, to, row.kind, lanes.length, row.kind !== "reply" && call.faults.length > 0)), what));
    }
    return list;
  };

  const fill = (element) => {
    const body = element.querySelector(".body");
    if (body.firstChild) return;
    const scenario = JSON.parse(element.querySelector("script").textContent);
    const blame = scenario.blame;
    const facts = make("dl", {});
    const fact = (name, ...value) => { if (value.flat().some((part) => part)) facts.append(make("dt", {}, name), make("dd", {}, ...value)); };
    if (scenario.story) fact("Story", scenario.story);
    if (scenario.reason) fact("What happened", scenario.reason);
    if (blame) {
      fact("Blame", make("b", {}, [blame.party, blame.provoked_by ? ", provoked by " + blame.provoked_by : ""].join("").replace(/-/g, " ")), ": " + blame.why + " (blame rule " + blame.rule + ")");
      if (blame.fix) fact("What to do", blame.fix);
    }
    if (scenario.failed_tries.length) fact("Earlier tries", scenario.failed_tries.map((line) => make("div", {}, line)));
    fact("Times", scenario.virtual
      ? time(scenario.duration_us) + " of virtual time (in memory a clock of its own runs, waiting costs nothing); " + time(scenario.wall_us) + " on the wall"
      : time(scenario.wall_us) + " on the wall; all times are real");
    fact("File", scenario.file + ":" + scenario.line);
    body.append(facts);
    const checks = scenario.steps.flatMap((step) => step.checks);
    const bad = checks.filter((check) => check.verdict !== "passed");
    const good = checks.filter((check) => check.verdict === "passed");
    if (bad.length) body.append(make("h3", {}, "Expected against actual"), checksTable(bad));
    if (scenario.calls.length) body.append(make("h3", {}, "Timeline: " + plural(scenario.calls.length + scenario.calls_left_out, "call") +
      (scenario.calls_left_out ? ", of which " + scenario.calls_left_out + " are not kept" : "") + ", " + plural(scenario.faults_fired, "fault")), timeline(scenario));
    else if (scenario.calls_left_out) body.append(make("p", { class: "facts" }, plural(scenario.calls_left_out, "call") + " were made; none is kept in this file."));
    if (good.length) body.append(make("details", {}, make("summary", {}, plural(good.length, "check") + " passed"), checksTable(good)));
    if (scenario.log.length) body.append(make("details", {}, make("summary", {}, "Log of the system, " + plural(scenario.log.length, "line")), make("pre", { tabindex: "0" }, scenario.log.join("\n"))));
    if (blame && blame.ticket) body.append(make("details", {}, make("summary", {}, "Text for a ticket"), copyable(blame.ticket)));
    body.append(make("p", { class: "label" }, "See it again"), ...copyable(scenario.repeat));
  };

  for (const element of scenarios) element.addEventListener("toggle", () => { if (element.open) fill(element); });
  for (const block of document.querySelectorAll("pre.copy")) block.after(copier(block));

  const form = byId("ui:filters");
  const shown = byId("ui:shown");
  const texts = scenarios.map((element) => element.querySelector("summary").textContent.toLowerCase());
  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    scenarios.forEach((element, at) => {
      const { verdict, tags, blame, seen } = element.dataset;
      const fits = (!wanted.verdict || wanted.verdict === verdict) && (!wanted.tag || tags.split(" ").includes(wanted.tag)) &&
        (!wanted.blame || wanted.blame === blame) && (!wanted.seen || seen.split(" ").includes(wanted.seen)) &&
        words.every((word) => texts[at].includes(word));
      element.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = count + " of " + plural(scenarios.length, "scenario") + " shown";
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  filter();

  const follow = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const element = scenarios.find((one) => one.id === id);
    if (!element) return;
    if (element.hidden) form.reset();
    element.hidden = false;
    element.open = true;
    fill(element);
    element.scrollIntoView();
    element.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", follow);
  follow();

  // On paper every failure is open.
  let opened = [];
  const unfold = () => {
    opened = scenarios.filter((element) => !element.open && !element.hidden && ["failed", "error"].includes(element.dataset.verdict)).slice(0, PRINTED);
    for (const element of opened) { fill(element); element.open = true; }
  };
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", () => { for (const element of opened) element.open = false; });
})();
