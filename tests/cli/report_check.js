/* Run in the page of a report: works it as a person would, and holds every figure against the document. What is wrong, or
   nothing, stands in the last paragraph. */
async function work(data, wrong) {
  const expect = (good, what) => { if (!good) wrong.push(what); };
  const all = (selector, of = document) => [...of.querySelectorAll(selector)], one = selector => document.querySelector(selector);
  const refused = [];
  addEventListener("securitypolicyviolation", event => refused.push(event.blockedURI));
  const plain = text => Number(text.replace("\u2212", "-").replace(/[+,%\u202f]/g, ""));
  const copy = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  let checked = 0;
  function figures(where) {
    for (const shown of all("[data-at]")) {
      const value = shown.dataset.at.split(".").reduce((from, key) => from === null ? null : from[key], data), text = shown.textContent;
      const scale = shown.dataset.as.startsWith("share") ? 100 : 1, digits = shown.dataset.as === "whole" ? 0 : Number(shown.dataset.digits);
      checked++;
      expect(value === null ? ["none", "无"].includes(text) : Math.abs(plain(text) - scale * value) <= 0.5000001 * 10 ** -digits, where + ": " + shown.dataset.at + " " + text);
    }
    for (const canvas of all("canvas")) {
      copy.clearRect(0, 0, 300, 150);
      copy.drawImage(canvas, 0, 0, 300, 150);
      expect(copy.getImageData(0, 0, 300, 150).data.some(v => v), where + ": an empty chart");
    }
    expect(document.documentElement.scrollWidth <= innerWidth, where + ": wider than the window");
    expect(!/NaN|undefined|\{\w+\}/.test(one("#page").textContent), where + ": no figure, or a word that is not filled in");
  }
  /* Where the outcome is not leaving, nothing but the rates and the kinds of loss speaks of it. */
  const titles = {silent: ["Who is about to fall silent", "谁即将沉默"], drop: ["Whose level is about to fall below ", "谁的水平即将跌破"]}[data.outcome.kind] ?? ["Who is about to leave", "谁即将流失"];
  function outcomeWords(where, title) {
    expect(data.outcome.kind === "drop" ? one("h1").textContent.startsWith(title) : one("h1").textContent === title, where + ": title");
    if (data.outcome.kind !== "silent" && data.outcome.kind !== "drop") return;
    const shown = all("h1, header .quiet, nav a:not([href='#rates']):not([href='#kinds']), .tiles, #quality, section:not(#rates):not(#kinds) :is(h2, th[scope=col])").map(made => made.textContent);
    const wrong = shown.find(text => /\bleav\w*|\bleft\b|流失/i.test(text));
    expect(wrong === undefined, where + ": speaks of leaving: " + (wrong ?? "").slice(0, 80));
  }
  /* A model that is of no use: said before all else, in red, in the language of the page. */
  function warned(where) {
    const warning = one("[role=alert]");
    expect((warning !== null) === data.model_quality.no_better_than_guessing, where + ": warning of the model");
    if (warning === null) return;
    const [red, green, blue] = getComputedStyle(warning).color.match(/\d+/g).map(Number);
    expect(red > 1.3 * green && red > 1.3 * blue && warning.compareDocumentPosition(one("nav")) === Node.DOCUMENT_POSITION_FOLLOWING, where + ": the warning is red and first");
    expect(where === "Chinese" ? /^请勿[^A-Za-z]*$/.test(warning.textContent) : warning.textContent.startsWith("Do not act on this list"), where + ": words of the warning");
  }
  /* A stepped curve holds each value until the next one, and so does its band. */
  function steps() {
    for (const chart of all("canvas").map(canvas => Chart.getChart(canvas))) {
      const set = chart.data.datasets.find(one => one.stepped && one.band), {ctx, scales: {x, y}} = chart;
      if (set === undefined) continue;
      const bands = [];
      let path = null;
      ctx.beginPath = () => { path = new Path2D(); CanvasRenderingContext2D.prototype.beginPath.call(ctx); };
      ctx.lineTo = (...point) => { path?.lineTo(...point); CanvasRenderingContext2D.prototype.lineTo.apply(ctx, point); };
      ctx.fill = () => { if (ctx.globalAlpha < 1) bands.push(path); CanvasRenderingContext2D.prototype.fill.call(ctx); };
      chart.draw();
      for (const name of ["beginPath", "lineTo", "fill"]) delete ctx[name];
      expect(bands.length === 1, "bands of a stepped curve: " + bands.length);
      const picture = Object.assign(document.createElement("canvas"), {width: chart.canvas.width, height: chart.canvas.height}).getContext("2d", {willReadFrequently: true});
      picture.drawImage(chart.canvas, 0, 0);
      set.band.slice(0, -1).forEach((point, k) => {
        const at = x.getPixelForValue(point.x + .9 * (set.band[k + 1].x - point.x)), low = y.getPixelForValue(point.low), high = y.getPixelForValue(point.high), curve = y.getPixelForValue(set.data[k].y);
        const inside = value => copy.isPointInPath(bands[0], at, value);
        if (low - high > 3) expect(inside(low - 1) && inside(high + 1) && !inside(low + 1) && !inside(high - 1) && inside(curve), "the band at step " + k);
        const ratio = chart.currentDevicePixelRatio, pixels = picture.getImageData(Math.round(at * ratio), Math.floor(curve * ratio), 1, 1).data;
        const line = [0, 2, 4].map(i => parseInt(set.borderColor.slice(1 + i, 3 + i), 16));
        expect(line.every((value, c) => Math.abs(value - pixels[c]) < 60), "the curve at step " + k);
      });
    }
  }
  if (data.customers.length === 0) {
    for (const id of ["lang-zh", "theme-dark", "lang-en", "theme-light"]) { one("#" + id).click(); figures(id); }
    expect(all(".tile").length === 4 && one(".tiles").textContent.includes("\u2013"), "tiles of nobody");
    return "nobody";
  }
  const narrow = matchMedia("(max-width: 42rem)").matches;
  const ids = () => all("#list tbody th .name").map(cell => cell.textContent), rows = data.customers;
  const type = text => { one("#search").value = text; one("#search").dispatchEvent(new Event("input")); };
  const showAll = () => { const more = all("#list .more button").pop(); if (more) more.click(); };
  figures("first");
  const opened = document.documentElement.lang;
  if (opened !== "en") one("#lang-en").click();
  warned("English");
  outcomeWords("English", titles[0]);
  steps();
  const note = one("#list .quiet").textContent, room = Math.min(data.asked, data.listable);
  expect(/megabyte/.test(note) === (rows.length < Math.min(room, data.listed)) && /nightly: top/.test(note) === (rows.length === data.listed && data.listed < room), "why there are no more rows: " + note);
  expect((data.contacts !== null) === /by the log/.test(one("#tonight").textContent), "who was contacted");
  if (data.reps !== null && data.reps.rows.length > 0) {
    const judged = !data.reps.in_training && data.reps.rep_features.length === 0, told = one("#reps").textContent;
    expect(/No verdicts/.test(told) === !judged && all("#reps thead th").some(cell => cell.textContent === "Verdict") === (judged && data.reps.total.expected > 0), "verdicts on reps");
    expect(judged || data.reps.rows.every(rep => rep.verdict === "not_tested"), "verdicts on reps in the document");
  }
  expect(all("#list tbody tr").length === Math.min(narrow ? 10 : 25, rows.length), "rows at first");
  expect(ids()[0] === rows[0].customer_id, "the riskiest is first");

  expect(all("#list tbody th .mark").length === rows.slice(0, narrow ? 10 : 25).filter(row => row.control === true).length, "marks of the control group");

  /* Search: by id, whatever the case; by a reason; nobody. */
  type(rows[3].customer_id.toLowerCase());
  expect(ids().includes(rows[3].customer_id) && ids().every(id => id.toLowerCase().includes(rows[3].customer_id.toLowerCase())), "search by id");
  type(rows[0].reasons[0].text);
  expect(ids()[0] === rows[0].customer_id, "search by reason");
  type("nobody has this name");
  expect(ids().length === 0 && one("#shown").textContent.startsWith("0 "), "search for nobody");
  type("");

  /* Order. */
  const sort = key => { one(`#list th button[data-key=${key}]`).click(); return one(`#list th button[data-key=${key}]`).parentNode.getAttribute("aria-sort"); };
  showAll();
  expect(sort("probability") === "descending" && ids().join() === [...rows].sort((a, b) => b.probability - a.probability || a.rank - b.rank).map(row => row.customer_id).join(), "falling");
  expect(sort("probability") === "ascending" && ids().join() === [...rows].sort((a, b) => a.probability - b.probability || a.rank - b.rank).map(row => row.customer_id).join(), "rising");
  expect(sort("customer_id") === "ascending" && ids().join() === rows.map(row => row.customer_id).sort((a, b) => a < b ? -1 : 1).join(), "by id");
  expect(all("#list th[aria-sort]").length === 1, "one column is sorted by");
  expect(document.activeElement.dataset.key === "customer_id", "the focus stays on the heading");
  sort("rank");

  /* Filters: each alone, by its first value. */
  expect(all("#list [data-filter]").length > 0, "no filter");
  for (const select of all("#list [data-filter]")) {
    const key = select.dataset.filter, value = select.options[1].value;
    const of = key === "control" ? row => String(row.control) : key === "rep" ? row => row.rep ?? "(missing)" : key === "cause" ? row => String(row.cause ?? "") : key === "reason" ? row => String(row.reasons.length === 0 ? "" : row.reasons[0].feature) : key[0] === "f" ? row => row.values[Number(key.slice(1))] ?? "(missing)" : null;
    select.value = value;
    select.dispatchEvent(new Event("change"));
    showAll();
    if (of !== null) expect(ids().join() === rows.filter(row => of(row) === value).map(row => row.customer_id).join(), "filter " + key);
    expect(select.options[1].textContent.endsWith(" (" + ids().length + ")"), "count of filter " + key);
    select.value = "";
    select.dispatchEvent(new Event("change"));
  }

  /* A card: opens, adds up, steps on, closes, and gives the focus back. */
  for (const k of [0, Math.min(6, rows.length - 1)]) {
    const name = all("#list .name")[k], row = rows[k];
    name.focus();
    name.click();
    expect(one("dialog").open && one("#card-title").textContent.endsWith(row.customer_id), "card of " + k);
    figures("card");
    const sum = row.contributions.reduce((a, b) => a + b, data.average_logit + row.offset);
    expect(Math.abs(sum - row.logit) <= 1e-12 * Math.max(1, Math.abs(row.logit)), "contributions of " + k);
    for (const table of all("dialog .bars")) {
      const cells = all("tbody td:last-child", table).map(cell => plain(cell.textContent)), total = cells.pop();
      expect(Math.abs(cells.reduce((a, b) => a + b, 0) - total) <= 0.0005 * (cells.length + 1), "bars of " + k);
      expect(all("b", table).length === cells.length - 1, "pictures of bars of " + k);
    }
    expect(all("dialog .bars").length === (data.causes.length > 0 ? 2 : 1) && all("dialog svg rect").length === data.months.length * data.histories.length, "pictures of " + k);
    const next = all("dialog .top button")[1];
    if (!next.disabled) { next.click(); expect(one("#card-title").textContent.endsWith(rows[k + 1].customer_id), "the next card"); }
    one("dialog .close").click();
    await new Promise(done => setTimeout(done, 50));
    expect(!one("dialog").open && document.activeElement === name, "closed, focus back");
  }

  /* The download: formulas are texts, figures stay figures. */
  let written = null;
  globalThis.Blob = class { constructor(parts) { written = parts.join(""); } };
  URL.createObjectURL = () => "blob:";
  HTMLAnchorElement.prototype.click = () => {};
  one("#download").click();
  const lines = written.split("\r\n"), signs = /^[=+@\uff1d\uff0b\uff0d\uff20-]/, isFormula = line => /(^|,)"?[=+@\uff1d\uff0b\uff0d\uff20]/.test(line);
  expect(lines.length === rows.length + 2 && lines[0].startsWith("\ufeffrank,customer_id,probability"), "lines of the download");
  rows.forEach((row, i) => { if (signs.test(row.customer_id)) expect(lines[i + 1].includes(",'" + row.customer_id[0]) || lines[i + 1].includes(",\"'" + row.customer_id[0]), "formula " + row.customer_id); });
  expect(!lines.some(isFormula), "a formula in the download");
  for (const sign of ["\n", "\t"]) {
    Page.data.customers[0].customer_id = sign + "=1";
    one("#download").click();
    expect(written.includes(sign === "\n" ? ",\"'\n=1\"," : ",'\t=1,"), "a formula behind " + JSON.stringify(sign));
  }
  Page.data.customers[0].customer_id = rows[0].customer_id;

  /* Further lists: the rows, filters, cards, a download; nothing of those that the project does not ask for. */
  async function further(id, list) {
    expect((list === null) === (one("#" + id) === null) && (list === null) === (one(`nav a[href="#${id}"]`) === null), id + " is there as its data are");
    if (list === null || list.rows.length === 0) return;
    const names = () => all(`#${id} .rows tbody th`).map(cell => cell.firstChild.textContent), wanted = list.rows.map(row => row.customer_id);
    expect(names().join("\n") === wanted.slice(0, narrow ? 8 : 20).join("\n"), id + ": first rows");
    dispatchEvent(new Event("beforeprint"));
    expect(names().join("\n") === wanted.join("\n"), id + ": all rows on paper");
    dispatchEvent(new Event("afterprint"));
    if (one(`#${id}-all`) !== null) one(`#${id}-all`).click();
    expect(names().join("\n") === wanted.join("\n"), id + ": all rows");
    expect(all(`#${id} .rows tbody th .mark`).length === list.rows.filter(row => row.control === true).length, id + ": marks of the control group");
    for (const select of all(`#${id} [data-filter]`)) {
      const key = select.dataset.filter, value = select.options[1].value;
      const of = key === "cause" ? row => String(row.cause) : key === "owner" ? row => row.cause === null ? "" : data.causes[row.cause].owner.en : null;
      select.value = value;
      select.dispatchEvent(new Event("change"));
      if (one(`#${id}-all`) !== null) one(`#${id}-all`).click();
      if (of !== null) expect(names().join("\n") === list.rows.filter(row => of(row) === value).map(row => row.customer_id).join("\n"), `${id}: filter ${key}`);
      expect(select.options[1].textContent.endsWith(" (" + names().length + ")"), `${id}: count of filter ${key}`);
      select.value = "";
      select.dispatchEvent(new Event("change"));
    }
    const openers = all(`#${id} .rows .name`);
    expect(openers.length === wanted.length, id + ": a card for each");
    openers[0].focus();
    openers[0].click();
    expect(one("dialog").open && one("#card-title").textContent.endsWith(wanted[0]), id + ": card");
    figures(id + " card");
    if (wanted.length > 1) { all("dialog .top button")[1].click(); expect(one("#card-title").textContent.endsWith(wanted[1]), id + ": the next card"); }
    one("dialog .close").click();
    await new Promise(done => setTimeout(done, 50));
    expect(document.activeElement === openers[0], id + ": focus back");
    one(`#${id}-download`).click();
    const got = written.split("\r\n");
    expect(got.length === wanted.length + 2 && got[0].startsWith("\ufeffplace,customer_id,") && got.slice(1, -1).every((line, i) => line.includes(wanted[i].replace(signs, "'$&"))), id + ": lines of the download");
    expect(!got.some(isFormula), id + ": a formula in the download");
  }
  await further("calls", data.calls);
  await further("loyal", data.loyal);
  for (const id of ["kinds", "saved"]) expect((data[id] === null) === (one("#" + id) === null), id + " is there as its data are");
  if (data.kinds !== null) {
    expect(data.kinds.kind_totals.reduce((sum, kind) => sum + kind.lost, 0) === data.kinds.lost, "kinds add up");
    expect(all("#kinds > .pair > .scroll tbody tr").length === data.kinds.kind_totals.length, "kinds");
  }
  const tables = all("#kinds .heat tbody tr");
  expect(tables.length === (data.kinds === null || data.stated === null ? 0 : data.stated.reasons.length), "stated reasons");
  tables.forEach((line, i) => {
    const cells = all("td", line).map(cell => plain(cell.textContent)), row = data.stated.reasons[i];
    expect(cells.shift() === row.lost && cells.reduce((a, b) => a + b, 0) === row.lost, "stated reason " + i);
    expect(line.firstChild.textContent === (row.stated === "(none)" ? "(none recorded)" : row.stated), "stated reason " + i + " in words");
  });
  if (data.saved !== null && data.saved.lists > 0) expect(all("#saved tbody tr").length === 2 && all("#saved .tile").length >= 2, "saved");

  /* The other language and the other theme; segments. */
  one("#lang-zh").click();
  expect(document.documentElement.lang === "zh-Hans" && document.title.startsWith(one("h1").textContent), "Chinese");
  warned("Chinese");
  outcomeWords("Chinese", titles[1]);
  expect(document.activeElement.id === "lang-zh" && document.activeElement.getAttribute("aria-pressed") === "true", "focus of the language");
  figures("Chinese");
  expect(all("#drift td.words").every(cell => /[\u4e00-\u9fff]/.test(cell.textContent)), "checks in Chinese");
  const english = all("#page :is(h2, h3, thead th, button, summary, label)").map(made => made.firstChild === null ? "" : made.firstChild.textContent)
    .filter(text => /^[A-Z][a-z]+ [a-z]+/.test(text) && !data.features.some(feature => text.startsWith(feature.name) || text === feature.label));
  expect(english.length === 0, "English on the Chinese page: " + english.slice(0, 3).join(", "));
  one("#lang-en").click();
  outcomeWords("English again", titles[0]);
  const background = () => getComputedStyle(document.body).backgroundColor, light = background();
  one("#theme-dark").click();
  expect(background() !== light, "dark");
  figures("dark");
  warned("dark");
  one("#theme-light").click();
  expect(background() === light, "light");
  const segment = one("#segment");
  if (segment !== null) {
    segment.value = String(segment.options.length - 1);
    segment.dispatchEvent(new Event("change"));
    figures("segment");
  }

  /* What helps who does not see the page, or has no mouse. */
  expect(all("table").every(table => all("thead th[scope=col]", table).length === all("thead th", table).length && all("tbody th[scope=row]", table).length === all("tbody tr", table).length), "headings of tables");
  expect(all("canvas").every(canvas => canvas.getAttribute("role") === "img" && canvas.getAttribute("aria-label") !== ""), "charts without words");
  expect(all("input, select").every(control => control.labels.length > 0), "a control without a label");
  expect(all("section").every(section => document.getElementById(section.getAttribute("aria-labelledby")) !== null), "a section without a name");
  expect(all("[id]").length === new Set(all("[id]").map(made => made.id)).size, "an id twice");
  expect(performance.getEntriesByType("resource").length === 0 && refused.length === 0, "something was asked for: " + refused.join());
  expect(document.images.length === 0 && all("script").length === SCRIPTS, "elements that a text made");
  return checked > 1000 ? "many" : checked;
}
addEventListener("load", async () => {
  const wrong = [], mark = document.createElement("p");
  let checked = 0;
  try {
    checked = await work(JSON.parse(document.getElementById("data").textContent), wrong);
  } catch (fault) {
    wrong.push(String(fault.stack));
  }
  mark.textContent = "CHECKED " + checked + " WRONG " + wrong.length + " " + wrong.slice(0, 6).join("; ");
  document.body.append(mark);
});
