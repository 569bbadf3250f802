"use strict";
/* The list with its search, filters and order, a customer's card, the download. SPDX-License-Identifier: GPL-3.0-or-later */
const List = (() => {
const {data, element, figure, range, words, whole, table, settings} = Page;
const {t, parts} = Words;
const STEP = matchMedia("(max-width: 42rem)").matches ? 10 : 25;
const rows = data.customers;
/* Where each row stands in the data: the riskiest, and those of the further lists. */
const paths = new Map([["customers", rows], ["others", data.others]].flatMap(([key, some]) => some.map((row, i) => [row, key + "." + i])));
const byId = new Map([...paths.keys()].map(row => [row.customer_id, row]));
const state = {search: "", filters: {}, key: "rank", falling: false, shown: STEP};
const categories = data.features.map((feature, i) => i).filter(i => data.features[i].kind === "category");
let found = [];

const name = i => Words.feature(data.features[i]);
function valueText(i, value) {
  if (value === null) return t("unknown");
  return typeof value === "number" ? value.toLocaleString(settings.locale, {maximumSignificantDigits: 4}) : value;
}
/* The program's words in English; elsewhere the feature by its name there, where it has one: of the shipped list, or in the
   project's own script. */
function reasonText(row, reason) {
  const feature = data.features[reason.feature], own = feature.label === null && /[^\u0000-\u007f]/.test(feature.name);
  if (Words.language() === "en" || !(own || Words.isShipped(feature))) return reason.text;
  return name(reason.feature) + "：" + valueText(reason.feature, row.values[reason.feature]);
}
const before = row => row.move === null ? null : row.move.previous_rank;
const isNew = row => row.move !== null && (row.move.kind === "entered" || row.move.kind === "joined");
function movedAs(row) {
  if (row.move === null) return "";
  if (isNew(row)) return "movedNew";
  return before(row) > row.rank ? "movedUp" : before(row) < row.rank ? "movedDown" : "";
}

/* Of the playbook, where there is one. */
const hasCauses = data.causes.length > 0;
const causeText = (row, key) => row.cause === undefined || row.cause === null ? "" : data.causes[row.cause][key][Words.language()];
const told = {cause: row => causeText(row, "label"), action: row => causeText(row, "action"), owner: row => causeText(row, "owner")};

/* What can be filtered by: a name, how a row is told, what its values are called. */
function filters() {
  const all = [];
  const add = (key, title, of, text) => {
    const values = [...new Set(rows.map(of))].filter(value => value !== "");
    if (values.length > 1 && values.length <= 200) all.push({key, title, of, text, values});
  };
  if (hasCauses) {
    add("cause", t("cause"), row => row.cause ?? "", value => data.causes[value].label[Words.language()]);
    add("owner", t("owner"), row => row.cause === null ? "" : data.causes[row.cause].owner.en, value => data.causes.find(cause => cause.owner.en === value).owner[Words.language()]);
  }
  if (data.reps !== null) add("rep", t("rep"), row => row.rep ?? t("unknown"), value => value);
  add("reason", t("mainReason"), row => row.reasons.length === 0 ? "" : row.reasons[0].feature, name);
  for (const i of categories) add("f" + i, name(i), row => row.values[i] ?? t("unknown"), value => value);
  if (rows.some(row => row.control)) add("control", t("controlGroup"), row => String(row.control), value => t(value === "true" ? "control" : "contact"));
  add("moved", t("moved"), movedAs, value => t(value));
  return all;
}

function fits(row, active, wanted) {
  if (active.some(filter => String(filter.of(row)) !== state.filters[filter.key])) return false;
  if (wanted === "") return true;
  const texts = [row.customer_id, row.rep ?? "", ...Object.values(told).map(of => of(row)), ...row.reasons.map(reason => reasonText(row, reason)), ...categories.map(i => row.values[i] ?? "")];
  return texts.some(text => text.toLowerCase().includes(wanted));
}
function keyOf(row) { return state.key === "before" ? before(row) : row[state.key]; }
/* Missing ones come last, whichever way. */
function compare(a, b) {
  const x = keyOf(a), y = keyOf(b);
  if (x === null || y === null) return (x === null) - (y === null) || a.rank - b.rank;
  const order = typeof x === "string" ? (x < y ? -1 : x > y ? 1 : 0) : x - y;
  return (state.falling ? -order : order) || a.rank - b.rank;
}
function find() {
  const active = filters().filter(filter => state.filters[filter.key]);
  const wanted = state.search.trim().toLowerCase();
  found = rows.filter(row => fits(row, active, wanted)).sort(compare);
}

const path = row => paths.get(row);
function risk(row) {
  const bar = element("b");
  bar.style.setProperty("--part", 100 * row.probability + "%");
  return [element("span", {class: "risk"}, element("i", {"aria-hidden": "true"}, bar), figure(path(row) + ".probability", 1, "share")), likely(row)];
}
/* The interval of the probability, where the project asks for it. */
function likely(row) {
  if (row.probability_low === undefined || row.probability_low === null) return [];
  return element("small", {}, range(path(row) + ".probability_low", path(row) + ".probability_high", 1, "share"), row.borderline ? ", " + t("borderline") : "");
}
function moveMark(row) {
  if (row.move === null) return "";
  if (isNew(row)) return element("span", {class: "mark"}, t("isNew"));
  const change = before(row) - row.rank;
  return [String(before(row)), change === 0 ? "" : element("span", {class: change > 0 ? "up" : "down"}, change > 0 ? " \u25b2" + change : " \u25bc" + -change)];
}
function columns() {
  const has = key => rows.some(row => row[key] !== undefined && row[key] !== null);
  const cell = (label, ...children) => element("td", {"data-label": label}, ...children);
  return [
    {key: "rank", title: t("rank"), cell: row => cell(t("rank"), figure(path(row) + ".rank", 0, "whole"))},
    {key: "customer_id", title: t("customer"), cell: row => element("th", {scope: "row", class: "customer"}, opener(row, found), controlMark(row))},
    {key: "probability", falls: true, title: t("probability"), cell: row => element("td", {class: "chance", "data-label": t("probability")}, risk(row))},
    ...(has("expected_loss") ? [
      {key: "expected_loss", falls: true, title: t("expectedLoss"), cell: row => cell(t("expectedLoss"), figure(path(row) + ".expected_loss", 0, "whole"))},
      {key: "value", falls: true, title: t("value"), cell: row => cell(t("value"), figure(path(row) + ".value", 0, "whole"))}] : []),
    {title: t("why"), cell: row => element("td", {class: "why", "data-label": t("why")}, reasons(row))},
    ...(hasCauses ? [{title: t("causeAndAction"), cell: row => todo(told.cause(row), told.action(row), told.owner(row))}] : []),
    ...(has("move") ? [{key: "before", title: t("before"), cell: row => cell(t("before"), moveMark(row))}] : [])];
}
/* The cause, what is done about it, by whom. */
function todo(cause, action, owner) {
  return element("td", {class: "text do", "data-label": t("causeAndAction")}, cause === "" ? "" : element("strong", {}, cause), action, owner === "" ? "" : element("small", {}, owner));
}
/* Who is in the control group is not to be contacted. */
function controlMark(row) { return row.control === true ? [" ", element("span", {class: "mark"}, t("control"))] : []; }
function reasons(row) {
  if (row === undefined) return "";
  return row.reasons.length === 0 ? t("noReason") : element("ul", {}, row.reasons.map(reason => element("li", {}, reasonText(row, reason))));
}
/* Its card, from which `steps` lead on. */
function opener(row, steps) {
  const made = element("button", {type: "button", class: "name", "aria-label": t("open", {name: row.customer_id}), "aria-haspopup": "dialog"}, row.customer_id);
  made.addEventListener("click", () => open(row, steps));
  return made;
}
function heading(column) {
  if (column.key === undefined) return element("th", {scope: "col", class: "text"}, column.title);
  const button = element("button", {type: "button", "data-key": column.key}, column.title);
  const sort = state.key === column.key ? {"aria-sort": state.falling ? "descending" : "ascending"} : {};
  button.addEventListener("click", () => {
    state.falling = state.key === column.key ? !state.falling : column.falls === true;
    state.key = column.key;
    update();
    document.querySelector(`#list th button[data-key=${column.key}]`).focus();
  });
  return element("th", {scope: "col", ...sort, ...(column.key === "customer_id" ? {class: "customer"} : {})}, button);
}

let place, status, more;
function update() {
  find();
  const list = columns(), visible = found.slice(0, state.shown);
  place.replaceChildren(element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": t("list")},
    element("table", {}, element("caption", {class: "unseen"}, t("list")),
      element("thead", {}, element("tr", {}, list.map(heading))),
      element("tbody", {}, visible.map(row => element("tr", {}, list.map(column => column.cell(row))))))));
  if (found.length === 0) place.append(element("p", {}, t("nobody")));
  status.textContent = t("shown", {shown: whole(visible.length), found: whole(found.length), rows: whole(rows.length)});
  more.replaceChildren(...moreButtons());
}
function moreButtons() {
  const rest = found.length - state.shown;
  if (rest <= 0) return [];
  const button = (text, by) => {
    const made = element("button", {type: "button"}, text);
    made.addEventListener("click", () => { state.shown += by; update(); });
    return made;
  };
  return [button(t("showMore", {count: whole(Math.min(STEP, rest))}), STEP), button(t("showAll", {count: whole(found.length)}), rest)];
}

function search() {
  const input = element("input", {type: "search", id: "search", placeholder: t("searchHint"), autocomplete: "off"});
  input.value = state.search;
  input.addEventListener("input", () => { state.search = input.value; state.shown = STEP; update(); });
  return element("label", {}, t("search"), input);
}
/* A filter over `entries`: how many of them have which value. */
function choice(filter, entries, chosen, act) {
  const select = element("select", {"data-filter": filter.key}, element("option", {value: ""}, t("all")),
    filter.values.map(value => ({value, text: filter.text(value), count: entries.filter(entry => filter.of(entry) === value).length}))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
      .map(option => element("option", {value: option.value}, option.text + " (" + whole(option.count) + ")")));
  select.value = chosen || "";
  select.addEventListener("change", () => act(select.value));
  return element("label", {}, filter.title, select);
}
function button(text, id, act) {
  const made = element("button", {type: "button", id}, text);
  made.addEventListener("click", act);
  return made;
}
function section() {
  const bar = element("form", {class: "filters", role: "search"}, search(), filters().map(filter => choice(filter, rows, state.filters[filter.key], value => { state.filters[filter.key] = value; state.shown = STEP; update(); })),
    button(t("reset"), "reset", () => { state.search = ""; state.filters = {}; state.shown = STEP; Report.make("reset"); }),
    button(t("download"), "download", () => save("list", lines())));
  bar.addEventListener("submit", event => event.preventDefault());
  place = element("div", {class: "rows"});
  status = element("p", {class: "quiet", role: "status", id: "shown"});
  more = element("div", {class: "more"});
  const made = [bar, status, place, more];
  update();
  return made;
}

/* A text that a spreadsheet would take for a formula is marked as a text; those of East Asia read the wide signs likewise. */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) ? "'" + value : value;
  return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}
