"use strict";

// Nothing that comes from a text or a model is ever parsed as HTML: it is textContent throughout.
const WORDS = "{{ words }}"; // the service puts them here
const NAMED = "{{ language }}"; // by who runs it, or null
const SHOWN = 12; // labels that have a bar
const TOP = 5; // words that are listed
const STRONG = 0.5; // share of the largest value from which a mark is underlined
const FOR = "230 97 1";
const AGAINST = "33 102 172";

const asked = (navigator.languages || [navigator.language])[0].startsWith("ja") ? "ja" : "en";
const language = NAMED || asked;
const words = WORDS[language];
const $ = (id) => document.getElementById(id);
const limits = document.querySelector("main").dataset;
let busy = false;

// names in braces are fields of a message; what they stand for is never looked through again
function fill(message, fields) {
  return message.replace(/\{(\w+)\}/g, (_, name) => fields[name]);
}

function refused(status, detail) {
  if (detail && language === "en") return detail; // the service speaks English
  const message = { 413: words.long, 503: words.late }[status] || words.failed;
  return fill(message, { status, most: limits.length });
}

function start() {
  document.documentElement.lang = language;
  document.title = `sklearn_w2v: ${words.title}`;
  for (const id of ["title", "ask", "send", "keys", "answer", "for", "against", "top", "api"]) {
    $(id).textContent = words[id];
  }
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    label($("text").value);
  });
  $("text").addEventListener("keydown", (event) => {
    // not while an input method has not yet settled what was typed
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      $("form").requestSubmit();
    }
  });
}

async function label(text) {
  if (busy) return; // else the label of one text could stand above the words of another
  $("result").hidden = true;
  say("");
  const size = Array.from(text).length;
  if (!text.trim()) return say(words.empty);
  if (size > limits.length) return say(refused(413));
  busy = true;
  $("send").ariaDisabled = "true"; // disabled, it would lose the focus
  try {
    const { predictions } = await post("predict", { texts: [text] });
    show(predictions[0]);
    $("explained").hidden = true;
    $("result").hidden = false;
    if (size > limits.explained) say(fill(words.unexplainable, { most: limits.explained }));
    else await explain(text, predictions[0].label);
  } catch (error) {
    say(error instanceof TypeError ? words.silent : error.message);
  } finally {
    busy = false;
    $("send").ariaDisabled = "false";
  }
}

function say(problem) {
  $("problem").textContent = problem;
  $("text").ariaInvalid = problem ? "true" : "false";
}

async function explain(text, target) {
  let found;
  try {
    found = await post("explain", { text, target });
  } catch (error) {
    if (error.status === 501) return say(words.unexplained);
    throw error;
  }
  $("why").textContent = fill(words.why, { label: target });
  $("marked").replaceChildren(...marked(text, found.tokens));
  list(found.tokens);
  $("explained").hidden = false;
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const message = refused(answer.status, content.detail);
    throw Object.assign(new Error(message), { status: answer.status });
  }
  return content;
}

function show(prediction) {
  const share = prediction.probability === null ? "" : `, ${percent(prediction.probability)}`;
  $("label").textContent = prediction.label;
  $("status").textContent = `${words.answer} ${prediction.label}${share}`;
  const table = $("probabilities");
  table.hidden = prediction.probabilities === null;
  for (const row of [...table.rows]) row.remove();
  const sorted = Object.entries(prediction.probabilities || {}).sort((a, b) => b[1] - a[1]);
  $("shares").textContent = sorted.length > SHOWN ? fill(words.most, { shown: SHOWN }) : words.shares;
  for (const [name, share] of sorted.slice(0, SHOWN)) {
    const row = rowOf(table, name);
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.style.width = `${100 * share}%`;
    row.insertCell().append(bar);
    number(row, percent(share));
  }
}

function percent(share) {
  return fill(words.percent, { share: (100 * share).toFixed(1) });
}

function rowOf(table, name) {
  const row = table.insertRow();
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  row.append(head);
  return row;
}

function number(row, text) {
  const cell = row.insertCell();
  cell.className = "number";
  cell.textContent = text;
}

function signed(value) {
  return `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
}

function list(tokens) {
  const sums = new Map();
  for (const { token, value } of tokens) sums.set(token, (sums.get(token) || 0) + value);
  const sorted = [...sums].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const table = $("strongest");
  for (const row of [...table.rows]) row.remove();
  for (const [token, value] of sorted.slice(0, TOP)) number(rowOf(table, token), signed(value));
}

function marked(text, tokens) {
  const largest = Math.max(...tokens.map((one) => Math.abs(one.value)), Number.MIN_VALUE);
  const characters = Array.from(text); // spans count characters, not UTF-16
  const out = [];
  let end = 0;
  for (const { token, span, value } of tokens) {
    const [first, last] = span || [end, end];
    if (span && last <= end) continue; // it shares its characters with the one before
    if (span) out.push(characters.slice(end, first).join(""));
    const mark = document.createElement("span");
    const share = Math.abs(value) / largest;
    mark.className = `mark ${value > 0 ? "for" : "against"}${share >= STRONG ? " strong" : ""}`;
    mark.textContent = span ? characters.slice(Math.max(first, end), last).join("") : `${token} `;
    mark.title = signed(value);
    const color = value > 0 ? FOR : AGAINST;
    mark.style.backgroundColor = `rgb(${color} / ${(0.5 * share).toFixed(3)})`;
    out.push(mark);
    end = span ? last : end;
  }
  if (tokens.some((one) => one.span)) out.push(characters.slice(end).join(""));
  return out;
}

start();
