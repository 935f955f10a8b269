// Steps through a tape. tape_html (tape_html.cpp) writes the page that runs this script.
//
//   tape.nodes   the lines of print_tape: first the leaves, then the ops in the order in which they ran
//   tape.events  what the engine did in the backward pass: it took a node, delivered a gradient, or released what
//                a node had saved
//
// Both together are one list of steps. show(n) draws the state after step n. The state is always computed from the
// first step on, so going back needs no code of its own.
"use strict";

const tape = JSON.parse(document.getElementById("tape").textContent);
const element = (id) => document.getElementById(id);

// ---- Steps and states ----------------------------------------------------------------------------

/// All steps. The first delivery of a pass, which gives the loss its gradient, is the step "seed".
function makeSteps() {
  const recorded = tape.nodes.flatMap((node, i) => (node.leaf ? [] : [{kind: "record", node: i}]));
  const seed = tape.events.slice(0, 1).map((taken) => ({...taken, kind: "seed"}));
  return [{kind: "start"}, ...recorded, ...seed, ...tape.events, {kind: "end"}];
}

/// Gives each delivery the sum after it. That is the sum before the next delivery to the same output or, after the
/// last one, the gradient with which the node is taken.
function addSums() {
  const next = new Map();
  for (const event of [...tape.events].reverse()) {
    if (event.kind === "take") event.gradient.forEach((sum, nr) => next.set(`${event.node}.${nr}`, sum));
    if (event.kind !== "deliver") continue;
    const key = `${event.node}.${event.output}`;
    event.sum = next.get(key);
    next.set(key, event.had);
  }
}

addSums();
const steps = makeSteps();
const backwardBegins = steps.findIndex((step) => step.kind === "seed");

/// For each node: its status, the gradients of its outputs, and whether it still has what it saved.
function stateAfter(n) {
  const states = tape.nodes.map((node) => ({status: node.leaf ? "recorded" : "future", sums: [], holds: false}));
  let current = null;
  for (let i = 0; i <= n; ++i) {
    const step = steps[i];
    const state = states[step.node];
    if (step.kind === "record") Object.assign(state, {status: "recorded", holds: true});
    if (step.kind === "seed") Object.assign(state, {status: "waiting", sums: step.gradient});
    if (step.kind === "deliver") (state.status = "waiting"), (state.sums[step.output] = step.sum);
    if (step.kind === "release") state.holds = false;
    if (step.kind === "take" || step.kind === "end") {
      if (current) current.status = "done";
      current = state;
    }
    if (step.kind === "take") Object.assign(state, {status: "current", sums: step.gradient});
  }
  return states;
}

// ---- Values --------------------------------------------------------------------------------------

/// "0.5" for one element, "norm 1.41" for more.
function brief(value) {
  if (!value) return "";
  return value.numbers?.length === 1 ? String(value.numbers[0]) : `norm ${value.norm}`;
}

function make(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/// The numbers as rows and columns.
function numberTable(value) {
  const table = make("table", "", "numbers");
  for (let row = 0; row < value.rows; ++row) {
    const line = table.insertRow();
    for (let column = 0; column < value.columns; ++column)
      line.insertCell().textContent = String(value.numbers[row * value.columns + column]).replace("-", "−");
  }
  return table;
}

/// A cell is a letter of this alphabet: A is -most, f is 0, + is most, / is NaN.
const levels = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const middle = (levels.length - 2) / 2;

/// Negative numbers blue, positive ones orange, 0 white, NaN black.
function cellColour(letter) {
  const level = levels.indexOf(letter);
  if (level > 2 * middle) return "#000000";
  const strength = Math.sqrt(Math.abs(level - middle) / middle);
  const [r, g, b] = level < middle ? [0, 114, 178] : [213, 94, 0];
  const mix = (c) => Math.round(255 + (c - 255) * strength);
  return `rgb(${mix(r)}, ${mix(g)}, ${mix(b)})`;
}

function heatMap(value) {
  const canvas = make("canvas");
  [canvas.width, canvas.height] = [value.columns, value.rows];
  const side = Math.min(16, 240 / value.columns, 110 / value.rows);
  canvas.style.width = `${Math.max(side * value.columns, 12)}px`;
  canvas.style.height = `${Math.max(side * value.rows, 12)}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${value.shape}: −${value.most} is blue, ${value.most} orange`);
  const pen = canvas.getContext("2d");
  [...value.cells].forEach((letter, i) => {
    pen.fillStyle = cellColour(letter);
    pen.fillRect(i % value.columns, Math.floor(i / value.columns), 1, 1);
  });
  return canvas;
}

function figure(caption, value) {
  const figure = make("figure");
  figure.append(make("figcaption", `${caption} ${value.shape}`));
  figure.append(value.numbers ? numberTable(value) : heatMap(value));
  if (value.cells)
    figure.append(make("figcaption", `norm ${value.norm}; blue −${value.most}, white 0, orange ${value.most}`));
  return figure;
}

