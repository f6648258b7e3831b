"use strict";
const press = (id, on) => at(id).setAttribute("aria-pressed", String(Boolean(on)));
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const signed = (value) => (value >= 0 ? "+" : "−") + Math.abs(value).toFixed(2);

let state = {};
let points = [], ahead = [], bars = [];
let ahead_s = -Infinity;

async function wish(button, body) {
  const answer = await once(button, () => post("wish", body));
  if (answer) tell(answer.sentence || (answer.answer === "taken" ? "Done." : answer.answer));
}

function list(id, rows, fill) {
  const place = at(id);
  const items = rows.map((row) => { const item = document.createElement("li"); fill(item, row); return item; });
  place.replaceChildren(...items);
}

function show(now) {
  state = now;
  const plays = Boolean(now.session);
  put("listener", plays ? now.listener || "guest" : "Nobody listens now");
  put("phase", now.phase ? `${now.phase}, ${clock(now.phase_left_s)} left of it` : now.box);
  put("clock", plays && now.session_left_s !== null ? `${clock(now.elapsed_s)} of ${clock(now.elapsed_s + now.session_left_s)}` : "");
  at("begin").hidden = plays || !now.has_box;
  put("estimate", now.is_known
    ? `Arousal ${signed(now.arousal)} ± ${now.arousal_sd.toFixed(2)}, valence ${signed(now.valence)} ± ${now.valence_sd.toFixed(2)}`
    : "How they feel is not known now.");
  put("reasons", (now.affect_reasons || []).join("; "));
  const music = now.music;
  put("music", !music ? "Nothing plays." : music.rests ? "A rest." :
    `bar ${music.bar} · ${music.key} · ${music.tempo_bpm} bpm · density ${music.density} · ${music.loudness_db} dB · ${music.generator}`);
  put("why", now.why ? `${now.decided_by ? now.decided_by + " decides" : "Why"}: ${now.why}` : "");
  list("limited", [...(now.limited || []), ...(music ? music.guarded.map((words) => `guard: ${words}`) : [])], (item, words) => { item.textContent = words; });
  press("by-hand", now.by_hand); put("by-hand", now.by_hand ? "Hand back" : "Take over");
  press("approve-first", now.approve_first);
  const rests = Boolean(music && music.rests);
  press("rest", rests); put("rest", rests ? "Play on" : "Silence");
  for (const button of document.querySelectorAll("[data-cue]")) {
    button.setAttribute("aria-pressed", String((now.held || []).includes(button.dataset.cue)));
  }
  const pending = now.pending;
  at("pending").hidden = !pending;
  if (pending) { put("pending-words", pending.words); put("pending-left", `lapses in ${pending.left_s} s`); }
  list("signals", now.signals, signal);
  list("events", [...now.events].reverse(), (item, event) => { add(item, "time", clock(event.at_s)); add(item, "span", event.text); });
}

function signal(item, sensor) {
  add(item, "strong", sensor.name);
  add(item, "span", sensor.state, `state ${sensor.state}`);
  if (sensor.battery >= 0) add(item, "span", `battery ${sensor.battery} %`, "quiet");
  const row = add(item, "div", "", "channels");
  for (const [name, quality] of sensor.channels) {
    const words = quality > 0.7 ? "good" : quality > 0.3 ? "fair" : quality > 0 ? "poor" : "none";
    add(row, "span", `${name} ${words}`, `channel ${words}`);
  }
  for (const reason of sensor.reasons.length ? sensor.reasons : sensor.state === "streaming" ? [] : [sensor.sentence]) add(item, "div", reason, "quiet");
}

// -- what is drawn

function draw() {
  drawPlane(at("pad"), state, points);
  drawPath(at("path"), points, ahead, state.elapsed_s || 0, state.session ? state.planned_s || 0 : 0);
}

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
let drawn = 0;
function roll(now) {
  // Ten frames a second where motion is not wanted less; once a second where it is.
  if (now - drawn > (still.matches ? 1000 : 66)) { drawn = now; drawRoll(at("roll"), bars, ahead_s); }
  requestAnimationFrame(roll);
}
requestAnimationFrame(roll);
window.addEventListener("resize", draw);

hear({
  state: (now) => { show(now); draw(); },
  path: (whole) => { points = whole.done; ahead = whole.ahead; bars = []; },
  point: (point) => { if (!points.length || points[points.length - 1][0] < point[0]) points.push(point); },
  ahead: (rows) => { ahead = rows; draw(); },
  bar: (bar) => {
    bars = bars.filter((other) => other.bar !== bar.bar).slice(-12);
    // What came fastest tells best how the clocks stand; a page in the background is told late.
    ahead_s = Math.max(ahead_s, bar.now_s - performance.now() / 1000);
    bars.push(bar);
  },
});

// -- what is asked

at("pad").addEventListener("pointerdown", (event) => {
  if (state.target_arousal === null || state.target_arousal === undefined) return;
  const box = at("pad").getBoundingClientRect(), edge = 18;
  const valence = (event.clientX - box.left - edge) / (box.width - 2 * edge) * 2 - 1;
  const arousal = 1 - (event.clientY - box.top - edge) / (box.height - 2 * edge) * 2;
  const step = (to, from) => Math.round(Math.max(-1, Math.min(1, Math.max(-1, Math.min(1, to)) - from)) * 100) / 100;
  post("wish", {kind: "nudge", valence: step(valence, state.target_valence), arousal: step(arousal, state.target_arousal)})
    .then((answer) => tell(answer.sentence || "The target moves there."));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const {wish: kind, press: name, less, cue, nudge} = button.dataset;
  if (kind) wish(button, {kind});
  else if (less) wish(button, {kind: "less_of", voice: less});
  else if (cue) wish(button, {kind: button.getAttribute("aria-pressed") === "true" ? "unlock" : "lock", cue});
  else if (nudge) { const [axis, step] = nudge.split(","); wish(button, {kind: "nudge", [axis]: Number(step)}); }
  else if (name) once(button, () => post("press", {button: name})).then((answer) => { if (answer && answer.sentence) tell(answer.sentence); });
});
at("by-hand").addEventListener("click", (event) => wish(event.currentTarget, {kind: state.by_hand ? "hand_back" : "take_over"}));
at("approve-first").addEventListener("click", (event) => wish(event.currentTarget, {kind: "approve_first", on: !state.approve_first}));
at("rest").addEventListener("click", (event) => wish(event.currentTarget, {kind: state.music && state.music.rests ? "play_on" : "rest"}));
at("approve").addEventListener("click", (event) => wish(event.currentTarget, {kind: "approve", proposal: state.pending.id}));
at("reject").addEventListener("click", (event) => wish(event.currentTarget, {kind: "reject", proposal: state.pending.id}));
at("remark").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = at("remark-text");
  const answer = await post("remark", {text: field.value});
  tell(answer.answer === "taken" ? "Noted." : answer.sentence);
  if (answer.answer === "taken") field.value = "";
});
