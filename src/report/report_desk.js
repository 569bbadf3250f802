"use strict";
/* The desk's further lists: whom to contact within the capacity, who is loyal and slipping. SPDX-License-Identifier: GPL-3.0-or-later */
const Desk = (() => {
const {data, element, at, figure, range, whole, table} = Page;
const {t, parts} = Words;
/* Little at first where it takes much room; all of it on paper. */
const STEP = matchMedia("(max-width: 42rem)").matches ? 8 : 20;
const lists = {};
for (const [event, printed] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => Object.values(lists).forEach(update => update(printed)));
const language = () => Words.language();
const quiet = (...children) => element("p", {class: "quiet"}, ...children);
const causeOf = (entry, key) => entry.cause === undefined || entry.cause === null ? "" : data.causes[entry.cause][key][language()];
const repOf = entry => entry.rep !== undefined ? entry.rep : List.row(entry.customer_id)?.rep;
const hasCauses = data.causes.length > 0;

/* What a list can be filtered by, as on the main list: a name, how a line is told, how its values are called. */
function filtersOf(entries) {
  const all = [];
  const add = (key, title, of, text) => {
    const values = [...new Set(entries.map(of))].filter(value => value !== "");
    if (values.length > 1 && values.length <= 200) all.push({key, title, of, text, values});
  };
  if (hasCauses) {
    add("owner", t("owner"), entry => entry.cause === null ? "" : data.causes[entry.cause].owner.en, value => data.causes.find(cause => cause.owner.en === value).owner[language()]);
    add("cause", t("cause"), entry => entry.cause ?? "", value => data.causes[value].label[language()]);
  }
  if (data.reps !== null) add("rep", t("rep"), entry => repOf(entry) ?? t("unknown"), value => value);
  return all;
}

const states = {};
/* A list with filters, a line a customer, a download. `columns`: title, a line's cell, and for the download a name and a value. */
function listing(id, caption, entries, columns) {
  const state = states[id] ??= {filters: {}, shown: STEP}, filters = filtersOf(entries), drawn = columns.filter(column => column.cell !== undefined && !column.hidden), told = columns.filter(column => column.name !== undefined);
  const place = element("div", {class: "rows"}), status = quiet(), more = element("div", {class: "more"});
  status.setAttribute("role", "status");
  const found = () => entries.filter(entry => filters.every(filter => !state.filters[filter.key] || String(filter.of(entry)) === state.filters[filter.key]));
  function update(printed = false) {
    const shown = printed ? entries.length : state.shown;
    const wanted = found(), steps = wanted.map(entry => List.row(entry.customer_id)).filter(row => row !== undefined);
    place.replaceChildren(element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
      element("table", {}, element("caption", {class: "unseen"}, caption),
        element("thead", {}, element("tr", {}, drawn.map(column => element("th", {scope: "col", ...(column.text ? {class: "text"} : {})}, column.title)))),
        element("tbody", {}, wanted.slice(0, shown).map(entry => element("tr", {}, drawn.map(column => column.cell(entry, steps))))))));
    status.textContent = t("shownOf", {shown: whole(Math.min(shown, wanted.length)), found: whole(wanted.length)});
    const rest = wanted.length - shown;
    more.replaceChildren(...(rest <= 0 ? [] : [List.button(t("showAll", {count: whole(wanted.length)}), id + "-all", () => { state.shown = wanted.length; update(); })]));
  }
  const choice = filter => List.choice(filter, entries, state.filters[filter.key], value => { state.filters[filter.key] = value; update(); });
  const download = List.button(t("download"), id + "-download", () => List.save(id, [told.map(column => column.name),
    ...found().map(entry => told.map(column => column.value(entry)))]));
  const bar = element("form", {class: "filters", "aria-label": caption}, filters.map(choice), download);
  bar.addEventListener("submit", event => event.preventDefault());
  lists[id] = update;
  update();
  return [bar, status, place, more];
}
function shared(entries, path) {
  const index = new Map(entries.map((entry, i) => [entry, path + "." + i])), p = entry => index.get(entry);
  const cell = (label, ...children) => element("td", {"data-label": label}, ...children);
  const number = (title, key, name = key) => ({title, name, cell: entry => cell(title, figure(p(entry) + "." + key, 0, "whole")), value: entry => entry[key]});
  const chance = before => ({title: t("probability"), name: "probability", value: entry => entry.probability, cell: entry => element("td", {class: "chance", "data-label": t("probability")},
    figure(p(entry) + ".probability", 1, "share"), before === undefined ? "" : element("small", {}, parts("then", {share: figure(p(entry) + "." + before, 1, "share")})))});
  /* Ids stay on one line, names may break. */
  const text = (title, name, of) => ({title, name, text: true, cell: entry => element("td", {class: "text" + (of(entry).length <= 12 ? " short" : ""), "data-label": title}, of(entry)), value: of});
  const who = {title: t("customer"), name: "customer_id", value: entry => entry.customer_id, text: true, cell: (entry, steps) => {
    const row = List.row(entry.customer_id);
    return element("th", {scope: "row", class: "customer"}, row === undefined ? entry.customer_id : List.opener(row, steps), List.controlMark(entry));
  }};
  const place = {title: t("place"), name: "place", cell: entry => cell(t("place"), whole(entries.indexOf(entry) + 1)), value: entry => entries.indexOf(entry) + 1};
  const why = {title: t("why"), name: "reasons", text: true, value: entry => (List.row(entry.customer_id)?.reasons ?? []).map(reason => List.reasonText(List.row(entry.customer_id), reason)).join("; "),
    cell: entry => element("td", {class: "why", "data-label": t("why")}, List.reasons(List.row(entry.customer_id)))};
  const causes = hasCauses ? [{title: t("causeAndAction"), text: true, cell: entry => List.todo(causeOf(entry, "label"), causeOf(entry, "action"), causeOf(entry, "owner"))},
    ...["label", "action", "owner"].map(key => ({name: key === "label" ? "cause" : key, value: entry => causeOf(entry, key)}))] : [];
  const rep = data.reps === null ? [] : [text(t("rep"), "rep", entry => repOf(entry) ?? t("unknown"))];
  return {who, place, number, chance, why, causes, rep};
}

/* Without save rates and costs a contact is worth the money at risk. */
function sumsBy(path, first, of, plain) {
  return table([first, t("contacts"), t("room"), ...(plain ? [] : [t("worth")]), t("loss")], at(path).map((one, i) => { const p = path + "." + i;
    return [of(one), figure(p + ".customers", 0, "whole"), one.limit === null ? t("noLimit") : figure(p + ".limit", 0, "whole"), ...(plain ? [] : [figure(p + ".worth", 0, "whole")]), figure(p + ".expected_loss", 0, "whole")]; }), first);
}
function calls() {
  const c = data.calls, plain = c.worth === c.expected_loss, s = shared(c.rows, "calls.rows");
  const sums = [c.owners.length === 0 ? [] : sumsBy("calls.owners", t("owner"), one => one.owner[language()], plain),
    c.reps === null || c.reps.length === 0 ? [] : sumsBy("calls.reps", t("rep"), one => one.rep ?? t("unknown"), plain)].flat();
  const columns = [s.place, s.who, {...s.number(t("worth"), "worth"), hidden: plain}, s.chance(), s.number(t("expectedLoss"), "expected_loss"), s.number(t("value"), "value"), s.why, ...s.causes, ...s.rep];
  return [element("p", {}, parts(plain ? "callsPlain" : "callsSum", {customers: figure("calls.customers", 0, "whole"), worth: figure("calls.worth", 0, "whole"), loss: figure("calls.expected_loss", 0, "whole")}),
      c.limit === null ? "" : [t("space"), ...parts("callsLimit", {limit: figure("calls.limit", 0, "whole")})], c.no_room === 0 ? "" : [t("space"), ...parts("callsNoRoom", {count: figure("calls.no_room", 0, "whole")})],
      c.control === 0 ? "" : [t("space"), ...parts("callsControl", {count: figure("calls.control", 0, "whole")})]),
    quiet(t("callsNote"), c.rows.length < c.customers ? t("space") + t("callsCut", {rows: whole(c.rows.length), count: whole(c.customers)}) : ""),
    sums.length === 0 ? [] : element("div", {class: "charts sums"}, sums),
    c.rows.length === 0 ? [] : listing("calls", t("calls"), c.rows, columns)];
}
function loyal() {
  const l = data.loyal, s = shared(l.rows, "loyal.rows");
  const columns = [s.place, s.who, s.chance("before"), {name: "probability_before", value: entry => entry.before}, s.number(t("growth"), "growth", "loss_growth"), s.number(t("value"), "value"),
    s.number(t("tenure"), "tenure_days"), s.why, ...s.causes, ...s.rep];
  return [element("p", {}, l.customers === 0 ? t("loyalNobody") : parts("loyalSum", {customers: figure("loyal.customers", 0, "whole"), growth: figure("loyal.growth", 0, "whole"), day: l.since})),
    quiet(parts("loyalNote", {value: figure("loyal.least_value", 0, "whole"), days: figure("loyal.least_tenure_days", 0, "whole"), least: figure("loyal.least_probability", 2, "share"), rise: figure("loyal.rise", 1), day: l.since}),
      l.rows.length < l.customers ? t("space") + t("loyalCut", {rows: whole(l.rows.length), count: whole(l.customers)}) : ""),
    l.rows.length === 0 ? [] : listing("loyal", t("loyal"), l.rows, columns)];
}
return {calls, loyal};
})();
