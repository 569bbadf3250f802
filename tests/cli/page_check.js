/* Run in the page: every figure against the data it says that it shows, by another way than the page's own. */
addEventListener("load", () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const plain = text => Number(text.replace("\u2212", "-").replace(/[+,%\u202f]/g, ""));
  let checked = 0, wrong = [];
  for (const shown of document.querySelectorAll("[data-at]")) {
    const value = shown.dataset.at.split(".").reduce((from, key) => from === null ? null : from[key], data), text = shown.textContent;
    const scale = shown.dataset.as.startsWith("share") ? 100 : 1, digits = shown.dataset.as === "whole" ? 0 : Number(shown.dataset.digits);
    const good = value === null ? text === "none" : text.startsWith("<") ? value < 0.0001
      : Math.abs(plain(text) - scale * value) <= 0.5000001 * 10 ** -digits;
    checked++;
    if (!good) wrong.push(shown.dataset.at + " " + text);
  }
  const wide = document.documentElement.scrollWidth > innerWidth;
  const blank = [...document.querySelectorAll("canvas")].filter(c => !c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(v => v)).length;
  const mark = document.createElement("p");
  mark.textContent = "CHECKED " + (checked > 100 ? "many" : checked) + " WRONG " + wrong.length + " WIDE " + wide + " BLANK " + blank +
    " IMAGES " + document.images.length + " TABLES " + (document.querySelectorAll("table").length > 5) + " " + wrong.slice(0, 5).join("; ");
  document.body.append(mark);
});