function lines() {
  const texts = hasCauses ? Object.keys(told) : [], rep = [...(data.reps === null ? [] : ["rep"]), ...(rows.some(row => row.control !== undefined) ? ["control"] : [])];
  return [["rank", "customer_id", "probability", "value", "expected_loss", "reason_1", "reason_2", "reason_3", ...categories.map(i => data.features[i].name), ...rep, ...texts],
    ...found.map(row => [row.rank, row.customer_id, row.probability, row.value, row.expected_loss,
      ...[0, 1, 2].map(k => k < row.reasons.length ? reasonText(row, row.reasons[k]) : ""), ...categories.map(i => row.values[i]), ...rep.map(key => typeof row[key] === "boolean" ? Number(row[key]) : row[key]), ...texts.map(key => told[key](row))])];
}
/* Lines of values as a file of that name. */
function save(name, lines) {
  const text = "\ufeff" + lines.map(line => line.map(cell).join(",") + "\r\n").join("");
  const address = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
  element("a", {href: address, download: "churn-" + name + (data.as_of === null ? "" : "-" + data.as_of) + ".csv"}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/* The card. */
const dialog = document.getElementById("card");
let shownRow = null, openedBy = null, steps = [];
function facts(entries) {
  return element("dl", {class: "facts"}, entries.map(([title, ...value]) => element("div", {}, element("dt", {}, title), element("dd", {}, ...value.flat()))));
}
/* Bars on one scale: from `least` to `most`, which hold 0. */
function bar(value, least, most) {
  const at = x => 100 * (x - least) / (most - least || 1), mark = element("b", value < 0 ? {class: "lowers"} : {});
  const axis = element("div", {class: "axis"}, mark);
  axis.style.setProperty("--zero", at(0) + "%");
  mark.style.setProperty("--left", at(Math.min(0, value)) + "%");
  mark.style.setProperty("--width", at(Math.max(0, value)) - at(Math.min(0, value)) + "%");
  return element("td", {class: "bar", "aria-hidden": "true"}, axis);
}
/* A table of signed bars: parts of {title, value, shown}, which add up with the average customer (and an offset) to the row's logit. */
function bars(row, caption, all) {
  const p = path(row), least = Math.min(0, ...all.map(part => part.value)), most = Math.max(0, ...all.map(part => part.value));
  const line = (title, drawing, shown, more = {}) => element("tr", more, element("th", {scope: "row"}, title), drawing, element("td", {}, shown));
  return element("table", {class: "bars"}, element("caption", {class: "unseen"}, caption),
    element("thead", {}, element("tr", {}, element("th", {scope: "col"}, caption), element("th", {scope: "col"}, element("span", {class: "unseen"}, t("bar"))),
      element("th", {scope: "col"}, t("contribution")))),
    element("tbody", {}, line(t("average"), element("td"), figure("average_logit", 3), {class: "sum"}),
      all.map(part => line(part.title, bar(part.value, least, most), part.shown)),
      row.offset === 0 ? [] : line(t("offset"), bar(row.offset, least, most), figure(p + ".offset", 3, "change")),
      line(t("total", {name: row.customer_id}), element("td"), figure(p + ".logit", 3), {class: "sum"})));
}
const bySize = parts => parts.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
/* What is too small to see is one part. */
function together(parts) {
  const large = parts.filter(part => Math.abs(part.value) >= 0.01), small = parts.slice(large.length), rest = small.reduce((sum, part) => sum + part.value, 0);
  return small.length < 2 ? parts : [...large, {title: t("small", {count: small.length}), value: rest, shown: words(rest, 3, "change")}];
}
function featureBars(row) {
  return bars(row, t("feature"), together(bySize(row.contributions.map((value, i) => ({value, title: [name(i), ": ", element("strong", {}, valueText(i, row.values[i]))],
    shown: figure(path(row) + ".contributions." + i, 3, "change")})))));
}
function causeBars(row) {
  if (!hasCauses) return [];
  const sums = new Map();
  row.contributions.forEach((value, i) => sums.set(data.features[i].cause, (sums.get(data.features[i].cause) ?? 0) + value));
  return [bars(row, t("byCause"), bySize([...sums].map(([cause, value]) => ({value, title: data.causes[cause].label[Words.language()], shown: words(value, 3, "change")}))))];
}
function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
function spark(history, counts) {
  const most = Math.max(1, ...counts), title = t("perMonth", {history, last: whole(counts[counts.length - 1]),
    mean: (counts.reduce((a, b) => a + b, 0) / counts.length).toLocaleString(settings.locale, {maximumFractionDigits: 1})});
  const picture = drawn("svg", {viewBox: `0 0 ${5 * counts.length} 30`, preserveAspectRatio: "none", role: "img", "aria-label": title});
  picture.append(drawn("line", {x1: 0, x2: 5 * counts.length, y1: 29.5, y2: 29.5}),
    ...counts.map((count, k) => drawn("rect", {x: 5 * k + .5, y: 29 - 28 * count / most, width: 4, height: 28 * count / most})));
  return element("div", {class: "spark"}, picture, element("p", {}, title));
}
function historyTable(row) {
  return element("details", {}, element("summary", {}, settings.table), table([t("month"), ...data.histories],
    data.months.map((month, k) => [month, ...row.months.map((_, h) => figure(path(row) + ".months." + h + "." + k, 0, "whole"))]), t("historyTitle")));
}
function history(row) {
  if (data.months.length === 0 || data.histories.length === 0) return [];
  return [element("h3", {}, t("historyTitle")), element("div", {class: "sparks"}, data.histories.map((name, h) => spark(name, row.months[h]))),
    element("p", {class: "quiet"}, t("historyNote", {months: data.months.length, day: data.as_of})), historyTable(row)];
}
function moved(row) {
  if (row.move === null || data.changes === null) return [];
  const p = path(row) + ".move", known = row.move.by_data !== null;
  return [element("h3", {}, t("moveTitle", {day: data.changes.since})), element("p", {}, !known ? t("moveUnknown") : parts("moveNote", {
    before: before(row) === null ? "\u2013" : figure(p + ".previous_rank", 0, "whole"), change: words(row.logit - row.move.previous_logit, 3, "change"),
    data: figure(p + ".by_data", 3, "change"), time: figure(p + ".by_time", 3, "change"), model: figure(p + ".by_model", 3, "change")}))];
}
function action(row) {
  if (row.control === true) return [element("p", {class: "action"}, element("strong", {}, t("controlNote")))];
  if (told.action(row) === "") return [];
  return [element("p", {class: "action"}, told.cause(row) + ": ", element("strong", {}, told.action(row)), told.owner(row) === "" ? "" : " (" + told.owner(row) + ")")];
}
function fill(row) {
  const p = path(row), at = steps.indexOf(row);
  const step = (key, to) => {
    const made = element("button", {type: "button"}, t(key));
    made.disabled = at < 0 || to < 0 || to >= steps.length;
    made.addEventListener("click", () => { shownRow = steps[to]; fill(shownRow); dialog.querySelector(".close").focus(); });
    return made;
  };
  const close = element("button", {type: "button", class: "close", autofocus: ""}, t("close"));
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(
    element("div", {class: "top"}, element("h2", {id: "card-title"}, t("cardOf", {name: row.customer_id})),
      element("div", {class: "tools"}, step("previousCard", at - 1), step("nextCard", at + 1), close)),
    facts([[t("rank"), figure(p + ".rank", 0, "whole")], [t("probability"), figure(p + ".probability", 1, "share"), likely(row)],
      ...(row.expected_loss === null ? [] : [[t("expectedLoss"), figure(p + ".expected_loss", 0, "whole")], [t("value"), figure(p + ".value", 0, "whole")]]),
      ...(row.top_probability === undefined || row.top_probability === null ? [] : [[t("inTop"), figure(p + ".top_probability", 0, "share")]]),
      ...(data.reps === null ? [] : [[t("rep"), row.rep ?? t("unknown")]]), ...categories.map(i => [name(i), valueText(i, row.values[i])])]),
    ...action(row),
    element("h3", {}, t("reasonsTitle")), element("p", {class: "quiet"}, t("reasonsNote")), ...causeBars(row), featureBars(row), ...history(row), ...moved(row));
  dialog.scrollTop = 0;
}
function open(row, from) {
  shownRow = row;
  steps = from;
  openedBy = document.activeElement;
  fill(row);
  dialog.showModal();
}
dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => { shownRow = null; if (openedBy && openedBy.isConnected) openedBy.focus(); });

return {section, name, row: id => byId.get(id), opener, controlMark, reasons, reasonText, todo, choice, button, save, refresh: () => { if (shownRow !== null) fill(shownRow); }};
})();
