"use strict";
/* The sections of the page around the list. SPDX-License-Identifier: GPL-3.0-or-later */
const Report = (() => {
const {data, settings, element, at, words, whole, figure, range, table, axis, draw, colour, ink, guide, pairs, shares} = Page;
const {t, parts} = Words;
const page = document.getElementById("page");
const state = {segment: 0};
const hasMoney = data.headline.expected_loss !== null;
const money = value => value === null ? settings.none : whole(value);
const percent = (value, digits = 1) => Number.isNaN(value) ? "\u2013" : words(value, digits, "share");
const quiet = (...children) => element("p", {class: "quiet"}, ...children);
const text = (...children) => element("p", {}, ...children);
const pair = (...made) => element("div", {class: "pair"}, ...made);
const charts = (...made) => element("div", {class: "charts"}, ...made);

/* Tonight against the run before, which had the same kind of figures. */
function since(key, digits = 0) {
  if (data.previous === null) return [];
  const now = key.split(".").reduce((from, part) => from[part], data.headline), then = key.split(".").reduce((from, part) => from[part], data.previous);
  if (now === null || then === null) return [];
  const change = now - then;
  const shown = Math.abs(change) < .5 * 10 ** -digits ? "\u00b10" : (change < 0 ? "\u2212" : "+") + Math.abs(change).toLocaleString(settings.locale, {minimumFractionDigits: digits, maximumFractionDigits: digits});
  return text(t("since", {change: shown, day: data.previous.as_of}), data.previous.model === data.model.id ? "" : " (" + t("otherModel") + ")");
}
function tile(title, value, ...notes) {
  return element("div", {class: "tile"}, element("h3", {}, title), element("strong", {}, value), ...notes.flat());
}
function tiles() {
  const h = data.headline, head = h.head;
  return element("div", {class: "tiles"},
    tile(t("customers"), figure("headline.customers", 0, "whole"), since("customers"), data.previous === null ? text(t("firstRun")) : []),
    tile(t("expected"), figure("headline.expected_churners", 0, "whole"), text(t("expectedNote", {share: percent(h.expected_churners / h.customers)})), since("expected_churners", 1)),
    tile(t("loss"), hasMoney ? figure("headline.expected_loss", 0, "whole") : "\u2013", text(hasMoney ? parts("lossNote", {value: figure("headline.value", 0, "whole")}) : t("noValue")), since("expected_loss")),
    tile(t("head", {count: whole(head.customers)}), figure("headline.head.expected_churners", 0, "whole"),
      text(t("headNote", {share: percent(head.expected_churners / h.expected_churners)}), hasMoney ? [t("comma"), t("headLoss", {share: percent(head.expected_loss / h.expected_loss)})] : []),
      since("head.expected_churners", 1)));
}
function contacts() {
  const figures = Object.fromEntries(["days", "customers", "head"].map(key => [key, figure("contacts." + key, 0, "whole")]));
  return text(parts("contactsLog", {...figures, day: data.as_of, count: figure("headline.head.customers", 0, "whole")}));
}
function tonight() {
  const tripped = data.gates.filter(gate => gate.verdict === "tripped").length, judged = data.gates.filter(gate => gate.verdict !== "not_judged").length;
  const c = data.changes;
  return [tiles(),
    data.contacts === null ? [] : contacts(),
    c === null ? [] : text(t("moves", {day: c.since, count: whole(data.headline.head.customers), entered: whole(c.entered + c.joined), joined: whole(c.joined), left: whole(c.left + c.gone), gone: whole(c.gone)})),
    tripped === 0 ? quiet(t("gatesGood", {count: whole(judged)}))
      : element("p", {class: "warning"}, element("a", {href: "#drift"}, t("gatesBad", {tripped: whole(tripped), count: whole(judged)})))];
}
function list() {
  const rows = data.customers.length, wanted = Math.min(data.asked, data.listable);
  const why = rows < Math.min(wanted, data.listed) ? t("space") + t("listCut", {asked: whole(Math.min(wanted, data.listed))}) : rows < wanted ? t("space") + t("listShort", {key: "nightly: top"}) : "";
  return [quiet(t("listNote", {rows: whole(rows), all: whole(data.headline.customers)}), why), List.section()];
}

/* Sums over customers at a path, as cells. */
function sumCells(p) {
  const sums = at(p), all = data.headline;
  return [figure(p + ".customers", 0, "whole"), percent(sums.customers === 0 ? null : sums.expected_churners / sums.customers), figure(p + ".expected_churners", 1),
    percent(sums.expected_churners / all.expected_churners), ...(hasMoney ? [figure(p + ".expected_loss", 0, "whole"), percent(sums.expected_loss === null ? null : sums.expected_loss / all.expected_loss)] : [])];
}
function sumHeadings(first) {
  return [first, t("customers"), t("meanRisk"), t("expected"), t("ofRisk"), ...(hasMoney ? [t("loss"), t("ofLoss")] : [])];
}
/* Bars across of the money at risk, or of those expected to leave. */
function sumBars(title, caption, labels, sums) {
  const key = hasMoney ? "expected_loss" : "expected_churners", unit = t(hasMoney ? "loss" : "expected");
  const made = draw(title, caption, () => ({
    type: "bar", across: true, legend: false, labels,
    datasets: [{label: unit, data: sums.map(sum => sum[key] ?? 0), backgroundColor: colour(0), maxBarThickness: 22}],
    x: axis(unit, {min: 0, ticks: {callback: value => whole(value)}}), y: {...axis(""), type: "category"}}));
  made.querySelector(".canvas").style.height = Math.max(9, 5 + 1.8 * labels.length) + "rem";
  return made;
}
const levelText = level => level === null ? t("unknown") : level;
function chooser() {
  const select = element("select", {id: "segment"}, data.segments.map((segment, i) => element("option", {value: i}, List.name(segment.feature))));
  select.value = state.segment;
  select.addEventListener("change", () => { state.segment = Number(select.value); make("segment"); });
  return element("form", {class: "filters"}, element("label", {}, t("segment"), select));
}
function segments() {
  const made = [];
  if (data.segments.length > 0) {
    const s = "segments." + state.segment, segment = data.segments[state.segment], name = List.name(segment.feature);
    const rows = segment.levels.map((level, i) => [levelText(level.level), ...sumCells(s + ".levels." + i)]);
    if (segment.others.customers > 0) rows.push([t("others"), ...sumCells(s + ".others")]);
    const shown = segment.levels.slice(0, 15);
    made.push(chooser(), pair(sumBars(name, t("segmentsNote", {all: whole(data.headline.customers)}), shown.map(level => levelText(level.level)), shown),
      table(sumHeadings(name), rows, t("segments") + ": " + name)));
  }
  const ends = band => t("bandRange", {from: percent(band.from, 0), to: percent(band.to, 0)});
  return [...made, element("h3", {}, t("bands")), quiet(t("bandsNote")), table(sumHeadings(t("probability")), data.bands.map((band, i) => [ends(band), ...sumCells("bands." + i)]), t("bands"))];
}
function byCause() {
  if (data.causes.length === 0) return [];
  const order = data.causes.map((_, i) => i).filter(i => data.causes[i].customers > 0).sort((a, b) => data.causes[b].expected_churners - data.causes[a].expected_churners);
  const name = i => data.causes[i].name === null ? t("noCause") : data.causes[i].label[Words.language()];
  return [quiet(t("causesAll", {all: whole(data.headline.customers)}), data.left_out === 0 ? "" : [t("space"), parts("leftOut", {count: figure("left_out", 0, "whole")})]),
    pair(sumBars(t("cause"), t("causesAll", {all: whole(data.headline.customers)}), order.map(name), order.map(i => data.causes[i])),
      table(sumHeadings(t("cause")), order.map(i => [name(i), ...sumCells("causes." + i)]), t("cause")))];
}
function reasons() {
  const order = data.reasons.map((_, i) => i).sort((a, b) => data.reasons[b].expected_churners - data.reasons[a].expected_churners);
  const name = i => data.reasons[i].feature === null ? t("noReason") : List.name(data.reasons[i].feature);
  return [...byCause(), pair(sumBars(t("mainReason"), t("reasonsAll", {all: whole(data.headline.customers)}), order.map(name), order.map(i => data.reasons[i])),
    table(sumHeadings(t("mainReason")), order.map(i => [name(i), ...sumCells("reasons." + i)]), t("reasons")))];
}

function rateChart(all) {
  return draw(t("monthlyRate"), t("ratesNote"), () => ({
    legend: false, labels: all.map(rate => rate.first),
    datasets: [{label: t("rate"), data: all.map(rate => rate.rate), borderColor: colour(0), backgroundColor: colour(0), pointRadius: 3, intervals: all.map(rate => [rate.rate_low, rate.rate_high])}],
    x: {...axis(t("period")), type: "category"}, y: axis(t("rate"), {min: 0, suggestedMax: Math.max(...all.map(rate => rate.rate_high ?? 0)), ticks: {callback: value => percent(value)}})}),
  table([t("period"), t("rate"), t("low"), t("high")], all.map((rate, i) => [rate.first, ...["rate", "rate_low", "rate_high"].map(key => figure("rates.rates." + i + "." + key, 2, "share"))])));
}
function survivalChart(curve) {
  const points = curve.points.map((_, i) => "rates.survival.0.points." + i);
  return draw(t("survival"), t("survivalNote"), () => ({
    legend: false, datasets: [{label: t("staying"), data: curve.points.map(p => ({x: p.months, y: p.survival})), borderColor: colour(0), backgroundColor: colour(0), pointRadius: 0,
      pointHitRadius: 6, stepped: "before", band: curve.points.map(p => ({x: p.months, low: p.low, high: p.high}))}],
    x: axis(t("monthsAfter")), y: axis(t("staying"), shares)}),
  table([t("monthsAfter"), t("staying"), t("low"), t("high")], points.map(p => [figure(p + ".months", 0, "whole"), ...["survival", "low", "high"].map(key => figure(p + "." + key, 1, "share"))])));
}
function cohorts() {
  const all = data.rates.cohorts.map((_, i) => i).filter(i => data.rates.cohorts[i].customers > 0);
  if (all.length === 0) return [];
  const longest = Math.max(...all.map(i => data.rates.cohorts[i].staying.length));
  const cell = (i, k) => {
    const value = data.rates.cohorts[i].staying[k], made = element("td", {}, value === undefined ? "" : element("span", {}, figure(`rates.cohorts.${i}.staying.${k}`, 0, "share")));
    made.style.setProperty("--depth", value === undefined ? 0 : Math.max(0, .6 * (1 - value) / (1 - Math.min(.9, ...all.flatMap(c => data.rates.cohorts[c].staying)))));
    return made;
  };
  const made = table([t("cohort"), t("customers"), ...Array.from({length: longest}, (_, k) => String(k))],
    all.map(i => [data.rates.cohorts[i].month.slice(0, 7), figure(`rates.cohorts.${i}.customers`, 0, "whole"), ...Array.from({length: longest}, (_, k) => cell(i, k))]), t("cohorts"));
  made.classList.add("heat");
  return [element("h3", {}, t("cohorts")), quiet(t("cohortsNote")), made];
}
function rates() {
  const all = data.rates.rates, loss = data.rates.loss, year = data.year, paid = year.valued > 0;
  const line = (rate, i) => { const p = "rates.rates." + i; return [[element("span", {class: "whole"}, rate.first), " ", element("span", {class: "whole"}, "\u2013 " + rate.last)], figure(p + ".customers", 0, "whole"), figure(p + ".joined", 0, "whole"), figure(p + ".lost", 0, "whole"),
    [figure(p + ".rate", 2, "share"), element("small", {}, " ", range(p + ".rate_low", p + ".rate_high", 2, "share"))]]; };
  const yearly = [...parts("yearlyLost", {customers: figure("year.lost", 0, "whole"), all: figure("year.customers", 0, "whole"), rate: figure("year.rate", 1, "share"), first: year.first, last: year.last}),
    ...(paid ? [t("space"), ...parts("yearlyMoney", {value: figure("year.value_lost", 0, "whole"), share: figure("year.value_share_lost", 1, "share"), net: figure("year.net_retention", 1, "share"), gross: figure("year.gross_retention", 1, "share")})] : []),
    ...(loss.customers_a_year === null ? [] : [t("space"), ...parts("yearlyLoss", {customers: figure("rates.loss.customers_a_year", 0, "whole")})])];
  return [text(yearly), charts(rateChart(all), data.rates.survival[0].points.length > 1 ? survivalChart(data.rates.survival[0]) : []),
    table([t("period"), t("atStart"), t("joined"), t("lost"), t("rate")], all.map(line), t("rates")), cohorts()];
}

/* Not where the model has seen what became of the books, or knows the rep. */
const isJudged = r => !r.in_training && r.rep_features.length === 0;
/* Observed against expected, with where a rep lies by chance. */
function funnel(r) {
  const shown = r.rows.filter(rep => rep.expected > 0 && rep.ratio !== null), ends = [r.funnel[0], r.funnel[r.funnel.length - 1]];
  const most = 1.05 * Math.max(...shown.map(rep => rep.ratio), ends[1].high_998, Math.min(4, ends[0].high_95));
  const limit = (key, dash) => ({type: "line", label: "", data: r.funnel.map(p => ({x: p.expected, y: p[key]})), borderColor: ink("--quiet"), borderWidth: 1, borderDash: dash, pointRadius: 0, pointHitRadius: 0});
  const told = verdict => shown.filter(rep => rep.verdict === verdict), others = shown.filter(rep => rep.verdict !== "worse" && rep.verdict !== "better");
  const points = (label, i, some) => ({label, data: some.map(rep => ({x: rep.expected, y: rep.ratio})), names: some.map(rep => rep.rep ?? t("unknown")), backgroundColor: colour(i), borderColor: colour(i), pointRadius: 4,
    showLine: false, type: "scatter"});
  return draw(t("funnel"), t("funnelNote"), () => ({type: "scatter",
    tooltip: {callbacks: {label: item => item.dataset.names[item.dataIndex] + ": " + words(item.parsed.y, 2)}},
    datasets: [points(t(isJudged(r) ? "asExpected" : "notTold"), 0, others), points(t("worse"), 1, told("worse")), points(t("better"), 2, told("better")), limit("low_95", [3, 3]), limit("high_95", [3, 3]), limit("low_998", []), limit("high_998", []),
      guide(ends.map(end => ({x: end.expected, y: 1})))].filter(set => set.data.length > 0),
    x: axis(t("expectedLost"), {min: ends[0].expected < ends[1].expected / 3 ? 0 : Math.floor(9 * ends[0].expected) / 10}), y: axis(t("ratio"), {min: 0, max: most, ticks: {callback: value => words(value, 1)}})}));
}
function reps() {
  const r = data.reps, paid = r.rows.some(rep => rep.expected_loss !== null), known = r.total.expected > 0, judged = known && isJudged(r);
  const why = [known ? t("repsNote", {day: r.as_of}) : t("repsNow"), ...(judged ? [t("repsHolm")] : []), ...(known && r.in_training ? [t("repsTrained")] : []),
    ...(r.rep_features.length > 0 ? [t("repsKnown", {features: r.rep_features.map(List.name).join(t("comma"))})] : []),
    ...(r.count > r.rows.length ? [t("repsCut", {rows: whole(r.rows.length), count: whole(r.count)})] : [])];
  const verdict = rep => element("td", rep.verdict === "worse" ? {class: "tripped"} : {}, t("rep_" + rep.verdict), rep.small ? element("small", {}, t("smallBook")) : "");
  const cells = (rep, p, name) => [name, figure(p + ".customers", 0, "whole"), figure(p + ".expected_churners", 1), ...(paid ? [figure(p + ".expected_loss", 0, "whole")] : []),
    ...(known ? [figure(p + ".observed", 0, "whole"), figure(p + ".expected", 1), [figure(p + ".ratio", 2), element("small", {}, rep.ratio === null ? "" : range(p + ".ratio_low", p + ".ratio_high", 2))]] : []), ...(judged ? [verdict(rep)] : [])];
  return [quiet(why.join(t("space"))),
    known && r.funnel.length > 1 ? charts(funnel(r)) : [],
    table([t("rep"), t("customers"), t("expected"), ...(paid ? [t("loss")] : []), ...(known ? [t("lostThen"), t("expectedLost"), t("ratio")] : []), ...(judged ? [t("verdict")] : [])],
      [cells(r.total, "reps.total", t("everybody")), ...r.rows.map((rep, i) => cells(rep, "reps.rows." + i, rep.rep ?? t("unknown")))], t("reps"))];
}

/* A curve from (0, 0) to (1, 1): of the newest day that is known, else at tenths out of fold. */
function curveChart(title, note, x, y, points, banded) {
  return draw(title, note + t("space") + (banded ? t("banded") : t("tenths")), () => ({
    legend: false, datasets: [{label: title, data: points, borderColor: colour(0), backgroundColor: colour(0), pointRadius: banded ? 0 : 3, pointHitRadius: 6, ...(banded ? {band: points} : {})},
      guide([{x: 0, y: 0}, {x: 1, y: 1}])], x: axis(x, shares), y: axis(y, shares)}),
  table([x, y, ...(banded ? [t("low"), t("high")] : [])], points.filter((_, i) => !banded || i % 10 === 0).map(p => [percent(p.x), percent(p.y), ...(banded ? [percent(p.low), percent(p.high)] : [])])));
}
function realisedCurves(q) {
  const r = q.realised, curve = (x, low, high) => r[x].map((value, k) => ({x: value, y: r.captured[k], low: r[low][k], high: r[high][k]}));
  return [curveChart(t("gain"), t("gainNote"), t("contacted"), t("reached"), curve("depth", "captured_low", "captured_high"), true),
    curveChart(t("roc"), t("rocNote"), t("inVain"), t("reached"), curve("false_positive_rate", "true_positive_low", "true_positive_high"), true)];
}
function trainedCurves(q) {
  const bins = q.out_of_fold.reliability, all = bins.reduce((s, b) => s + b.population, 0), churned = bins.reduce((s, b) => s + b.population_churners, 0);
  let people = 0, caught = 0;
  const points = [{people: 0, caught: 0}, ...bins.map(b => ({people: people += b.population, caught: caught += b.population_churners}))];
  return [curveChart(t("gain"), t("gainNote"), t("contacted"), t("reached"), points.map(p => ({x: p.people / all, y: p.caught / churned})), false),
    curveChart(t("roc"), t("rocNote"), t("inVain"), t("reached"), points.map(p => ({x: (p.people - p.caught) / (all - churned), y: p.caught / churned})), false)];
}
function calibrationChart(q) {
  const sets = [];
  if (q.realised !== null) sets.push({name: t("onDay", {day: q.realised.as_of}), at: "quality.realised.calibration", keys: ["predicted", "observed", "low", "high"]});
  if (q.out_of_fold !== null) sets.push({name: t("inTrainingSet"), at: "quality.out_of_fold.reliability", keys: ["mean_predicted", "observed", "lower", "upper"]});
  const most = Math.max(...sets.flatMap(set => at(set.at).flatMap(bin => set.keys.map(key => bin[key] ?? 0)))), scale = {min: 0, max: Math.min(1, most * 1.05)};
  return draw(t("calibration"), t("calibrationNote"), () => ({
    datasets: [...sets.map((set, i) => ({label: set.name, data: at(set.at).map(bin => ({x: bin[set.keys[0]], y: bin[set.keys[1]]})).sort((a, b) => a.x - b.x), borderColor: colour(i), backgroundColor: colour(i),
      pointRadius: 3, borderWidth: 1.5, intervals: [...at(set.at)].sort((a, b) => a[set.keys[0]] - b[set.keys[0]]).map(bin => [bin[set.keys[2]], bin[set.keys[3]]])})), guide([{x: 0, y: 0}, {x: 1, y: 1}])],
    x: axis(t("predicted"), scale), y: axis(t("observed"), scale)}),
  element("div", {}, sets.map(set => table([set.name + ": " + t("predicted"), t("observed"), t("low"), t("high")],
    at(set.at).map((_, i) => set.keys.map(key => figure(set.at + "." + i + "." + key, 2, "share")))))));
}
function judged(p) {
  const f = at(p);
  return {rows: figure(p + ".rows", 0, "whole"), churners: figure(p + ".churners", 0, "whole"),
    auc: [figure(p + ".auc", 3), f.auc_lower === null ? "" : element("small", {}, " (", range(p + ".auc_lower", p + ".auc_upper", 3), ")")], slope: figure(p + ".calibration_slope", 2)};
}
function outcomes(q) {
  const estimated = (o, p, key, digits, as) => o[key] === null ? "" : element("small", {}, figure(p + "." + key, digits, as), " ", t("predicted"));
  const line = (o, i) => { const p = "quality.outcomes." + i; return [o.as_of, figure(p + ".judged", 0, "whole"), figure(p + ".churned", 0, "whole"), figure(p + ".observed", 2, "share"), figure(p + ".estimated", 2, "share"),
    [figure(p + ".auc", 3), estimated(o, p, "estimated_auc", 3)], [figure(p + ".captured", 1, "share"), estimated(o, p, "estimated_captured", 1, "share")]]; };
  const series = (key, i, name) => ({label: name, data: q.outcomes.map(o => o[key]), borderColor: colour(i), backgroundColor: colour(i), pointRadius: 3});
  return [element("h3", {}, t("outcomes")), q.outcomes.length === 0 ? quiet(t("noOutcomes")) : [quiet(t("outcomesNote")),
    q.outcomes.length < 2 ? [] : charts(draw(t("outcomes"), t("outcomesNote"), () => ({labels: q.outcomes.map(o => o.as_of), datasets: [series("observed", 0, t("observed")), series("estimated", 1, t("predicted"))],
      x: {...axis(t("listOf")), type: "category"}, y: axis(t("turnedRate"), {min: 0, ticks: {callback: value => percent(value)}})}))),
    table([t("listOf"), t("judged"), t("turned"), t("observed"), t("predicted"), t("auc"), t("captured")], q.outcomes.map(line), t("outcomes"))]];
}
function quality() {
  const q = data.quality, r = "quality.realised", drawn = q.realised !== null ? realisedCurves(q) : q.out_of_fold !== null && q.out_of_fold.reliability.length > 0 ? trainedCurves(q) : [];
  return [q.validation === null ? [] : text(parts("validation", judged("quality.validation"))),
    q.out_of_fold === null ? [] : text(parts("outOfFold", judged("quality.out_of_fold.figures"))),
    q.realised === null ? [] : text(parts("realised", {day: q.realised.as_of, expected: figure(r + ".expected_churners", 0, "whole"), rows: figure(r + ".rows", 0, "whole"), churners: figure(r + ".churners", 0, "whole"),
      auc: figure(r + ".auc", 3)}), q.realised.in_training ? t("space") + t("inTraining") : ""),
    charts(...drawn, q.realised !== null || q.out_of_fold !== null ? calibrationChart(q) : []), outcomes(q)];
}

function verdictCell(gate) { return element("td", gate.verdict === "tripped" ? {class: "tripped"} : {}, t(gate.verdict)); }
function gateTable(all) {
  return table([t("check"), t("subject"), t("verdict"), t("figure"), t("limit"), t("message")], all.map(i => { const gate = data.gates[i];
    return [Words.gate(gate.gate), gate.subject ?? "", verdictCell(gate), figure("gates." + i + ".value", 3), figure("gates." + i + ".limit", 3), element("td", {class: "words"}, Words.language() === "zh" ? gate.message_zh : gate.message)]; }), t("checks"));
}
function drift() {
  const all = data.gates.map((_, i) => i), tripped = all.filter(i => data.gates[i].verdict === "tripped");
  const order = data.drift.features.map((_, i) => i).sort((a, b) => (data.drift.features[b].index ?? -1) - (data.drift.features[a].index ?? -1));
  const line = i => { const p = "drift.features." + i, gate = data.gates.find(gate => gate.gate === "drift" && gate.subject === data.features[i].name);
    return [List.name(i), figure(p + ".index", 3), figure(p + ".spread", 3), gate === undefined ? "" : verdictCell(gate), figure(p + ".missing", 1, "share"), figure(p + ".trained_missing", 1, "share"),
      figure(p + ".unseen", 1, "share")]; };
  return [tripped.length === 0 ? [] : gateTable(tripped), quiet(t("driftNote")),
    table([t("featureName"), t("index"), t("usual"), t("verdict"), t("missing"), t("missingThen"), t("unseen")], order.map(line), t("drift")),
    all.length === 0 ? [] : element("details", {}, element("summary", {}, t("checks") + " (" + whole(all.length) + ")"), gateTable(all))];
}

/* Sections in their order; those without data are left out. */
const sections = [["tonight", tonight, () => true], ["calls", Desk.calls, () => data.calls !== null], ["list", list, () => data.customers.length > 0], ["loyal", Desk.loyal, () => data.loyal !== null], ["segments", segments, () => true], ["reasons", reasons, () => data.reasons.length > 0],
  ["rates", rates, () => data.rates !== null], ["kinds", Lost.kinds, () => data.kinds !== null],
  ["saved", Lost.saved, () => data.saved !== null], ["reps", reps, () => data.reps !== null && data.reps.rows.length > 0], ["quality", quality, () => true], ["drift", drift, () => true]];

function toggle(id, title, options, current, act) {
  return element("div", {class: "tools", role: "group", "aria-label": title}, options.map(([key, name, attributes]) => {
    const made = element("button", {type: "button", id: id + "-" + key, "aria-pressed": String(key === current), ...attributes}, name);
    made.addEventListener("click", () => act(key, made.id));
    return made;
  }));
}
function header() {
  const m = data.model, windowed = m.horizon_days > 0;
  const subtitle = t(windowed ? "subtitle" : "subtitlePlain", {day: windowed ? t("asOf", {day: data.as_of}) : t("flat"), model: t("withModel", {model: m.id.slice(0, 8)}),
    window: t(m.gap_days > 0 ? "windowGap" : "window", {days: m.horizon_days, gap: m.gap_days, end: m.gap_days + m.horizon_days})});
  const print = element("button", {type: "button"}, t("print"));
  print.addEventListener("click", () => globalThis.print());
  return element("header", {}, element("a", {href: "#list", class: "skip"}, t("skip")),
    element("div", {}, element("h1", {}, t("title")), quiet(subtitle)),
    element("div", {class: "tools"},
      toggle("lang", t("language"), Object.entries(Words.names).map(([key, name]) => [key, name, {lang: key}]), Words.language(), (key, id) => { Words.set(key); make(id); }),
      toggle("theme", t("theme"), ["light", "dark"].map(key => [key, t(key), {}]), document.documentElement.dataset.theme, (key, id) => { Page.setTheme(key, true); make(id); }), print));
}
/* Of a model that is of no use, before anything that it says. */
function warning() {
  return data.model_quality.no_better_than_guessing ? element("p", {class: "warning guesses", role: "alert"}, t("guesses")) : [];
}
/* Everything anew, in the language of now; the focus goes back to the element with an id. */
function make(focus = null) {
  const shown = sections.filter(([, , there]) => there());
  const place = scrollY;
  Page.clear();
  document.documentElement.lang = Words.language() === "zh" ? "zh-Hans" : "en";
  document.title = t("title") + (data.as_of === null ? "" : " \u2013 " + data.as_of);
  Object.assign(settings, {locale: Words.language() === "zh" ? "zh-CN" : "en-US", none: t("none"), to: t("to"), uncertain: t("uncertain"), table: t("table")});
  const nav = element("nav", {"aria-label": t("sections")}, element("ul", {}, shown.map(([id]) => element("li", {}, element("a", {href: "#" + id}, t(id))))));
  const main = element("main", {}, shown.map(([id, fill]) => element("section", {id, "aria-labelledby": id + "-title"}, element("h2", {id: id + "-title"}, t(id)), ...[fill()].flat(3))));
  page.replaceChildren(...[header(), warning(), nav, main].flat(), element("footer", {}, quiet(t("footer", {program: data.program}))));
  Page.renderAll();
  scrollTo(0, place);
  List.refresh();
  if (focus !== null) document.getElementById(focus).focus({preventScroll: true});
}
/* Charts are drawn again for another theme, so the first time nothing is to be drawn yet. */
Page.start();
return {make};
})();
Report.make();