// ---- What happens in a step ----------------------------------------------------------------------

const title = (i) => `${tape.nodes[i].name} ${tape.nodes[i].op}`;
const listOf = (texts) => texts.join(", ") || "nothing";
const savedNames = (node) => listOf(node.saved.map((tensor) => `${tensor.of} ${tensor.shape}`));
const inputNames = (node) =>
  listOf(node.inputs.map((input) => (input ? tape.nodes[input.node].name + input.part : "constant")));

const leaves = tape.nodes.flatMap((node, i) => (node.leaf ? [i] : []));

/// The gradient with which each node is taken: that of its first output.
const taken = tape.events.filter((event) => event.kind === "take");
const finals = new Map(taken.map((event) => [event.node, event.gradient[0]]));

/// Captions and values of the gradients in a step "seed" or "take".
function gradients(step) {
  const part = (nr) => (step.gradient.length > 1 ? `[${nr}]` : "");
  return step.gradient.map((value, nr) => [`gradient of ${tape.nodes[step.node].name}${part(nr)}`, value]);
}

/// For each kind of step the sentence that explains it, and its values with their captions.
const explanations = {
  start: () => [
    `The leaves are there: ${listOf(leaves.slice(0, 12).map((i) => tape.nodes[i].name))}. No op has run yet.`,
    leaves.slice(0, 12).map((i) => [tape.nodes[i].name, tape.nodes[i].value]),
  ],
  record(step, node) {
    const unknown = node.value ? "" : " Its value is not shown: no rule has saved it.";
    return [
      `${title(step.node)} runs with ${inputNames(node)} and is recorded. ` +
        `For its rules it saves ${savedNames(node)}.${unknown}`,
      [[node.name, node.value]],
    ];
  },
  seed: (step) => [`The pass begins: the gradient of ${title(step.node)} by itself is given.`, gradients(step)],
  take: (step, node) => [
    node.leaf
      ? `${node.name} is a leaf: its gradient is complete and is added to its .grad.`
      : `${title(step.node)} has the largest number of the waiting nodes, so all that used it have sent ` +
        "their parts: its gradient is complete, and its rules run.",
    gradients(step),
  ],
  deliver(step, node) {
    const isReduced = step.gradient.shape !== step.sum.shape;
    const reduced = isReduced ? ` It is summed to ${step.sum.shape}, the shape of ${node.name}.` : "";
    const place = tape.nodes[step.from].inputs.length > 1 ? `, for input ${step.input + 1}` : "";
    return [
      `${title(step.from)} delivers a gradient to ${title(step.node)}${place}.${reduced}`,
      [["before", step.had], ["delivered", step.gradient], ["sum", step.had || isReduced ? step.sum : null]],
    ];
  },
  release: (step, node) => [`The rules of ${title(step.node)} have run: it lets go of ${savedNames(node)}.`, []],
  end: () => [
    "The pass is over: every leaf has its gradient.",
    leaves.slice(0, 12).map((i) => [`gradient of ${tape.nodes[i].name}`, finals.get(i)]),
  ],
};

function showNow(n) {
  const phase = n < backwardBegins || backwardBegins < 0 ? "forward" : "backward";
  const [sentence, values] = explanations[steps[n].kind](steps[n], tape.nodes[steps[n].node]);
  const box = make("div", "", "values");
  for (const [caption, value] of values) if (value) box.append(figure(caption, value));
  const place = make("div", `${phase}, step ${n} of ${steps.length - 1}`, "phase");
  element("now").replaceChildren(place, make("p", sentence), box);
}

// ---- Runs of equal ops fold ----------------------------------------------------------------------

/// Rows of consecutive nodes: {begin, end, period}. "mm add tanh mm add tanh …" has the period 3. Short tapes
/// do not fold, and a run of fewer than 3 repetitions or 9 nodes does not either.
function findRuns() {
  const nodes = tape.nodes;
  const equal = (a, b) => nodes[a].op === nodes[b].op && nodes[a].leaf === nodes[b].leaf;
  const rows = [];
  for (let begin = 0; begin < nodes.length;) {
    let best = {begin, end: begin + 1, period: 0};
    for (let period = 1; nodes.length > 60 && period <= 24; ++period) {
      let end = begin + period;
      while (end < nodes.length && equal(end, end - period)) ++end;
      end -= (end - begin) % period;
      if (end - begin >= Math.max(9, 3 * period) && end > best.end) best = {begin, end, period};
    }
    rows.push(best);
    begin = best.end;
  }
  return rows;
}

