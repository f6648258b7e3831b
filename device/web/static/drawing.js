"use strict";
// Drawing on canvases: the plane of valence and arousal, the path over time, and the piano roll.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A canvas as sharp as the screen; returns its context and size in CSS pixels.
function fresh(canvas) {
  const {clientWidth: width, clientHeight: height} = canvas;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  return {context, width, height};
}

function drawPlane(canvas, state, points) {
  const {context: c, width, height} = fresh(canvas);
  const edge = 18;
  const x = (valence) => edge + (valence + 1) / 2 * (width - 2 * edge);
  const y = (arousal) => height - edge - (arousal + 1) / 2 * (height - 2 * edge);
  c.strokeStyle = colour("line");
  c.beginPath();
  c.moveTo(x(-1), y(0)); c.lineTo(x(1), y(0)); c.moveTo(x(0), y(-1)); c.lineTo(x(0), y(1));
  c.stroke();
  c.fillStyle = colour("quiet");
  c.textAlign = "center";
  c.fillText("load", x(0), 12); c.fillText("calm", x(0), height - 5);
  c.textAlign = "left"; c.fillText("unpleasant", 4, y(0) - 5);
  c.textAlign = "right"; c.fillText("pleasant", width - 4, y(0) - 5);
  c.strokeStyle = colour("estimate"); c.globalAlpha = 0.35;
  c.beginPath();
  points.slice(-90).forEach(([, v, a], index) => { if (v !== null) c[index ? "lineTo" : "moveTo"](x(v), y(a)); });
  c.stroke();
  c.globalAlpha = 1;
  if (state.is_known) {
    c.save();
    c.beginPath(); c.rect(edge, edge, width - 2 * edge, height - 2 * edge); c.clip();
    c.fillStyle = colour("estimate"); c.globalAlpha = 0.16;
    c.beginPath();
    c.ellipse(x(state.valence), y(state.arousal), Math.abs(x(state.valence_sd) - x(0)), Math.abs(y(state.arousal_sd) - y(0)), 0, 0, 7);
    c.fill();
    c.restore();
    c.fillStyle = colour("estimate");
    c.beginPath(); c.arc(x(state.valence), y(state.arousal), 5, 0, 7); c.fill();
  }
  if (state.target_arousal !== null && state.target_arousal !== undefined) {
    c.strokeStyle = colour("target"); c.lineWidth = 2.5;
    c.beginPath(); c.arc(x(state.target_valence), y(state.target_arousal), 9, 0, 7); c.stroke();
    c.lineWidth = 1;
  }
}

function drawPath(canvas, points, ahead, now, whole) {
  const {context: c, width, height} = fresh(canvas);
  const half = height / 2;
  const last = ahead.length ? ahead[ahead.length - 1][0] : 0;
  const length = Math.max(60, whole, now, last);
  const x = (at) => 4 + at / length * (width - 8);
  const lanes = [["arousal", 2, 4, 0], ["valence", 1, 3, half]];
  for (const [name, estimate, target, top] of lanes) {
    const y = (value) => top + 16 + (1 - value) / 2 * (half - 24);
    c.strokeStyle = colour("line");
    c.beginPath(); c.moveTo(0, y(0)); c.lineTo(width, y(0)); c.stroke();
    c.fillStyle = colour("quiet"); c.textAlign = "left"; c.fillText(name, 4, top + 12);
    const line = (rows, column, ink, dashes, thick) => {
      c.strokeStyle = colour(ink); c.setLineDash(dashes); c.lineWidth = thick;
      c.beginPath();
      let down = false;
      for (const row of rows) {
        if (row[column] === null) { down = false; continue; }
        c[down ? "lineTo" : "moveTo"](x(row[0]), y(row[column]));
        down = true;
      }
      c.stroke(); c.setLineDash([]); c.lineWidth = 1;
    };
    line(points, estimate, "estimate", [], 1.6);
    line(points, target, "target", [], 2.4);
    line(ahead, target, "target", [4, 4], 2);
  }
  c.strokeStyle = colour("quiet");
  c.beginPath(); c.moveTo(x(now), 0); c.lineTo(x(now), height); c.stroke();
}

const ROLL_S = 12, ROLL_BEFORE_S = 3;
const INKS = {melody: "accent", inner: "estimate", bass: "target", pad: "quiet"};

function drawRoll(canvas, bars, ahead_s) {
  const {context: c, width, height} = fresh(canvas);
  const now = performance.now() / 1000 + (bars.length ? ahead_s : 0);
  const x = (at) => (at - now + ROLL_BEFORE_S) / ROLL_S * width;
  const y = (pitch) => height - 6 - (pitch - 28) / (96 - 28) * (height - 12);
  for (const bar of bars) {
    c.strokeStyle = colour("line");
    c.beginPath(); c.moveTo(x(bar.at_s), 0); c.lineTo(x(bar.at_s), height); c.stroke();
    for (const [onset, length, pitch, velocity, voice] of bar.notes) {
      const begins = bar.at_s + onset;
      if (begins > now + ROLL_S || begins + length < now - ROLL_BEFORE_S) continue;
      c.fillStyle = colour(INKS[voice] || "quiet");
      c.globalAlpha = (voice === "pad" ? 0.25 : 0.4) + 0.5 * velocity / 127 * (voice === "pad" ? 0.4 : 1);
      c.beginPath();
      c.roundRect(x(begins), y(pitch) - 2.5, Math.max(3, length / ROLL_S * width - 1.5), 5, 2.5);
      c.fill();
    }
  }
  c.globalAlpha = 1;
  c.strokeStyle = colour("accent"); c.lineWidth = 2;
  c.beginPath(); c.moveTo(x(now), 0); c.lineTo(x(now), height); c.stroke();
  c.lineWidth = 1;
}
