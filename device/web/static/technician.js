"use strict";

function show(now) {
  at("box").textContent = now.box + (now.code ? ` Code ${now.code}.` : "");
  const rows = document.createDocumentFragment();
  for (const each of now.processes) {
    const row = add(rows, "tr", "");
    const name = add(row, "th", each.name);
    name.scope = "row";
    const words = !each.is_fresh ? "silent" : each.is_ready ? "well" : "starting";
    add(row, "td", words, `state ${{well: "streaming", silent: "lost", starting: "connecting"}[words]}`);
    add(row, "td", each.budget_mb ? `${each.memory_mb} MB (budget ${each.budget_mb} MB PSS)` : `${each.memory_mb} MB`);
    add(row, "td", `${each.load_percent} %`);
    add(row, "td", String(each.starts));
  }
  at("processes").replaceChildren(rows);
  const sensors = document.createDocumentFragment();
  for (const each of now.sensors) {
    const item = add(sensors, "li", "");
    add(item, "strong", each.name);
    add(item, "span", each.state, `state ${each.state}`);
    add(item, "div", each.sentence + (each.battery >= 0 ? ` Battery ${each.battery} %.` : ""), "quiet");
  }
  if (!now.sensors.length) add(sensors, "li", "No session plays, so none is asked.", "quiet");
  at("sensors").replaceChildren(sensors);
  const told = (value, unit) => value === null || value === undefined ? "–" : `${value}${unit}`;
  const figures = [
    ["session", now.session || "none"],
    ["underruns", told(now.underruns, "")],
    ["late bars", told(now.late_bars, "")],
    ["bars by the phrasebook", String(now.fallbacks)],
    ["week's sound dose", now.dose_percent === null || now.dose_percent < 0 ? "–" : `${now.dose_percent} % (estimate)`],
    ["headphones", now.headphones],
    ["disk free", now.disk ? `${(now.disk.free_mb / 1000).toFixed(1)} of ${(now.disk.whole_mb / 1000).toFixed(1)} GB` : "–"],
  ];
  const listed = document.createDocumentFragment();
  for (const [name, words] of figures) { add(listed, "dt", name); add(listed, "dd", words); }
  at("figures").replaceChildren(listed);
  const faults = document.createDocumentFragment();
  for (const words of [...now.faults].reverse()) add(faults, "li", words);
  if (!now.faults.length) add(faults, "li", "None since these pages began.", "quiet");
  at("faults").replaceChildren(faults);
}

hear({state: show});
