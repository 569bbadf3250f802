"use strict";
/* What the pages share: elements, figures, tables, charts, the theme. SPDX-License-Identifier: GPL-3.0-or-later */
const Page = (() => {
const data = JSON.parse(document.getElementById("data").textContent);
const settings = {locale: "en-US", none: "none", to: " to ", uncertain: " no interval", table: "As a table"};
const charts = [];
let printing = false;

/* Elements. Texts only ever become text nodes: a name may hold anything. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.flat());
  return made;
}

/* Figures. A figure knows where in the data it comes from: data-at, data-digits, data-as. */
function at(path) { return path.split(".").reduce((from, key) => from == null ? null : from[key], data); }
function whole(value) { return value.toLocaleString(settings.locale, {maximumFractionDigits: 0}); }
function words(value, digits, as) {
  if (value == null) return settings.none;
  if (as === "whole") return whole(value).replace("-", "\u2212");
  if (as === "p" && value < 0.0001) return "<0.0001";
  const percent = as === "share" || as === "share-change", signed = as === "change" || as === "share-change";
  const text = (percent ? 100 * value : value).toFixed(digits).replace("-", "\u2212") + (percent ? "\u202f%" : "");
  return signed && value >= 0 ? "+" + text : text;
}
function figure(path, digits = 0, as = "number") {
  return element("span", {"data-at": path, "data-digits": digits, "data-as": as}, words(at(path), digits, as));
}
function range(low, high, digits, as) { return [figure(low, digits, as), settings.to, figure(high, digits, as)]; }
function interval(path, digits, as = "number") {
  if (at(path + ".value") === null) return "";
  if (at(path + ".low") === null) return element("small", {}, settings.uncertain);
  const inner = as === "change" ? "number" : as === "share-change" ? "share" : as;
  return element("small", {}, " ", range(path + ".low", path + ".high", digits, inner));
}
function estimate(path, digits, as) { return [figure(path + ".value", digits, as), interval(path, digits, as)]; }

function table(headings, rows, caption = null) {
  const head = element("thead", {}, element("tr", {}, headings.map(text => element("th", {scope: "col"}, text))));
  const body = element("tbody", {}, rows.map(cells => element("tr", {}, cells.map((cell, i) =>
    i === 0 ? element("th", {scope: "row"}, cell) : cell instanceof HTMLTableCellElement ? cell : element("td", {}, cell)))));
  const named = caption === null ? {} : {role: "region", "aria-label": caption};
  return element("div", {class: "scroll", tabindex: "0", ...named},
    element("table", {}, caption === null ? [] : element("caption", {class: "unseen"}, caption), head, body));
}

/* Charts. Colours of Okabe and Ito (2008), the darker and lighter kin of them by theme. */
const light = ["#0072b2", "#b34f00", "#00795a", "#9b3c78", "#8a6d00", "#3f4a8a", "#8f2d2d", "#2f6f7a"];
const dark = ["#56b4e9", "#f0a44b", "#4fd1a5", "#e29cc5", "#f0e442", "#aab4ff", "#f08f8f", "#86d3df"];
const root = document.documentElement;
function isDark() { return root.dataset.theme === "dark" && !printing; }
function colour(i) { const list = isDark() ? dark : light; return list[i % list.length]; }
function ink(name) {
  const printed = {"--text": "#000", "--quiet": "#444", "--line": "#ccc"};
  return printing ? printed[name] : getComputedStyle(root).getPropertyValue(name).trim();
}
/* Vertical or horizontal bars from low to high of points that have them. */
const bars = {
  id: "bars",
  afterDatasetsDraw(chart) {
    const {ctx, scales: {x, y}, chartArea: area} = chart, across = chart.options.indexAxis === "y";
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    ctx.clip();
    chart.data.datasets.forEach((set, i) => {
      if (!set.intervals || !chart.isDatasetVisible(i)) return;
      ctx.strokeStyle = set.barColour || set.borderColor;
      ctx.lineWidth = 1.25;
      chart.getDatasetMeta(i).data.forEach((point, k) => {
        const [low, high] = set.intervals[k];
        if (low === null) return;
        ctx.beginPath();
        if (across) { ctx.moveTo(x.getPixelForValue(low), point.y); ctx.lineTo(x.getPixelForValue(high), point.y); }
        else { ctx.moveTo(point.x, y.getPixelForValue(low)); ctx.lineTo(point.x, y.getPixelForValue(high)); }
        ctx.stroke();
      });
    });
    ctx.restore();
  }
};
/* The edge of a band; of a stepped curve each point holds until the next one, as the curve does. */
function edge(points, key, stepped) {
  return points.flatMap((point, k) => [...(stepped && k > 0 ? [{x: point.x, y: points[k - 1][key]}] : []), {x: point.x, y: point[key]}]);
}
/* Bands between low and high of curves that have them: of up to three that are shown, or of those to be kept. */
const bands = {
  id: "bands",
  beforeDatasetsDraw(chart) {
    const {ctx, scales: {x, y}, chartArea: area} = chart;
    const shown = chart.data.datasets.filter((set, i) => set.band && chart.isDatasetVisible(i));
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    ctx.clip();
    ctx.globalAlpha = 0.2;
    for (const set of shown.length > 3 ? shown.filter(set => set.kept) : shown) {
      const points = set.band.filter(point => point.x !== null && point.low !== null);
      ctx.fillStyle = set.borderColor;
      ctx.beginPath();
      for (const point of [...edge(points, "low", set.stepped), ...edge(points, "high", set.stepped).reverse()])
        ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(point.y));
      ctx.fill();
    }
    ctx.restore();
  }
};
function axis(title, more = {}) {
  const {ticks = {}, ...rest} = more;
  return {type: "linear", title: {display: title !== "", text: title, color: ink("--quiet")}, grid: {color: ink("--line")},
    ticks: {color: ink("--quiet"), maxRotation: 0, ...ticks}, ...rest};
}
/* `alternative`: a table with the chart's figures, for who cannot see it. */
function draw(title, caption, configure, alternative = null) {
  const canvas = element("canvas", {role: "img", "aria-label": title + ". " + caption});
  const made = element("figure", {}, element("h3", {}, title), element("div", {class: "canvas"}, canvas), element("figcaption", {}, caption),
    alternative === null ? [] : element("details", {}, element("summary", {}, settings.table), alternative));
  charts.push({canvas, configure, chart: null});
  return made;
}
function render(entry) {
  const {datasets, labels, x, y, across = false, type = "line", legend = true, tooltip = {}} = entry.configure();
  const hidden = entry.chart && entry.chart.data.datasets.map((_, i) => !entry.chart.isDatasetVisible(i));
  if (entry.chart) entry.chart.destroy();
  if (hidden && hidden.length === datasets.length) datasets.forEach((set, i) => set.hidden = hidden[i]);
  entry.chart = new Chart(entry.canvas, {type, data: {labels, datasets}, plugins: [bands, bars], options: {
    animation: false, responsive: true, maintainAspectRatio: false, indexAxis: across ? "y" : "x", color: ink("--text"),
    interaction: {mode: "nearest", intersect: false},
    scales: {x, y},
    plugins: {legend: {display: legend, labels: {color: ink("--text"), boxWidth: 18, filter: item => item.text !== ""}},
      tooltip: {filter: item => item.dataset.label !== "", ...tooltip}}
  }});
}
function guide(points) {
  return {label: "", data: points, borderColor: ink("--quiet"), borderWidth: 1, borderDash: [4, 4], pointRadius: 0, pointHitRadius: 0};
}
function pairs(xs, ys) {
  return xs.map((x, k) => ({x, y: ys[k]})).filter(point => point.x !== null && point.y !== null);
}
const shares = {min: 0, max: 1};

/* All charts that were drawn, once their elements stand in the page. */
function renderAll() { charts.forEach(render); }
function renderOne(canvas) { charts.filter(entry => entry.canvas === canvas).forEach(render); }
/* Forgets all charts: the page is made anew. */
function clear() {
  for (const entry of charts) if (entry.chart) entry.chart.destroy();
  charts.length = 0;
}
/* The theme: the system's until one is chosen. */
const prefers = matchMedia("(prefers-color-scheme: dark)");
let chosen = false;
function setTheme(name, byHand) {
  chosen = chosen || byHand;
  root.dataset.theme = name;
  renderAll();
}
function start() {
  renderAll();
  prefers.addEventListener("change", () => { if (!chosen) setTheme(prefers.matches ? "dark" : "light", false); });
  addEventListener("beforeprint", () => { printing = true; renderAll(); });
  addEventListener("afterprint", () => { printing = false; renderAll(); });
}
return {data, settings, element, at, words, whole, figure, range, interval, estimate, table, axis, draw, colour, ink, guide, pairs, shares, isDark,
  renderAll, renderOne, clear, setTheme, start};
})();
