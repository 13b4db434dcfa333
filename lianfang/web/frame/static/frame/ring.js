// The graph and the timeline of a ring; the table beside them says the same.
"use strict";
const COLOURS = { person: "#2f6db5", people: "#2f6db5", agent: "#c0392b", payee: "#8e44ad", device: "#16806a", poster: "#b9770e", wording: "#5b4a9c", thing: "#5b6b7b" };
const STYLE = [
  { selector: "node", style: { label: "data(label)", "font-size": 11, color: "#1c2733", "text-valign": "bottom", "text-margin-y": 3, "text-wrap": "ellipsis", "text-max-width": 110, "min-zoomed-font-size": 7, "text-background-color": "#fff", "text-background-opacity": 0.75, width: "data(size)", height: "data(size)", "background-color": "data(colour)" } },
  { selector: "node[role = 'wording']", style: { shape: "round-rectangle" } },
  { selector: "edge", style: { width: 1.2, "line-color": "#b8c3cf", "curve-style": "haystack" } },
  { selector: "node[role = 'person'], node[role = 'people']", style: { label: "", "font-size": 9, "min-zoomed-font-size": 6 } },
  { selector: ".near, node.named", style: { label: "data(name)" } },
  { selector: "node.named", style: { "z-index": 20, "text-background-opacity": 1, "min-zoomed-font-size": 0 } },
  { selector: "edge.lit", style: { "line-color": "#d97a00", width: 3.5, "z-index": 9 } },
  { selector: "node.lit", style: { "border-width": 4, "border-color": "#d97a00", "z-index": 9 } },
];

function elements(drawn, box) {
  const wide = Math.max(box.clientWidth, 500) * 1.15, high = 520;
  const nodes = drawn.nodes.map((one) => ({
    data: { id: one.id, label: one.label, name: one.label, role: one.role, colour: COLOURS[one.role] || COLOURS.thing, size: one.sort === "key" ? 26 : 13 + Math.min(20, 2.5 * Math.sqrt(one.n)) },
    position: { x: one.x * wide, y: one.y * high },
  }));
  const edges = drawn.edges.map((one, n) => ({ data: { id: "e" + n, source: one.left, target: one.right, why: one.why } }));
  return nodes.concat(edges);
}

function point(graph, id) {
  graph.elements().removeClass("lit named");
  const edge = graph.getElementById(id);
  edge.addClass("lit");
  edge.connectedNodes().addClass("lit named");
  return edge;
}

function light(graph, id) {
  const edge = point(graph, id);
  document.getElementById("said").textContent = `${edge.source().data("name")} — ${edge.target().data("name")}: ${edge.data("why")}`;
  for (const row of document.querySelectorAll("#edges tbody tr")) row.classList.toggle("lit", row.dataset.edge === id);
}

function tell(graph, node) {
  graph.elements().removeClass("lit named");
  node.addClass("lit named");
  const whys = [...new Set(node.connectedEdges().map((edge) => edge.data("why")))];
  node.connectedEdges().addClass("lit");
  document.getElementById("said").textContent = `${node.data("name")}: ${whys.slice(0, 3).join(" · ")}`;
}

// Names of people would lie on one another: a few are written, many only from close by, or where the reader points.
const FEW_PEOPLE = 12, CLOSE = 1.8;

function naming(graph) {
  const people = graph.nodes("[role = 'person'], [role = 'people']"), whole = graph.zoom();
  const show = () => {
    const near = people.length <= FEW_PEOPLE || graph.zoom() > whole * CLOSE;
    people.toggleClass("near", near);
    graph.container().dataset.people = near ? "named" : "unnamed";
  };
  graph.on("zoom", show);
  graph.on("mouseover", "node", (event) => event.target.addClass("named"));
  graph.on("mouseout", "node", (event) => event.target.removeClass("named"));
  show();
}

// Every line has its row, a few hundred at a time: a table of thousands would keep the reader waiting.
const AT_ONCE = 300;

function list(graph, drawn) {
  const table = document.getElementById("edges");
  const named = Object.fromEntries(drawn.nodes.map((one) => [one.id, one.label]));
  const more = document.createElement("button");
  more.type = "button";
  more.className = "btn btn-sm";
  let n = 0;
  const extend = () => {
    const first = n;
    for (; n < Math.min(first + AT_ONCE, drawn.edges.length); n += 1) edgeRow(graph, table.tBodies[0], drawn.edges[n], "e" + n, named);
    more.textContent = table.dataset.more.replace("{n}", drawn.edges.length - n);
    more.hidden = n >= drawn.edges.length;
    if (first) table.tBodies[0].rows[first].querySelector("button").focus();
  };
  more.addEventListener("click", extend);
  table.after(more);
  extend();
}

function edgeRow(graph, body, edge, id, named) {
  const row = body.insertRow();
  row.dataset.edge = id;
  row.insertCell().textContent = named[edge.left];
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = edge.why;
  button.addEventListener("click", () => light(graph, id));
  button.addEventListener("focus", () => point(graph, id));
  row.insertCell().append(button);
}

function time(days) {
  const box = document.getElementById("timeline");
  const chart = echarts.init(box);
  chart.setOption({
    animation: false, aria: { enabled: true }, grid: { left: 36, right: 12, top: 12, bottom: 26 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "time", axisLabel: { color: "#536273" } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: "#536273" }, splitLine: { lineStyle: { color: "#e6ebf0" } } },
    series: [{ type: "bar", data: days, itemStyle: { color: "#2f6db5" }, barMaxWidth: 14, barMinHeight: 2 }],
  });
  window.addEventListener("resize", () => chart.resize());
}

document.addEventListener("DOMContentLoaded", async () => {
  const box = document.getElementById("graph");
  const answer = await fetch(box.dataset.from, { credentials: "same-origin" });
  if (!answer.ok) return;
  const drawn = await answer.json();
  const graph = cytoscape({ container: box, elements: elements(drawn, box), style: STYLE, layout: { name: "preset", fit: true, padding: 26 }, minZoom: 0.2, maxZoom: 4 });
  naming(graph);
  graph.on("tap", "edge", (event) => light(graph, event.target.id()));
  graph.on("tap", "node", (event) => tell(graph, event.target));
  list(graph, drawn);
  time(drawn.timeline);
  box.dataset.drawn = "yes";
});
