"use strict";
/* Those who were lost and kept: kinds of loss, reasons they stated, what contacting has saved. SPDX-License-Identifier: GPL-3.0-or-later */
const Lost = (() => {
const {data, element, at, words, figure, range, whole, table, axis, draw, colour} = Page;
const {t, parts} = Words;
const quiet = (...children) => element("p", {class: "quiet"}, ...children);
const kindText = kind => t("kind_" + kind);

/* The lost of each month by kind, on top of each other. */
function kindsChart() {
  const all = data.rates.kinds, months = data.rates.rates.map(rate => rate.first), kinds = data.kinds.kind_totals.map(kind => kind.kind).filter(kind => all.some(one => one.kind === kind && one.lost > 0));
  const of = (kind, month) => all.findIndex(one => one.kind === kind && one.first === month);
  return draw(t("kindsByMonth"), t("kindsByMonthNote"), () => ({type: "bar", labels: months,
    datasets: kinds.map((kind, k) => ({label: kindText(kind), data: months.map(month => all[of(kind, month)].lost), backgroundColor: colour(k), maxBarThickness: 34})),
    x: {...axis(t("period"), {stacked: true}), type: "category"}, y: axis(t("lost"), {min: 0, stacked: true, ticks: {precision: 0}})}),
  table([t("period"), ...kinds.map(kindText)], months.map(month => [month, ...kinds.map(kind => figure("rates.kinds." + of(kind, month) + ".lost", 0, "whole"))]), t("kindsByMonth")));
}
function kinds() {
  const year = data.year, paid = year.valued > 0;
  const line = (kind, i) => { const p = "kinds.kind_totals." + i;
    return [[kindText(kind.kind), element("small", {}, t("about_" + kind.kind))], figure(p + ".lost", 0, "whole"), figure(p + ".share", 1, "share"),
      ...(paid ? [figure(p + ".value_lost", 0, "whole"), figure(p + ".value_share", 1, "share")] : [])]; };
  return [element("p", {}, parts("kindsSum", {lost: figure("kinds.lost", 0, "whole"), first: year.first, last: year.last})),
    element("div", {class: "pair"}, kindsChart(), table([t("kind"), t("lost"), t("ofLost"), ...(paid ? [t("valueLost"), t("ofValueLost")] : [])], data.kinds.kind_totals.map(line), t("kinds"))),
    data.stated === null ? [] : stated()];
}

/* Recorded reasons against what the model said: a cell for each cause that occurs. */
function stated() {
  const s = data.stated, named = new Map(data.causes.filter(cause => cause.name !== null).map(cause => [cause.name, cause.label[Words.language()]]));
  const causes = s.reasons.length === 0 ? [] : Object.keys(s.reasons[0].by_cause);
  const title = cause => cause === "(none)" ? t("noCause") : s.causes === "playbook" ? named.get(cause) ?? cause : cause === "customers" ? t("ofCustomer") : cause;
  const cell = (row, cause) => {
    const made = element("td", {}, element("span", {}, whole(row.by_cause[cause])));
    made.style.setProperty("--depth", .7 * row.by_cause[cause] / Math.max(1, row.lost));
    return made;
  };
  const told = s.reasons.reduce((sum, row) => sum + row.lost, 0);
  const made = table([t("statedReason"), t("lost"), ...causes.map(title)],
    s.reasons.map((row, i) => [row.stated === "(none)" ? t("noStated") : row.stated, figure("stated.reasons." + i + ".lost", 0, "whole"), ...causes.map(cause => cell(row, cause))]), t("stated"));
  made.classList.add("heat");
  return [element("h3", {}, t("stated")), quiet(parts("statedNote", {lost: figure("stated.lost", 0, "whole")}),
    s.reason_association === null ? "" : [t("space"), ...parts("association", {value: figure("stated.reason_association", 2)})],
    told < s.lost ? t("space") + t("statedCut", {rows: whole(s.reasons.length)}) : ""), s.reasons.length === 0 ? [] : made];
}

function shareWithLimits(p) {
  return [figure(p + ".value", 2, "share"), at(p).low === null ? "" : element("small", {}, range(p + ".low", p + ".high", 2, "share"))];
}
function saved() {
  const s = data.saved;
  if (s.lists === 0) return [element("p", {}, t("savedNothing"))];
  const tile = (title, p, digits, as) => element("div", {class: "tile"}, element("h3", {}, title), element("strong", {}, at(p).value === null ? "\u2013" : figure(p + ".value", digits, as)),
    at(p).low === null ? [] : element("p", {}, t("interval95"), " ", range(p + ".low", p + ".high", digits, as)));
  const valued = s.treated.valued > 0 && s.control.valued > 0;
  const group = (key, title) => { const p = "saved." + key, g = s[key];
    return [title, figure(p + ".customers", 0, "whole"), figure(p + ".churned", 0, "whole"), shareWithLimits(p + ".share"), ...(g.contacted === null ? [] : [figure(p + ".contacted", 0, "whole")]),
      ...(valued ? [figure(p + ".value", 0, "whole"), figure(p + ".lost", 0, "whole")] : [])]; };
  return [element("p", {}, parts("savedSum", {lists: figure("saved.lists", 0, "whole"), first: s.first, last: s.last})),
    element("div", {class: "tiles"}, tile(t("savedCustomers"), "saved.saved_customers", 1, "number"), ...(valued ? [tile(t("savedMoney"), "saved.saved_money", 0, "whole")] : []),
      tile(t("savedShare"), "saved.saved_share", 2, "share")),
    quiet(t("savedNote")),
    table([t("group"), t("customers"), t("turned"), t("turnedRate"), ...(s.treated.contacted === null ? [] : [t("contactedCount")]), ...(valued ? [t("value"), t("valueLost")] : [])], [group("treated", t("treated")), group("control", t("controlGroup"))], t("saved")),
    s.control.contacted > 0 ? element("p", {class: "warning"}, parts("crossed", {count: figure("saved.control.contacted", 0, "whole")}), " ", s.crossed.join(", "), s.control.contacted > s.crossed.length ? ", \u2026" : "") : [],
    s.unmarked > 0 ? quiet(parts("unmarked", {count: figure("saved.unmarked", 0, "whole")})) : []];
}
return {kinds, saved};
})();
