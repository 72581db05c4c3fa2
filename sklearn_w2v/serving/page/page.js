"use strict";

// Nothing that comes from a text or a model is ever parsed as HTML: it is textContent throughout.
const WORDS = {
  ja: {
    title: "文章を分類する",
    ask: "文章を入力するか、貼り付けてください",
    send: "分類する",
    keys: "Ctrl + Enter でも送信できます",
    answer: "判定:",
    shares: "各ラベルの確率",
    why: (label) => `「${label}」と判定した手がかり`,
    for: "このラベルを支持する語",
    against: "反対する語",
    unexplained: "このモデルでは、語ごとの手がかりを表示できません。",
    empty: "文章が空です。",
    silent: "サーバーに接続できません。",
  },
  en: {
    title: "Label a text",
    ask: "Type or paste a text",
    send: "Label it",
    keys: "Ctrl + Enter sends it, too",
    answer: "Label:",
    shares: "Probability of each label",
    why: (label) => `Words that speak for “${label}”`,
    for: "for the label",
    against: "against it",
    unexplained: "This model cannot say which words moved it.",
    empty: "The text is empty.",
    silent: "The server does not answer.",
  },
};
const SHOWN = 12; // labels that have a bar
const FOR = "230 97 1";
const AGAINST = "33 102 172";

const language = (navigator.languages || [navigator.language])[0].startsWith("ja") ? "ja" : "en";
const words = WORDS[language];
const $ = (id) => document.getElementById(id);

function start() {
  document.documentElement.lang = language;
  document.title = `sklearn_w2v: ${words.title}`;
  for (const id of ["title", "ask", "send", "keys", "answer", "shares", "for", "against"]) {
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
  $("problem").textContent = "";
  if (!text.trim()) {
    $("problem").textContent = words.empty;
    return;
  }
  $("send").disabled = true;
  try {
    const { predictions } = await post("/predict", { texts: [text] });
    show(predictions[0]);
    $("marked").textContent = "";
    $("explained").hidden = true;
    $("result").hidden = false;
    await explain(text, predictions[0].label);
  } catch (error) {
    $("problem").textContent = error instanceof TypeError ? words.silent : error.message;
  } finally {
    $("send").disabled = false;
  }
}

async function explain(text, target) {
  let found;
  try {
    found = await post("/explain", { text, target });
  } catch (error) {
    if (error.status === 501) {
      $("problem").textContent = words.unexplained;
      return;
    }
    throw error;
  }
  $("why").textContent = words.why(target);
  $("marked").replaceChildren(...marked(text, found.tokens));
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
    throw Object.assign(new Error(content.detail || `HTTP ${answer.status}`), { status: answer.status });
  }
  return content;
}

function show(prediction) {
  $("label").textContent = prediction.label;
  const table = $("probabilities");
  table.hidden = prediction.probabilities === null;
  for (const row of [...table.rows]) row.remove();
  const sorted = Object.entries(prediction.probabilities || {}).sort((a, b) => b[1] - a[1]);
  for (const [name, share] of sorted.slice(0, SHOWN)) {
    const row = table.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head);
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.style.width = `${100 * share}%`;
    row.insertCell().append(bar);
    const number = row.insertCell();
    number.className = "number";
    number.textContent = `${(100 * share).toFixed(1)} %`;
  }
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
    mark.className = "mark";
    mark.textContent = span ? characters.slice(Math.max(first, end), last).join("") : `${token} `;
    mark.title = `${value > 0 ? "+" : ""}${value.toFixed(3)}`;
    const strength = (0.5 * Math.abs(value)) / largest;
    mark.style.backgroundColor = `rgb(${value > 0 ? FOR : AGAINST} / ${strength.toFixed(3)})`;
    out.push(mark);
    end = span ? last : end;
  }
  if (tokens.some((one) => one.span)) out.push(characters.slice(end).join(""));
  return out;
}

start();
