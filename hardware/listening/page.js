const FORMAT = "isotone-listening-answers-1";
const STORE = "isotone-listening-" + STUDY.study;
const STEPS = 4, SIDE = 400, HEARD_S = 8;
const byId = (id) => document.getElementById(id);
const audio = byId("audio");
let state = load() || fresh();
let mark = null, heard_s = 0, broken = false;

// -- what is kept, in this browser only

function fresh() { return { listener: code(), place: 0, at: "welcome", order: orderOf(), answers: {} }; }
function load() {
  try { const kept = JSON.parse(localStorage.getItem(STORE)); return kept && kept.order ? kept : null; } catch { return null; }
}
function keep() { try { localStorage.setItem(STORE, JSON.stringify(state)); } catch { /* a browser that keeps nothing */ } }
function code() { return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0")).join(""); }
function shuffled(list) {
  const mixed = list.slice();
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = crypto.getRandomValues(new Uint32Array(1))[0] % (last + 1);
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}
function orderOf() { return [...STUDY.practice, ...shuffled(STUDY.early), ...shuffled(STUDY.middle), ...shuffled(STUDY.late)]; }

// -- screens

function show(name) {
  audio.pause();
  state.at = name;
  keep();
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== name;
  byId(name).querySelector("h1").focus();
  window.scrollTo(0, 0);
}
function showClip() {
  const n = STUDY.practice.length, practice = state.place < n, total = state.order.length - n, number = state.place - n + 1;
  byId("clip-title").textContent = practice ? `Practice piece ${state.place + 1} of ${n}` : `Piece ${number} of ${total}`;
  byId("clip-note").textContent = number === Math.ceil(total / 2) + 1 ? "You are half way. Have a stretch if you like." : "";
  const given = state.answers[state.order[state.place]];
  mark = given ? [given.valence, given.arousal] : null;
  heard_s = given ? given.heard_s : 0;
  for (const input of document.getElementsByName("rest")) input.checked = !!given && Number(input.value) === given.rest;
  byId("words").value = given ? given.words : "";
  byId("missing").textContent = "";
  byId("back").hidden = state.place === 0;
  byId("next").textContent = state.place === state.order.length - 1 ? "Finish" : "Next piece";
  drawMark();
  open_(state.order[state.place], "play", "play-alert");
  show("clip");
}
function go(step) {
  state.place += step;
  if (state.place >= state.order.length) return showEnd();
  if (state.place === STUDY.practice.length && step > 0) return show("ready");
  showClip();
}
function showEnd() {
  const left = state.order.length - state.place;
  byId("how-far").textContent = left ? `You stopped with ${left} pieces left.` : "That was the last piece.";
  byId("on").hidden = left === 0;
  show("end");
}

// -- sound

function open_(clip, button, alert) {
  broken = false;
  byId(alert).textContent = "";
  audio.src = `clips/${clip}.wav`;
  audio.onerror = () => {
    broken = true;
    byId(alert).textContent = "This piece cannot be played. Is the folder complete? You may go on to the next piece.";
  };
  audio.onplay = audio.onpause = audio.onended = () => label(byId(button));
  label(byId(button));
  byId("passed").value = 0;
}
function label(button) {
  const again = audio.ended || (audio.paused && audio.currentTime === 0 && heard_s > 0);
  const text = audio.paused || audio.ended ? (again ? "Play it again" : audio.currentTime ? "Go on playing" : "Play the piece") : "Pause";
  button.textContent = (audio.paused || audio.ended ? "\u25B6\u2002" : "\u275A\u275A\u2002") + text;
}
function toggle() { if (audio.paused || audio.ended) audio.play().catch(() => {}); else audio.pause(); }
audio.ontimeupdate = () => {
  heard_s = Math.max(heard_s, audio.currentTime);
  byId("passed").value = audio.duration ? audio.currentTime / audio.duration : 0;
};

// -- the square

const dot = document.querySelector("#square .dot");
function put(valence, arousal) {
  const whole = (value) => Math.max(-STEPS, Math.min(STEPS, Math.round(value * STEPS))) / STEPS;
  mark = [whole(valence), whole(arousal)];
  drawMark();
}
function drawMark() {
  dot.setAttribute("visibility", mark ? "visible" : "hidden");
  byId("chosen").textContent = mark ? `You chose: ${say(mark)}.` : "";
  if (!mark) return;
  const reach = SIDE / 2 - 22;
  dot.setAttribute("cx", SIDE / 2 + reach * mark[0]);
  dot.setAttribute("cy", SIDE / 2 - reach * mark[1]);
}
function say([valence, arousal]) {
  const how = (value) => (Math.abs(value) > 0.7 ? "very " : Math.abs(value) < 0.3 ? "slightly " : "");
  const feel = valence ? how(valence) + (valence > 0 ? "pleasant" : "unpleasant") : "neither pleasant nor unpleasant";
  return feel + ", " + (arousal ? how(arousal) + (arousal > 0 ? "lively" : "calm") : "neither lively nor calm");
}
byId("square").onclick = (event) => {
  const box = document.querySelector("#square rect").getBoundingClientRect(), reach = (SIDE / 2 - 22) / SIDE;
  put(((event.clientX - box.left) / box.width - 0.5) / reach, (0.5 - (event.clientY - box.top) / box.height) / reach);
};
byId("square").onkeydown = (event) => {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Enter: [0, 0], " ": [0, 0] };
  if (!(event.key in moves)) return;
  event.preventDefault();
  const [right, up] = moves[event.key], [valence, arousal] = mark || [0, 0];
  put(valence + right / STEPS, arousal + up / STEPS);
};