const runs = findRuns();
const canFold = runs.some((run) => run.period);
let folded = canFold;
let rows = [];     // as shown: {begin, end, period, line, cells}
let rowOf = [];    // the row of each node
let arcs = [];     // {path, op, input, nr}: from the node `input` to the input number nr of the node `op`
let circles = [];  // one for each row

function layRows() {
  rows = folded ? runs.map((run) => ({...run})) : tape.nodes.map((_, i) => ({begin: i, end: i + 1, period: 0}));
  rows.forEach((row, r) => { for (let i = row.begin; i < row.end; ++i) rowOf[i] = r; });
  const body = make("tbody");
  body.id = "rows";
  for (const row of rows) {
    const node = tape.nodes[row.begin], line = (row.line = body.insertRow());
    line.dataset.name = node.name;
    const texts = row.period
      ? ["", "", `${node.name} … ${tape.nodes[row.end - 1].name}`, "", "", node.shape, ""]
      : ["", "", node.name, node.op, node.inputs.length ? inputNames(node) : "", node.shape, ""];
    row.cells = texts.map((text) => { const cell = line.insertCell(); cell.textContent = text; return cell; });
    row.cells[0].className = "gutter";
    row.cells[1].className = "mark";
    row.cells[3].className = "op";
    row.cells[4].className = "inputs";
    if (row.period) row.cells[3].append(foldButton(row));
  }
  element("rows").replaceWith(body);
  element("nodes").className = folded ? "folds" : "";
  draw();
}

function foldButton(row) {
  const ops = tape.nodes.slice(row.begin, row.begin + Math.min(row.period, 4)).map((node) => node.op).join(" ");
  const button = make("button", `${ops}${row.period > 4 ? " …" : ""} × ${(row.end - row.begin) / row.period}`);
  button.addEventListener("click", toggleFolds);
  return button;
}

function toggleFolds() {
  if (!canFold) return;
  folded = !folded;
  element("folds").textContent = folded ? "unfold" : "fold";
  layRows();
  show(position);
}

// ---- The drawing: an arc from each input to the op that uses it ----------------------------------

