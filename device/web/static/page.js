"use strict";
// What all pages share: writing, asking, hearing, and telling what became of it.

const csrf = document.querySelector("meta[name=csrf]").content;
const role = location.pathname.split("/")[1];
const at = (id) => document.getElementById(id);
const told = at("told");
let silence = 0;

// Words go into a place only where they are others: a screen reader says each change.
function put(id, words) {
  const place = at(id);
  if (place.textContent !== words) place.textContent = words;
}

function add(parent, tag, words, kind) {
  const made = document.createElement(tag);
  made.textContent = words;
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}

function tell(words) {
  if (!told) return;
  told.textContent = words;
  clearTimeout(silence);
  silence = setTimeout(() => { told.textContent = ""; }, 3500);
}

// Ask the box for something; the answer is {answer, sentence}.
async function post(path, body) {
  try {
    const answer = await fetch(`/${role}/${path}`, {
      method: "POST",
      headers: {"content-type": "application/json", "x-csrf-token": csrf},
      body: JSON.stringify(body),
    });
    if (answer.status === 401) { location.reload(); return {answer: "refused", sentence: ""}; }
    return await answer.json();
  } catch {
    return {answer: "unanswered", sentence: document.querySelector("main").dataset.offline || "The box does not answer."};
  }
}

// Hear events by name; the browser connects again by itself.
function hear(handlers) {
  const source = new EventSource(`/${role}/events`);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  source.addEventListener("away", () => { source.close(); location.reload(); });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => hear(handlers), 2000);
    tell(document.querySelector("main").dataset.offline || "The box does not answer; it is tried again.");
  });
  return source;
}

// A button that asks rests for a moment: a double tap is one wish.
async function once(button, ask) {
  if (button.disabled) return;
  button.disabled = true;
  const again = setTimeout(() => { button.disabled = false; }, 600);
  const answer = await ask();
  clearTimeout(again);
  setTimeout(() => { button.disabled = false; }, 300);
  return answer;
}