// -- answers

function lacking(rest) {
  if (broken) return "";
  if (heard_s < Math.min(HEARD_S, (audio.duration || HEARD_S) - 1)) return "Please listen to the piece first: press the blue button at the top.";
  if (!mark) return "Please touch a place in the square first (question 1).";
  return rest ? "" : "Please choose one of the five answers first (question 2).";
}
byId("next").onclick = () => {
  const rest = document.querySelector("input[name=rest]:checked"), missing = lacking(rest), clip = state.order[state.place];
  byId("missing").textContent = missing;
  if (missing) return;
  if (mark && rest) {
    state.answers[clip] = { valence: mark[0], arousal: mark[1], rest: Number(rest.value), words: byId("words").value.trim(), heard_s: Math.round(heard_s * 10) / 10 };
  }
  go(1);
};
byId("back").onclick = () => go(-1);
byId("stop").onclick = showEnd;
byId("on").onclick = showClip;
byId("save").onclick = () => {
  const answers = state.order.filter((clip) => clip in state.answers).map((clip) => ({ clip, ...state.answers[clip] }));
  const text = JSON.stringify({ format: FORMAT, study: STUDY.study, listener: state.listener, answers }, null, 1);
  const link = document.createElement("a"), name = `listening-answers-${state.listener}.json`;
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  byId("saved").textContent = `Your answers were saved as “${name}”. You may now close this page.`;
};
byId("forget").onclick = () => {
  if (!confirm("Delete all your answers from this browser? A file that you saved stays where it is.")) return;
  try { localStorage.removeItem(STORE); } catch { /* nothing was kept */ }
  state = fresh();
  byId("on").hidden = true;
  byId("forgotten").textContent = "Your answers were deleted from this browser.";
};

// -- begin

for (const button of document.querySelectorAll("[data-go]")) button.onclick = () => {
  if (button.dataset.go === "sound") open_(STUDY.practice[0], "check", "check-alert");
  show(button.dataset.go);
};
byId("check").onclick = byId("play").onclick = toggle;
byId("begin").onclick = byId("start").onclick = showClip;
const n_tests = state.order.length - STUDY.practice.length;
byId("n-pieces").textContent = byId("n-tests").textContent = n_tests;
byId("n-practice").textContent = STUDY.practice.length;
byId("n-minutes").textContent = Math.ceil((state.order.length * 45) / 300) * 5;
if (state.at === "clip") showClip();
else if (state.at === "end") showEnd();
else if (state.at === "sound") { open_(STUDY.practice[0], "check", "check-alert"); show("sound"); }
else show(state.at);
