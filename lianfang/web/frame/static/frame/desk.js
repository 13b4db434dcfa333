// The charts of the desk; the table below each says the same.
"use strict";
const INK = "#536273", COLOURS = ["#2f6db5", "#b9770e", "#16806a", "#8e44ad", "#c0392b", "#5b6b7b", "#7a8c2e", "#2b8ca3", "#a0527a", "#5b4a9c"];
const LABEL = { color: INK }, LINE = { lineStyle: { color: "#e6ebf0" } };

function series(told) {
  const stacked = told.shape === "stack" || told.shape === "share";
  return told.series.map((one) => ({
    name: one.name, type: "bar", data: one.numbers, barMaxWidth: told.shape === "share" ? 34 : 26, stack: stacked ? "all" : undefined,
    label: told.shape === "share" ? { show: true, formatter: (at) => (at.value ? `${at.value}` : ""), color: "#fff" } : undefined,
  }));
}

function option(told) {
  const lying = told.shape === "share";
  const names = { type: "category", data: told.along, axisLabel: LABEL }, numbers = { type: "value", minInterval: 1, axisLabel: LABEL, splitLine: LINE };
  return {
    animation: false, aria: { enabled: true }, color: COLOURS, tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
    legend: told.series.length > 1 ? { type: "scroll", bottom: 0, textStyle: LABEL } : undefined,
    grid: { left: 8, right: 16, top: 12, bottom: told.series.length > 1 ? 34 : 8, containLabel: true },
    xAxis: lying ? numbers : names, yAxis: lying ? { ...names, axisLabel: { show: false }, axisTick: { show: false } } : numbers, series: series(told),
  };
}

document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("[data-chart]")) {
    const chart = echarts.init(box);
    chart.setOption(option(JSON.parse(box.dataset.chart)));
    window.addEventListener("resize", () => chart.resize());
    box.dataset.drawn = "yes";
  }
});
