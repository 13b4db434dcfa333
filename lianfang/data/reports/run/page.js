"use strict";
(() => {
  const shown = JSON.parse(document.getElementById("rings").textContent);
  const words = JSON.parse(document.getElementById("words").textContent);
  const NS = "http://www.w3.org/2000/svg";
  const $ = (id) => document.getElementById(id);

  const el = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const svg = (name, attributes) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    return made;
  };
  // Both languages are always in the page; a class shows one.
  const two = (say) => {
    const both = document.createDocumentFragment();
    both.append(el("span", { class: "zh" }, say[0]), el("span", { class: "en", lang: "en" }, say[1]));
    return both;
  };
  const tag = (level) => {
    const made = el("span", { class: "tag " + level });
    made.append(two(words[level]));
    return made;
  };

  const label = (ring) => {
    const made = document.createDocumentFragment();
    const head = el("span");
    head.append(tag(ring.level), " ", el("b", {}, ring.id));
    const what = el("small");
    ring.activities.forEach((say, n) => { if (n) what.append(" · "); what.append(two(say)); });
    const size = el("small");
    size.append(two([
      `${ring.people} 人 · ${ring.institutions} 家机构 · ${ring.records} 条记录`,
      `${ring.people} people · ${ring.institutions} institutions · ${ring.records} records`,
    ]), ring.first ? ` · ${ring.first} – ${ring.last}` : "");
    made.append(head, what, size);
    return made;
  };

  const queue = () => {
    const level = $("level").value, text = $("find").value.trim().toLowerCase();
    const list = $("queue");
    list.replaceChildren();
    let many = 0;
    for (const ring of shown) {
      const said = (ring.id + ring.activities.flat().join() + ring.why.flat().join()).toLowerCase();
      if ((level && ring.level !== level) || (text && !said.includes(text))) continue;
      many += 1;
      const button = el("button", { type: "button", "data-ring": ring.id });
      button.append(label(ring));
      button.addEventListener("click", () => open(ring));
      list.append(el("li", {}, button));
    }
    $("found").replaceChildren(two([`${many} 个团伙`, `${many} rings`]));
    mark();
  };

  let current = null;
  const mark = () => document.querySelectorAll("[data-ring]").forEach((button) =>
    button.setAttribute("aria-current", String(current !== null && button.dataset.ring === current.id)));

  const graph = (ring) => {
    const wide = 900, high = ring.nodes.length > 60 ? 640 : 440;
    const drawing = svg("svg", { class: "graph", viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-labelledby": "graph-name" });
    const at = new Map(ring.nodes.map((node) => [node.key, [30 + node.x * (wide - 60), 24 + node.y * (high - 48)]]));
    const near = new Map();
    ring.edges.forEach((edge, n) => {
      const a = at.get(edge.left), b = at.get(edge.right);
      if (!a || !b) return;
      const line = svg("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], "data-edge": n });
      const name = svg("title");
      name.textContent = edge.why.join(" / ");
      line.append(name);
      line.addEventListener("click", () => light(n));
      drawing.append(line);
      for (const key of [edge.left, edge.right]) near.set(key, (near.get(key) || []).concat(n));
    });
    const texts = [];
    for (const node of ring.nodes) {
      const [x, y] = at.get(node.key);
      const dot = svg("g", { "data-node": node.key });
      const size = Math.min(6 + Math.sqrt(node.n) * 2, 22);
      dot.append(node.role === "person"
        ? svg("circle", { cx: x, cy: y, r: size, class: "role-person" })
        : svg("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, rx: 3, class: "role-" + node.role }));
      const name = svg("title");
      name.textContent = node.name.join(" / ");
      dot.append(name);
      if (node.role !== "person" || ring.nodes.length <= 14) {
        const said = node.name.map((word) => word.length > 26 ? word.slice(0, 25) + "…" : word);
        const text = svg("text", {});
        said.forEach((word, n) => {
          const part = svg("tspan", { class: n ? "en" : "zh" });
          part.textContent = word;
          text.append(part);
        });
        dot.append(text);
        texts.push({ text, x, y, size, long: Math.max(...said.map(length)), joined: (near.get(node.key) || []).length });
      }
      dot.addEventListener("click", () => (near.get(node.key) || []).length && light(near.get(node.key)[0]));
      drawing.append(dot);
    }
    const taken = ring.nodes.map((node) => {
      const [x, y] = at.get(node.key), size = Math.min(6 + Math.sqrt(node.n) * 2, 22);
      return [x - size, y - size, x + size, y + size];
    });
    texts.sort((a, b) => b.joined - a.joined).forEach((one) => seat(one, taken, wide, high));
    return el("div", { class: "graph-box", tabindex: "0", role: "group", "aria-labelledby": "graph-name" }, drawing);
  };

  const length = (word) => Array.from(word).reduce((sum, sign) => sum + (sign > "\u2e7f" ? 12 : 6.6), 0);
  // A name stands where it covers no dot and no other name; where there is no such place it waits until its dot is lit.
  const seat = (one, taken, wide, high) => {
    const { x, y, size, long, text } = one;
    const places = [
      ["middle", x, y - size - 4, x - long / 2], ["middle", x, y + size + 12, x - long / 2],
      ["start", x + size + 4, y + 4, x + size + 4], ["end", x - size - 4, y + 4, x - size - 4 - long],
      ["start", x + size, y - size - 2, x + size], ["end", x - size, y - size - 2, x - size - long],
      ["start", x - size, y - size - 4, x - size], ["end", x + size, y - size - 4, x + size - long],
      ["start", x - size, y + size + 12, x - size], ["end", x + size, y + size + 12, x + size - long],
    ];
    const fits = places.find(([, , low, left]) => {
      const box = [left - 2, low - 11, left + long + 2, low + 3];
      return box[0] >= 0 && box[2] <= wide && box[1] >= 0 && box[3] <= high
        && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
    });
    const [anchor, across, low, left] = fits || places[left_of_middle(x, wide)];
    text.setAttribute("text-anchor", anchor);
    text.setAttribute("x", across);
    text.setAttribute("y", low);
    if (fits) taken.push([left - 2, low - 11, left + long + 2, low + 3]);
    else text.classList.add("waiting");
  };
  const left_of_middle = (x, wide) => (x < wide / 2 ? 2 : 3);

  const light = (n) => {
    document.querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));
    const edge = current.edges[n];
    document.querySelectorAll(`[data-edge="${n}"]`).forEach((one) => one.classList.add("lit"));
    for (const key of [edge.left, edge.right])
      document.querySelectorAll(`[data-node="${CSS.escape(key)}"]`).forEach((one) => one.classList.add("lit"));
    const row = document.querySelector(`tr[data-edge="${n}"]`);
    if (row) row.scrollIntoView({ block: "nearest" });
    $("said").replaceChildren(two(edge.why));
  };

  const cell = (say) => { const made = el("td"); made.append(two(say || ["", ""])); return made; };

  const edges = (ring) => {
    const body = el("tbody");
    const name = new Map(ring.nodes.map((node) => [node.key, node.name]));
    ring.edges.forEach((edge, n) => {
      const button = el("button", { type: "button" });
      button.append(two(edge.why));
      button.addEventListener("click", () => light(n));
      body.append(el("tr", { "data-edge": n }, cell(name.get(edge.left)), cell(name.get(edge.right)), el("td", {}, button)));
    });
    const head = el("tr");
    for (const say of [words.one, words.other, words.reason]) {
      const cell = el("th", { scope: "col" });
      cell.append(two(say));
      head.append(cell);
    }
    return el("div", { class: "edges", tabindex: "0", role: "group", "aria-labelledby": "edges-name" }, el("table", {}, el("thead", {}, head), body));
  };

  const timeline = (ring) => {
    const wide = 900, high = 90, days = ring.timeline;
    const first = Date.parse(days[0][0]), last = Date.parse(days[days.length - 1][0]);
    const most = Math.max(...days.map((day) => day[1]));
    const drawing = svg("svg", { viewBox: `0 0 ${wide} ${high + 20}`, role: "img", "aria-labelledby": "time-name" });
    drawing.append(svg("line", { class: "axis", x1: 0, x2: wide, y1: high, y2: high }));
    const place = (day) => 20 + (last > first ? (Date.parse(day) - first) / (last - first) : 0.5) * (wide - 60);
    for (const [day, n] of days) {
      const tall = Math.max((n / most) * (high - 12), 3);
      const bar = svg("rect", { class: "s0", x: place(day) - 3, y: high - tall, width: 7, height: tall });
      const name = svg("title");
      name.textContent = `${day}: ${n}`;
      bar.append(name);
      drawing.append(bar);
    }
    for (const [day, anchor] of [[days[0][0], "start"], [days[days.length - 1][0], "end"]]) {
      const text = svg("text", { x: anchor === "start" ? 0 : wide, y: high + 16, "text-anchor": anchor });
      text.textContent = day;
      drawing.append(text);
    }
    return drawing;
  };

  const passage = (one) => {
    const made = el("article");
    const head = el("h4", {}, one.record, " ", one.on || "", " ");
    head.append(two(one.title));
    if (one.evasion) { head.append(" "); const sign = el("span", { class: "tag look" }); sign.append(two(words.evasion)); head.append(sign); }
    const quote = el("blockquote");
    const signs = Array.from(one.text);
    let done = 0;
    for (const [start, end, zh, en, strength] of one.marks) {
      if (start < done) continue;
      quote.append(signs.slice(done, start).join(""));
      quote.append(el("mark", { class: strength, title: `${zh} / ${en}` }, signs.slice(start, end).join("")));
      done = end;
    }
    quote.append(signs.slice(done).join(""));
    made.append(head, quote);
    const names = new Map(one.marks.filter((m) => m[4] !== "guard").map((m) => [m[2], [m[2], m[3]]]));
    if (names.size) {
      const line = el("p", { class: "note" });
      line.append(two(words.signs), " ");
      [...names.values()].forEach((say, n) => { if (n) line.append(" · "); line.append(two(say)); });
      made.append(line);
    }
    for (const say of one.guards) { const line = el("p", { class: "guard" }); line.append(two(words.guard), " ", two(say)); made.append(line); }
    return made;
  };

  const heading = (say, id) => {
    const made = el("h3", id ? { id } : {});
    made.append(two(say));
    return made;
  };

  const open = (ring, quiet) => {
    current = ring;
    const box = $("ring");
    const head = el("h2", {}, tag(ring.level), " ", ring.id);
    const why = el("ul", { class: "why" });
    for (const say of ring.why) { const item = el("li"); item.append(two(say)); why.append(item); }
    const parts = [head, label(ring).lastChild, heading(words.why), why];
    if (ring.nodes.length) parts.push(heading(words.graph, "graph-name"), graph(ring), $("key").content.cloneNode(true),
      el("p", { id: "said", class: "note", "aria-live": "polite" }));
    if (ring.edges.length) parts.push(heading(words.reasons, "edges-name"), edges(ring));
    if (ring.timeline.length) parts.push(heading(words.timeline, "time-name"), timeline(ring));
    if (ring.passages.length) parts.push(heading(words.texts), ...ring.passages.map(passage));
    if (ring.hidden) { const more = el("p", { class: "note" }); more.append(two([`另有 ${ring.hidden} 条记录,见 ring_members.parquet`, `${ring.hidden} more records stand in ring_members.parquet`])); parts.push(more); }
    box.replaceChildren(...parts);
    mark();
    if (!quiet) { history.replaceState(null, "", "#" + ring.id); box.focus(); }
  };

  $("language").addEventListener("click", () => {
    const root = document.documentElement;
    root.lang = root.lang === "en" ? "zh-Hans" : "en";
  });
  for (const id of ["level", "find"]) $(id).addEventListener("input", queue);
  queue();
  const asked = shown.find((ring) => "#" + ring.id === location.hash) || shown[0];
  if (asked) open(asked, true);
})();