function svgElement(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const rowHeight = 30;  // as in tape.css

function draw() {
  const width = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--gutter"));
  const x = width - 10, y = (row) => (row + 0.5) * rowHeight;
  const drawing = element("drawing"), uses = new Map();
  drawing.replaceChildren();
  drawing.style.height = `${rows.length * rowHeight}px`;
  arcs = [];
  tape.nodes.forEach((node, op) => node.inputs.forEach((input, nr) => {
    if (!input || rowOf[input.node] === rowOf[op]) return;
    const from = rowOf[input.node], to = rowOf[op], pair = `${from}-${to}`;
    const use = uses.get(pair) ?? 0;  // x · x has two arcs
    uses.set(pair, use + 1);
    if (use > 2 || (use > 0 && (rows[from].period || rows[to].period))) return;
    const bulge = Math.min(width - 16, 12 + 16 * Math.log2(to - from)) + 9 * use;
    const end = x - bulge;
    const path = svgElement("path", {d: `M${x},${y(from)} C${end},${y(from)} ${end},${y(to)} ${x},${y(to)}`});
    arcs.push({path, op, input: input.node, nr});
    drawing.append(path);
  }));
  circles = rows.map((_, row) => drawing.appendChild(svgElement("circle", {cx: x, cy: y(row), r: 6})));
}

// A browser lays out again whatever is set, even to what it was.
const setClass = (element, name) => element.getAttribute("class") === name || element.setAttribute("class", name);
const setText = (element, text) => element.textContent === text || (element.textContent = text);

/// The arc along which this step's gradient travels, and the arcs of the inputs of an op that runs.
function showArcs(step) {
  for (const {path, op, input, nr} of arcs) {
    const isSamePair = rowOf[op] === rowOf[step.from] && rowOf[input] === rowOf[step.node];
    const isActive = step.kind === "deliver" && isSamePair && (op !== step.from || nr === step.input);
    const feeds = step.kind === "record" && rowOf[op] === rowOf[step.node];
    setClass(path, isActive ? "active" : feeds ? "feeds" : "");
  }
}

// ---- The rows, the waiting nodes, the memory -----------------------------------------------------

const marks = {future: "·", recorded: "○", waiting: "◆", current: "▶", done: "✓"};

/// The status of a row: that of its node, or of a run's liveliest node.
function statusOf(row, states) {
  let best = states[row.begin].status;
  for (const status of ["done", "recorded", "waiting", "current"])
    for (let i = row.begin; row.period && i < row.end; ++i) if (states[i].status === status) best = status;
  return best;
}

function showRows(states, step) {
  rows.forEach((row, r) => {
    let status = statusOf(row, states);
    const isNew = step.kind === "record" && rowOf[step.node] === r;
    if (isNew) status = "current";
    setClass(row.line, status);
    setClass(circles[r], status);
    setText(row.cells[1], marks[status]);
    let text = states[row.begin].sums.map(brief).join("; ");
    if (row.period) {
      const finished = states.slice(row.begin, row.end).filter((state) => state.status === "done").length;
      text = finished ? `${finished} of ${row.end - row.begin} done` : "";
    }
    setText(row.cells[6], text);
  });
  if (step.node === undefined) return;
  const list = element("nodes"), top = (rowOf[step.node] + 1) * rowHeight;
  if (top < list.scrollTop + 60 || top > list.scrollTop + list.clientHeight - 60)
    list.scrollTop = top - list.clientHeight / 2;
}

function shorten(lines, most) {
  const rest = lines.length - most;
  return [...lines.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}

function showWaiting(states) {
  const line = (i) => `${title(i)}   ${states[i].sums.map(brief).join("; ")}`;
  const waiting = states.flatMap((state, i) => (state.status === "waiting" ? [i] : []));
  const ops = waiting.filter((i) => !tape.nodes[i].leaf).reverse();  // the largest number first
  const last = waiting.filter((i) => tape.nodes[i].leaf);
  const lines = [
    ...ops.map((i, place) => line(i) + (place ? "" : "   ← next")),
    ...last.map((i) => `${line(i)}   (leaves come last)`),
  ];
  element("waiting").textContent = shorten(lines, 8) || "none";
}

/// A tensor may be saved by several ops. It counts once, and until the last of them has let go of it.
function bytesHeld(holds) {
  const holders = tape.nodes.filter((_, i) => holds(i));
  const sizes = new Map(holders.flatMap((node) => node.saved.map((tensor) => [tensor.memory, tensor.bytes])));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
const allBytes = bytesHeld(() => true);

function showMemory(states) {
  const held = bytesHeld((i) => states[i].holds);
  element("memory").firstElementChild.style.width = `${allBytes ? (100 * held) / allBytes : 0}%`;
  const lines = tape.nodes.flatMap((node, i) =>
    states[i].holds && node.saved.length ? [`${node.name} ${node.op}: ${savedNames(node)}`] : []);
  element("saved").textContent =
    `${held.toLocaleString("en")} of ${allBytes.toLocaleString("en")} bytes\n${shorten(lines.reverse(), 8)}`;
}

// ---- Moving --------------------------------------------------------------------------------------

let position = 0, timer = null, noteTimer = null;

function show(n) {
  position = Math.max(0, Math.min(n, steps.length - 1));
  const step = steps[position], states = stateAfter(position);
  element("slider").value = position;
  element("count").textContent = `${position} / ${steps.length - 1}`;
  showNow(position);
  showRows(states, step);
  showArcs(step);
  showWaiting(states);
  showMemory(states);
  clearTimeout(noteTimer);  // browsers complain about an address that changes many times a second
  noteTimer = setTimeout(() => history.replaceState(null, "", `#step=${position}`), 300);
}

/// The next step, forward or back, in which an op runs or a node is taken.
function nextOp(direction) {
  let n = position + direction;
  while (steps[n] && !["start", "record", "take", "end"].includes(steps[n].kind)) n += direction;
  show(n);
}

function play(on = timer === null) {
  clearInterval(timer);
  timer = on ? setInterval(() => (position === steps.length - 1 ? play(false) : show(position + 1)), 900) : null;
  element("play").textContent = on ? "pause" : "play";
  element("play").setAttribute("aria-pressed", on);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  element("theme").textContent = theme === "dark" ? "light" : "dark";
}
const otherTheme = () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");

const keys = {
  ArrowRight: () => show(position + 1), ArrowLeft: () => show(position - 1),
  ArrowDown: () => nextOp(1), ArrowUp: () => nextOp(-1),
  Home: () => show(0), End: () => show(steps.length - 1),
  b: () => show(backwardBegins), f: toggleFolds, t: otherTheme, " ": () => play(),
};

document.addEventListener("keydown", (event) => {
  const onButton = event.target.tagName === "BUTTON" && event.key === " ";  // the button's own key
  if (event.ctrlKey || event.altKey || event.metaKey || onButton || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
for (const [id, key] of Object.entries({first: "Home", previous: "ArrowLeft", next: "ArrowRight", last: "End",
                                        backward: "b", play: " ", folds: "f", theme: "t"}))
  element(id).addEventListener("click", () => keys[key]());
element("slider").addEventListener("input", (event) => show(Number(event.target.value)));
addEventListener("resize", () => { draw(); show(position); });

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
setTheme(dark.matches ? "dark" : "light");
element("slider").max = steps.length - 1;
element("folds").hidden = element("fold_key").hidden = !canFold;
layRows();
const readAddress = () => show(Number(new URLSearchParams(location.hash.slice(1)).get("step") ?? 0));
addEventListener("hashchange", readAddress);
readAddress();
