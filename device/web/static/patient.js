"use strict";
const main = at("main");
const playing = new Set(["playing", "fitting", "paused"]);

function show(state) {
  const was = main.dataset.face;
  main.dataset.face = state.face;
  put("title", state.title);
  put("belief", state.belief);
  put("left", state.left);
  // Music that was heard here and is over: now it is asked how it feels afterwards.
  if (playing.has(state.face)) delete main.dataset.after;
  else if (playing.has(was) || (state.ended && state.ended !== main.dataset.ended)) main.dataset.after = "1";
}

async function ask(button, path, body, words) {
  const answer = await once(button, () => post(path, body));
  if (answer) tell(answer.answer === "taken" || answer.answer === "queued" ? words : answer.sentence);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const {wish, less, press, rest, arousal, valence} = button.dataset;
  if (wish) ask(button, "wish", {kind: wish}, main.dataset.done);
  else if (less) ask(button, "wish", {kind: "less_of", voice: less}, main.dataset.done);
  else if (press) ask(button, "press", {button: press}, "");
  else if (rest) ask(button, "rest", {on: rest === "rest"}, "");
  else if (arousal) choose(button);
});

// -- the affect grid: one stop of the Tab key, arrows within

const squares = [...document.querySelectorAll("#grid button")];

function choose(square) {
  for (const other of squares) {
    other.setAttribute("aria-checked", String(other === square));
    other.tabIndex = other === square ? 0 : -1;
  }
  const {arousal, valence} = square.dataset;
  post("wish", {kind: "self_report", value: Number(arousal), valence: Number(valence)}).then((answer) =>
    tell(answer.answer === "taken" || answer.answer === "queued" ? main.dataset.sent : answer.sentence));
}

at("grid").addEventListener("keydown", (event) => {
  const place = squares.indexOf(document.activeElement);
  const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -5, ArrowDown: 5}[event.key];
  if (place < 0 || !step) return;
  event.preventDefault();
  const row = Math.floor(place / 5);
  const next = place + step;
  if (next < 0 || next > 24 || (Math.abs(step) === 1 && Math.floor(next / 5) !== row)) return;
  squares[place].tabIndex = -1;
  squares[next].tabIndex = 0;
  squares[next].focus();
});

// -- how it feels before and after

for (const form of document.querySelectorAll(".feeling")) {
  form.addEventListener("input", (event) => event.target.classList.remove("untold"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = {when: form.dataset.when};
    for (const slider of form.querySelectorAll("input[type=range]:not(.untold)")) said[slider.name] = Number(slider.value);
    const answer = await once(form.querySelector("button"), () => post("feeling", said));
    if (answer && answer.sentence) tell(answer.sentence);
  });
}

hear({state: show});
